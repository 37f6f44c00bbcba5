import FleetModel

/// Why bytes are not a snapshot that an engine can be restored from.
public struct SnapshotError: Error, Hashable, Sendable {
    /// What is the matter.
    public enum Kind: UInt8, CaseIterable, Hashable, Sendable {
        /// The bytes do not begin like a snapshot.
        case notASnapshot
        /// Another version wrote it.
        case version
        /// The bytes end too early, as after a crash of the writer.
        case truncated
        /// Bytes were changed.
        case checksum
        /// The checksum is right, but the bytes make no sense.
        case content
    }

    /// What is the matter.
    public var kind: Kind
    /// Where in the bytes.
    public var byteOffset: Int
    /// What is wrong: lower case, no full stop.
    public var message: String
    /// What was expected instead.
    public var expected: String

    init(_ kind: Kind, at byteOffset: Int, _ message: String, expected: String) {
        self.kind = kind
        self.byteOffset = byteOffset
        self.message = message
        self.expected = expected
    }

    /// The error in the form that all mistakes are shown in.
    public func diagnostic(file: String) -> Diagnostic {
        Diagnostic(
            .snapshot, file: file, message: "byte \(byteOffset): \(message)", expected: expected,
            hint: "an older snapshot, or the journal from its beginning, leads to the same state")
    }
}
