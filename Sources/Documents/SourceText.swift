/// The bytes of a document and the name to report mistakes under. Reading files is the caller's.
public struct SourceText: Sendable {
    /// The document, which should be UTF-8.
    public var bytes: [UInt8]
    /// The file's name, as diagnostics show it.
    public var file: String

    /// Wraps bytes as they were read.
    public init(bytes: [UInt8], file: String) {
        self.bytes = bytes
        self.file = file
    }

    /// Wraps text.
    public init(_ text: String, file: String) {
        self.init(bytes: Array(text.utf8), file: file)
    }
}

/// A value and the line that it stands on.
public struct Located<Value: Sendable>: Sendable {
    /// The value.
    public var value: Value
    /// The line, counted from 1.
    public var line: Int

    /// Places a value on a line.
    public init(_ value: Value, line: Int) {
        self.value = value
        self.line = line
    }
}

/// Bounds on documents, far above any honest file, so that hostile ones end in a diagnostic.
public enum DocumentLimits {
    /// Size of one document.
    public static let bytes = 32 << 20
    /// Values in one document, each use of an alias counted in full.
    public static let values = 4_000_000
    /// Nesting of lists and mappings, aliases followed.
    public static let depth = 64
    /// Diagnostics shown for one document; a last one counts the rest.
    public static let diagnostics = 100
    /// Length of a name in UTF-8 bytes: what a DNS name may have.
    public static let nameBytes = 253
    /// Priority of a job, on either side of zero.
    public static let priority: Int64 = 1_000_000
    /// Jobs of one workload, repetitions counted.
    public static let jobs = 1_000_000
    /// Dependencies over all jobs of one workload, repetitions counted.
    public static let dependencies = 10_000_000
    /// Events of one scenario, those of repeated jobs counted for each copy.
    public static let events = 1_000_000
    /// Duplicate keys that are found one by one; the text is parsed again for each.
    static let duplicateKeys = 20
    /// Mistakes that are kept while reading; the rest is only counted.
    static let findings = 10_000
    /// Names compared for one suggestion.
    static let suggestionCandidates = 10_000
    /// Suggestions looked for in one document.
    static let suggestions = 200
}
