/// What a supervisor is to run, as its launch file says it.
///
/// The file is a list of `key=value` fields, each ended by a NUL byte, which neither arguments nor
/// environments can hold. The last is `end=`, so that a file cut short is told from a whole one.
public struct LaunchFile: Equatable, Sendable {
    /// The program and its arguments.
    public var arguments: [String] = []
    /// The whole environment, as `NAME=VALUE`.
    public var environment: [String] = []
    /// Where the program starts.
    public var directory = "/"
    /// From SIGTERM to SIGKILL when the supervisor itself is told to end.
    public var graceNanoseconds: Int64 = 30_000_000_000
    /// The most bytes of output that are kept.
    public var logLimitBytes: Int64 = 64 << 20
    /// A FIFO that hears of starts and ends, and the line to write there.
    public var wakePath = ""
    /// What is written into it, without the line's end.
    public var wakeText = ""
    /// The folder of the member's cgroup, to be made; empty for none.
    public var cgroup = ""
    /// Thousandths of a core that the member may use; 0 for no limit.
    public var cpuMilli: Int64 = 0
    /// MiB of memory that the member may use; 0 for no limit.
    public var memoryMiB: Int64 = 0

    /// Nothing to run.
    public init() {}

    /// The file's bytes.
    public func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        func field(_ key: String, _ value: String) {
            bytes += key.utf8
            bytes.append(UInt8(ascii: "="))
            bytes += value.utf8
            bytes.append(0)
        }
        for argument in arguments { field("argument", argument) }
        for variable in environment { field("environment", variable) }
        field("directory", directory)
        field("grace", String(graceNanoseconds))
        field("logLimit", String(logLimitBytes))
        field("wakePath", wakePath)
        field("wakeText", wakeText)
        field("cgroup", cgroup)
        field("cpu", String(cpuMilli))
        field("memory", String(memoryMiB))
        field("end", "")
        return bytes
    }

    /// Reads a file's bytes; nil when they are not those of a whole launch file.
    public init?(_ bytes: [UInt8]) {
        var isWhole = false
        for field in bytes.split(separator: 0, omittingEmptySubsequences: true) {
            guard let sign = field.firstIndex(of: UInt8(ascii: "=")) else { return nil }
            let value = String(decoding: field[(sign + 1)...], as: UTF8.self)
            switch String(decoding: field[..<sign], as: UTF8.self) {
            case "argument": arguments.append(value)
            case "environment": environment.append(value)
            case "directory": directory = value
            case "grace": graceNanoseconds = Int64(value) ?? graceNanoseconds
            case "logLimit": logLimitBytes = Int64(value) ?? logLimitBytes
            case "wakePath": wakePath = value
            case "wakeText": wakeText = value
            case "cgroup": cgroup = value
            case "cpu": cpuMilli = Int64(value) ?? 0
            case "memory": memoryMiB = Int64(value) ?? 0
            case "end": isWhole = true
            default: return nil
            }
        }
        guard isWhole, !arguments.isEmpty else { return nil }
    }
}
