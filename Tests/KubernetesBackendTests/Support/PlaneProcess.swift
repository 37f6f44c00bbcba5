import Foundation
import KubernetesFaults
import Synchronization

/// A control plane over the real API server in a process of its own, which may be killed and
/// started again.
final class PlaneProcess: Sendable {
    /// Its files outlive it.
    let folder = NSTemporaryDirectory() + "plane-process-" + UUID().uuidString
    private let arguments: [String]
    private let port: UInt16
    private let process = Mutex<Process?>(nil)

    /// `options` come after those that every such control plane has.
    init(health: String, _ options: [String]) throws {
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        try health.write(toFile: folder + "/health.yaml", atomically: true, encoding: .utf8)
        port = try PlaneProcess.freePort()
        arguments =
            [
                "up", "--backend", "kubernetes", "--data", folder + "/data",
                "--kubeconfig", (KubeTestServer.folder ?? "") + "/kubeconfig",
                "--health", folder + "/health.yaml", "--listen", "127.0.0.1:\(port)",
                "--log-level", "warning",
            ] + options
    }

    /// The program that was built with the tests: it stands beside them.
    private static var program: URL {
        let own = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        return URL(fileURLWithPath: own ?? CommandLine.arguments[0])
            .deletingLastPathComponent().appendingPathComponent("muster")
    }

    private static func freePort() throws -> UInt16 {
        let file = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(file) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(file, pointer, length) == 0 && getsockname(file, pointer, &length) == 0
            }
        }
        guard isBound else { throw CancellationError() }
        return UInt16(bigEndian: address.sin_port)
    }

    func start() throws {
        let process = Process()
        process.executableURL = PlaneProcess.program
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        let log = folder + "/log"
        guard
            FileManager.default.fileExists(atPath: log)
                || FileManager.default.createFile(atPath: log, contents: nil)
        else { throw CancellationError() }
        let talk = FileHandle(forWritingAtPath: log)
        talk?.seekToEndOfFile()
        process.standardOutput = talk
        process.standardError = talk
        try process.run()
        self.process.withLock { $0 = process }
    }

    /// SIGKILL: nothing is tidied up.
    func kill() {
        process.withLock { process in
            guard let running = process else { return }
            Glibc.kill(running.processIdentifier, SIGKILL)
            running.waitUntilExit()
            process = nil
        }
    }

    func remove() {
        kill()
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// Runs another command of the program; what it printed, nil when it failed.
    func run(_ words: [String], input: String = "") -> Data? {
        let process = Process()
        process.executableURL = PlaneProcess.program
        process.arguments = words
        let (given, printed) = (Pipe(), Pipe())
        process.standardInput = given
        process.standardOutput = printed
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return nil }
        given.fileHandleForWriting.write(Data(input.utf8))
        try? given.fileHandleForWriting.close()
        let data = printed.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return process.terminationStatus == 0 ? data : nil
    }

    /// What the server answers, as an object; nil when there is no such answer.
    func ask(_ words: [String], input: String = "") -> [String: Any]? {
        let connection = [
            "--json", "--server", "http://127.0.0.1:\(port)",
            "--token-file", folder + "/data/admin.token",
        ]
        return run(words + connection, input: input)
            .flatMap { try? JSONSerialization.jsonObject(with: $0) } as? [String: Any]
    }

    /// Sends a JSON object as a pod's program would; the status of the answer, nil without one.
    func post(_ path: String, token: String, _ body: String) -> Int? {
        let file = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(file) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isThere = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(file, $0, length) == 0
            }
        }
        let request =
            "POST \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nConnection: close\r\n"
            + "Authorization: Bearer \(token)\r\nContent-Type: application/json\r\n"
            + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
        guard isThere, write(file, request, request.utf8.count) == request.utf8.count else {
            return nil
        }
        var answer = [UInt8](repeating: 0, count: 256)
        let count = read(file, &answer, answer.count)
        let words = String(decoding: answer.prefix(max(count, 0)), as: UTF8.self).split(
            separator: " ")
        return words.count > 1 ? Int(words[1]) : nil
    }

    /// What `muster health` says of a node; nil when nothing is to be said of it, or it is away.
    func health(_ node: String) -> [String: Any]? {
        let out = ask(["health"])?["out"] as? [[String: Any]]
        return out?.first { $0["node"] as? String == node }
    }
}
