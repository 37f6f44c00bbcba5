import FleetModel

/// Why a journal, or an input that should go into one, was refused.
public struct JournalError: Error, Hashable, Sendable {
    /// One of `journalHeader`, `journalTruncated`, `journalChecksum` and `journalRecord`.
    public var code: DiagnosticCode
    /// The record that is at fault or missing, counted from 1; 0 for the header.
    public var recordNumber: Int
    /// Bytes of the journal before the place of the fault: the start of the record or, when its
    /// checksum is right but it does not decode, the byte that makes no sense.
    public var byteOffset: Int
    /// What is wrong: lower case, no full stop.
    public var message: String
    /// What was expected instead.
    public var expected: String
    /// What to do about it; empty when that is obvious.
    public var hint: String

    /// Gathers an error.
    public init(
        _ code: DiagnosticCode, recordNumber: Int, byteOffset: Int, message: String,
        expected: String = "", hint: String = ""
    ) {
        self.code = code
        self.recordNumber = recordNumber
        self.byteOffset = byteOffset
        self.message = message
        self.expected = expected
        self.hint = hint
    }

    /// Records before the fault, all of them whole and checked.
    public var wholeRecords: Int { max(0, recordNumber - 1) }

    /// Whether the journal is right as far as it goes and merely stops too early, as after a
    /// crash of the writer; its ``wholeRecords`` can be replayed.
    public var isRecoverable: Bool { code == .journalTruncated && recordNumber > 0 }

    /// The error in the form that all mistakes are shown in.
    public func diagnostic(file: String) -> Diagnostic {
        let place = recordNumber == 0 ? "header" : "record \(recordNumber)"
        return Diagnostic(
            code, file: file, message: "\(place), byte \(byteOffset): \(message)",
            expected: expected, hint: hint)
    }
}

/// A value that the format cannot hold, or bytes that are no value of it; the writer and the
/// reader add the place.
package struct PayloadFault: Error {
    package var message: String
    package var expected: String

    package init(_ message: String, expected: String) {
        self.message = message
        self.expected = expected
    }
}
