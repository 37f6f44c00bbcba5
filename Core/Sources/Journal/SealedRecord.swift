import FleetModel

/// Bytes of one value with what finds damage: magic, version, length, and a check of each.
package enum SealedRecord {
    /// Bytes before the value: magic, version, length, check of the value, check of these.
    package static let headBytes = 28

    /// The bytes of a value. Throws what the form cannot hold.
    package static func seal<Value: RecordValue>(
        _ value: Value, magic: String, version: UInt32
    ) throws(SealedRecordError) -> [UInt8] {
        var coder = RecordCoder()
        coder.version = version
        _ = coder.part(value)
        if let fault = coder.fault {
            throw SealedRecordError(
                byteOffset: headBytes + coder.position, message: fault.message,
                expected: fault.expected)
        }
        precondition(magic.utf8.count == 8, "a magic of another length")
        var head = PayloadWriter()
        head.bytes = Array(magic.utf8)
        head.fixed(version)
        head.fixed(UInt64(coder.bytes.count))
        head.fixed(Crc32c.checksum(coder.bytes))
        head.fixed(Crc32c.checksum(head.bytes))
        return head.bytes + coder.bytes
    }

    /// The value that bytes say. Refuses what is damaged, cut off, senseless or of another version:
    /// `version`, or one of those from the oldest that is still read.
    package static func open<Value: RecordValue>(
        _ bytes: [UInt8], as type: Value.Type, magic: String, version: UInt32,
        oldest: UInt32? = nil
    ) throws(SealedRecordError) -> Value {
        guard bytes.count >= headBytes, bytes.starts(with: magic.utf8) else {
            throw SealedRecordError(
                byteOffset: 0, message: "it does not begin as it should", expected: magic)
        }
        func number(at offset: Int, bytes count: Int) -> UInt64 {
            (0..<count).reduce(0) { $0 | UInt64(bytes[offset + $1]) << UInt64(8 * $1) }
        }
        guard number(at: 24, bytes: 4) == UInt64(Crc32c.checksum(Array(bytes[..<24]))) else {
            throw damage(at: 0)
        }
        let found = number(at: 8, bytes: 4)
        guard found <= UInt64(version), found >= UInt64(oldest ?? version) else {
            throw SealedRecordError(
                byteOffset: 8, message: "it is of version \(found)",
                expected: "version \(version)")
        }
        guard number(at: 12, bytes: 8) == UInt64(bytes.count - headBytes) else {
            throw SealedRecordError(
                byteOffset: 12, message: "\(bytes.count - headBytes) bytes follow the head",
                expected: "\(number(at: 12, bytes: 8))")
        }
        var check = Crc32c()
        check.add(bytes, in: headBytes..<bytes.count)
        guard number(at: 20, bytes: 4) == UInt64(check.value) else { throw damage(at: headBytes) }
        var coder = RecordCoder(reading: bytes, in: headBytes..<bytes.count)
        coder.version = UInt32(found)
        let value: Value = coder.part(nil)
        coder.finish()
        if let fault = coder.fault {
            throw SealedRecordError(
                byteOffset: coder.position, message: fault.message, expected: fault.expected)
        }
        return value
    }

    private static func damage(at offset: Int) -> SealedRecordError {
        SealedRecordError(
            byteOffset: offset, message: "changed bytes", expected: "the checksum as written")
    }
}

/// Why bytes are not the value that they should be, or a value has no bytes.
public struct SealedRecordError: Error, Hashable, Sendable {
    /// Where in the bytes.
    public var byteOffset: Int
    /// What is wrong: lower case, no full stop.
    public var message: String
    /// What was expected instead.
    public var expected: String

    package init(byteOffset: Int, message: String, expected: String) {
        self.byteOffset = byteOffset
        self.message = message
        self.expected = expected
    }

    /// The error in the form that all mistakes are shown in.
    public func diagnostic(file: String) -> Diagnostic {
        Diagnostic(
            .journalRecord, file: file, message: "byte \(byteOffset): \(message)",
            expected: expected)
    }
}
