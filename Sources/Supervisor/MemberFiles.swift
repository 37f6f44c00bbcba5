/// The files of a member's folder. They are the truth about the member; everything else, signals
/// and wake-ups, only says that it is time to look.
public enum MemberFiles {
    /// What to run, a ``LaunchFile``, until the program has started.
    public static let launch = "launch"
    /// The same file once the program has started: a new name needs no room on a full disk.
    public static let launched = "launched"
    /// Locked for as long as the supervisor lives. Whoever makes the folder takes the lock, and the
    /// supervisor inherits it, so that there is no moment between the two.
    public static let lock = "lock"
    /// A FIFO for commands: `stop NANOSECONDS`, the grace time.
    public static let control = "control"
    /// How the member ended, an ``ExitRecord``.
    public static let exit = "exit"
    /// Room for ``exit``, taken before the start so that a full disk does not lose it.
    public static let exitRoom = "exit.new"
    /// What the supervisor itself has to say, which is nothing unless it crashes.
    public static let complaints = "supervisor.err"
    /// How far the job is: a line `STEP [CHECKPOINTED_STEP]` that the job writes.
    public static let progress = "progress"

    /// Segments of output of a member; the oldest goes when there are more.
    public static let logSegments: Int64 = 8

    /// Bytes of one segment of output where at most `limit` are kept.
    public static func logSegmentBytes(limit: Int64) -> Int64 { max(1, limit / logSegments) }

    /// The file of a segment: it begins at offset `segment` × the bytes of one.
    public static func log(segment: Int64) -> String { "log.\(segment)" }

    /// The segment of a file's name; nil for other files.
    public static func logSegment(of name: some StringProtocol) -> Int64? {
        guard name.hasPrefix("log.") else { return nil }
        let digits = name.dropFirst(4)
        guard digits.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return Int64(digits)
    }
}
