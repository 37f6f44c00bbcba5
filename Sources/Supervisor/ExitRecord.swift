/// How a member ended, as its exit file says it: lines of `key value`.
public struct ExitRecord: Equatable, Sendable {
    /// What the program came to.
    public enum End: Equatable, Sendable {
        /// It ended by itself with this code.
        case code(Int32)
        /// This signal ended it.
        case signal(Int32)
        /// It could not be started: what could not be done, and the error number.
        case unstartable(Step, errno: Int32)
    }

    /// What has to work for a program to start.
    public enum Step: String, Sendable {
        /// Reading what to run, or making room for it.
        case prepare
        /// A new process.
        case fork
        /// Its working directory.
        case directory
        /// The program itself.
        case execute
    }

    /// Who told the member to end, before it ended.
    public enum Stop: Int32, Sendable {
        /// Nobody: it ended by itself.
        case none = 0
        /// An order through the control FIFO.
        case order = 1
        /// A SIGTERM to the supervisor, as when the machine goes down.
        case signal = 2
    }

    /// What the program came to.
    public var end: End
    /// Who told it to end.
    public var stop: Stop = .none
    /// Whether the program had to be ended with SIGKILL.
    public var isForced = false
    /// When the program ended, in nanoseconds since the Unix epoch.
    public var endedAt: Int64 = 0
    /// Bytes of output that were not written.
    public var lostBytes: Int64 = 0
    /// Processes that the kernel killed because the member's memory was used up.
    public var memoryKills: Int64 = 0

    /// Gathers a record.
    public init(end: End) { self.end = end }

    /// The file's bytes.
    public func encoded() -> [UInt8] {
        let text =
            switch end {
            case .code(let code): "code \(code)"
            case .signal(let signal): "signal \(signal)"
            case .unstartable(let step, let errno): "unstartable \(errno) \(step.rawValue)"
            }
        let lines = [
            text, "stop \(stop.rawValue)", "forced \(isForced ? 1 : 0)", "at \(endedAt)",
            "lost \(lostBytes)", "memoryKills \(memoryKills)", "end", "",
        ]
        return Array(lines.joined(separator: "\n").utf8)
    }

    /// Reads a file's bytes; nil when they are not those of a whole exit file.
    public init?(_ bytes: [UInt8]) {
        var end: End?
        var isWhole = false
        var fields: [Substring: Int64] = [:]
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count > 1, let number = Int64(words[1]) else {
                isWhole = line == "end"
                continue
            }
            switch words[0] {
            case "code": end = Int32(exactly: number).map { .code($0) }
            case "signal": end = Int32(exactly: number).map { .signal($0) }
            case "unstartable":
                guard let errno = Int32(exactly: number), words.count == 3,
                    let step = Step(rawValue: String(words[2]))
                else { return nil }
                end = .unstartable(step, errno: errno)
            default: fields[words[0]] = number
            }
        }
        guard isWhole, let end else { return nil }
        self.end = end
        stop = Stop(rawValue: Int32(truncatingIfNeeded: fields["stop"] ?? 0)) ?? .none
        isForced = fields["forced"] == 1
        endedAt = fields["at"] ?? 0
        lostBytes = fields["lost"] ?? 0
        memoryKills = fields["memoryKills"] ?? 0
    }
}
