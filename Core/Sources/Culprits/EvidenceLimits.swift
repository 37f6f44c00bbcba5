/// How much of a file is looked at. Evidence is written by jobs, so that it may be anything.
public enum EvidenceLimits {
    /// Bytes of one file.
    public static let fileBytes = 64 << 20
    /// Values in one file.
    static let values = 6_000_000
    /// Values within values of a JSON file.
    static let depth = 64
    /// Keys of a mapping that are looked through for a known one.
    static let keys = 64
    /// Operations of one flight record.
    static let operations = 65_536
    /// Process groups of one flight record, and communicators of one report.
    static let groups = 4096
    /// Ranks of one group.
    static let ranks = 131_072
    /// Ranks of all groups of a record together.
    static let memberships = 1_000_000
    /// Operations of a group that are kept because they had not ended.
    static let openOperations = 32
    /// Bytes of a name.
    static let nameBytes = 200
    /// Files of one question.
    public static let files = 16_384
    /// Lines of a report as text.
    static let lines = 100_000
}

/// Why a file is no evidence.
public struct EvidenceFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// The byte at which reading ended.
    public var byteOffset: Int
    /// What is wrong there.
    public var message: String
    /// What would help; empty when nothing is known to.
    public var hint: String

    init(_ byteOffset: Int, _ message: String, hint: String = "") {
        self.byteOffset = byteOffset
        self.message = message
        self.hint = hint
    }

    /// In one line.
    public var description: String {
        "\(message) at byte \(byteOffset)" + (hint.isEmpty ? "" : "; \(hint)")
    }
}
