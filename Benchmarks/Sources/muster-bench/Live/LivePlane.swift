import Glibc

/// A control plane in a process of its own, on a simulated fleet, in a new data folder.
final class LivePlane {
    let port = 7900 + Int(getpid() % 90)
    private let program: String
    private let folder: String
    private var process: pid_t = 0
    private(set) var token = ""

    /// The program is `MUSTER`, or the release build of this repository.
    init() {
        program = getenv("MUSTER").map { String(cString: $0) } ?? ".build/release/muster"
        folder = "/tmp/muster-bench-\(getpid())"
    }

    deinit {
        end(SIGKILL)
        run("/bin/rm", ["-rf", folder])
    }

    /// Starts it and waits until it is ready; gives the seconds, nil when it did not come up.
    func start() -> Double? {
        let began = now()
        process = spawn(
            program,
            [
                "up", "--backend", "simulated", "--fleet", "10000x8/16/8/4", "--speed", "60",
                "--data", folder, "--listen", "127.0.0.1:\(port)", "--log-level", "warning",
            ])
        guard process > 0 else { return nil }
        while now() - began < 60 {
            if let connection = LoadConnection(port: port),
                connection.call("GET", "/readyz")?.status == 200
            {
                token = readToken()
                return now() - began
            }
            var status: Int32 = 0
            if waitpid(process, &status, WNOHANG) == process { return nil }
            usleep(5000)
        }
        return nil
    }

    /// Ends it with a signal.
    func end(_ signal: Int32) {
        guard process > 0 else { return }
        kill(process, signal)
        var status: Int32 = 0
        waitpid(process, &status, 0)
        process = 0
    }

    /// The most memory that it has had, in MiB.
    var peakMiB: Double {
        guard let text = read("/proc/\(process)/status") else { return .infinity }
        for line in text.split(separator: "\n") where line.hasPrefix("VmHWM:") {
            return (Double(line.filter(\.isNumber)) ?? 0) / 1024
        }
        return .infinity
    }

    private func readToken() -> String {
        read(folder + "/admin.token")?.filter { !$0.isWhitespace } ?? ""
    }

    private func read(_ path: String) -> String? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 16 << 10)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes[..<count], as: UTF8.self)
    }

    private func spawn(_ path: String, _ arguments: [String]) -> pid_t {
        var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) }
        words.append(nil)
        defer { for word in words { free(word) } }
        var process: pid_t = 0
        return posix_spawn(&process, path, nil, nil, words, environ) == 0 ? process : 0
    }

    private func run(_ path: String, _ arguments: [String]) {
        let process = spawn(path, arguments)
        var status: Int32 = 0
        if process > 0 { waitpid(process, &status, 0) }
    }

    private func now() -> Double { LiveBenchmarks.seconds() }
}
