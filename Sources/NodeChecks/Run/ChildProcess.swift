import CLinux
import Glibc

/// A program that runs beside this one, with what it wrote. It has a process group of its own, and
/// is killed when this process ends.
struct ChildProcess: ~Copyable {
    /// Output that is kept; what comes after it is read and let go.
    static let outputKept = 4 << 20

    let id: pid_t
    private let reading: Int32
    private(set) var output: [UInt8] = []
    private(set) var isOpen = true
    /// How it ended, as the system says it; nil while it runs.
    private(set) var status: Int32?

    /// What kept a program from starting.
    struct NotStarted: Error {
        /// What could not be done.
        var words: String
    }

    /// Starts a program.
    init(
        _ arguments: [String], environment: [String], folder: String = "/"
    ) throws(NotStarted) {
        var ends: [Int32] = [-1, -1]
        guard clinux_open_pipe(&ends, 1 << 16) == 0 else {
            throw NotStarted(words: "no pipe: \(SystemText.of(errno))")
        }
        var stage = CLINUX_FORK
        let writing = ends[1]
        let child = CArray.with(arguments) { arguments in
            CArray.with(environment) { environment in
                folder.withCString { folder in
                    var program = clinux_program(
                        arguments: arguments, environment: environment, directory: folder,
                        output: writing, cgroup: -1)
                    return clinux_spawn(&program, &stage)
                }
            }
        }
        let number = errno
        close(writing)
        guard child > 0 else {
            close(ends[0])
            throw NotStarted(words: "\(arguments.first ?? ""): \(SystemText.of(number))")
        }
        id = child
        reading = ends[0]
    }

    deinit {
        if status == nil {
            kill(-id, SIGKILL)
            var ended: Int32 = 0
            // What hangs in a driver cannot be waited for.
            waitpid(id, &ended, WNOHANG)
        }
        close(reading)
    }

    /// The descriptor to wait for, while something may come.
    var descriptor: Int32? { isOpen ? reading : nil }

    /// Takes in what was written and whether it has ended.
    mutating func look() {
        while isOpen {
            let count = withUnsafeTemporaryAllocation(byteCount: 1 << 16, alignment: 16) { buffer in
                let count = Glibc.read(reading, buffer.baseAddress, buffer.count)
                if count > 0 {
                    let room = max(0, ChildProcess.outputKept - output.count)
                    output.append(contentsOf: buffer.prefix(min(count, room)))
                }
                return count
            }
            if count > 0 { continue }
            if count < 0, errno == EINTR { continue }
            if count == 0 || errno != EAGAIN { isOpen = false }
            break
        }
        guard status == nil else { return }
        var ended: Int32 = 0
        if waitpid(id, &ended, WNOHANG) == id { status = ended }
    }

    /// Whether it has ended. What it left running in its group is none of its own.
    var isOver: Bool { status != nil }

    /// Kills it with all of its group, and waits for a while; false when it cannot be killed, which
    /// is what a driver that hangs does.
    mutating func stop(seconds: Double = 2) -> Bool {
        guard status == nil else {
            kill(-id, SIGKILL)
            return true
        }
        kill(-id, SIGKILL)
        let end = Clock.seconds() + seconds
        while status == nil, Clock.seconds() < end {
            look()
            if status == nil { usleep(5_000) }
        }
        return status != nil
    }

    /// Asks it to end, and waits for a while; false when it still runs. It may have children of its
    /// own to end.
    mutating func ask(seconds: Double) -> Bool {
        guard status == nil else { return true }
        kill(id, SIGTERM)
        let end = Clock.seconds() + seconds
        while status == nil, Clock.seconds() < end {
            look()
            if status == nil { usleep(5_000) }
        }
        return status != nil
    }

    /// How it ended, in words.
    var ending: String {
        guard let status else { return "it runs" }
        let signal = status & 0x7F
        if signal == 0 { return "it ended with exit status \(status >> 8 & 0xFF)" }
        return "it was ended by signal \(signal)"
    }

    /// Its exit status; nil when a signal ended it, or it runs.
    var exitStatus: Int32? {
        guard let status, status & 0x7F == 0 else { return nil }
        return status >> 8 & 0xFF
    }
}

/// The monotonic clock.
enum Clock {
    /// Seconds since some time in the past.
    static func seconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}

/// Words of the system.
enum SystemText {
    /// What an error number means.
    static func of(_ number: Int32) -> String { String(cString: strerror(number)) }
}

/// Arrays of C strings.
enum CArray {
    /// Calls `body` with an array that ends in a null pointer.
    static func with<Result>(
        _ strings: [String],
        _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        var pointers: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) }
        pointers.append(nil)
        defer { for pointer in pointers { free(pointer) } }
        return pointers.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else {
                preconditionFailure("an array with a null pointer in it is empty")
            }
            return body(base)
        }
    }
}
