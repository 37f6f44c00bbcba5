import FleetModel

/// Decodes a journal from chunks of any size.
///
/// Feed bytes, take records until ``next()`` has none, feed more; at the end of the file call
/// ``finish()``. After an error the reader repeats it. Holds the bytes of one record and one chunk.
public struct JournalReader: Sendable {
    private var buffer: [UInt8] = []
    private var start = 0
    private var discardedByteCount = 0
    private var checksum: UInt32 = 0
    private var lastInstant = Instant.zero
    private var hasEnded = false
    private var failure: JournalError?

    /// The header, once enough bytes for it were fed and ``readHeader()`` or ``next()`` was called.
    public private(set) var header: JournalHeader?

    /// Whole records so far, the end record not counted: the number of the last one.
    public private(set) var recordCount = 0

    /// Starts a reader without bytes.
    public init() {}

    /// Bytes of the journal before the next record.
    public var byteOffset: Int { discardedByteCount + start }

    /// Takes the next bytes of the journal. Amortised O(n).
    public mutating func feed(_ bytes: [UInt8]) {
        discardUsedBytes()
        buffer.append(contentsOf: bytes)
    }

    /// Takes the next bytes of the journal; copies them. Amortised O(n).
    public mutating func feed(_ bytes: UnsafeRawBufferPointer) {
        discardUsedBytes()
        buffer.append(contentsOf: bytes)
    }

    /// The header, or nil when that needs more bytes. Throws `journalHeader` for what is no journal
    /// or of another version, `journalChecksum` for a broken one.
    public mutating func readHeader() throws(JournalError) -> JournalHeader? {
        if let failure { throw failure }
        if let header { return header }
        do throws(JournalError) {
            header = try decodeHeader()
        } catch {
            failure = error
            throw error
        }
        return header
    }

    /// The next record, or nil when that needs more bytes or the journal has ended.
    ///
    /// Throws `journalChecksum` when bytes were changed, `journalRecord` when a record does not
    /// decode or follows the end record, and what ``readHeader()`` throws.
    public mutating func next() throws(JournalError) -> JournalRecord? {
        guard try readHeader() != nil else { return nil }
        do throws(JournalError) {
            return try decodeRecord()
        } catch {
            failure = error
            throw error
        }
    }

    /// Says that there are no more bytes. Reads and checks what is left, then throws
    /// `journalTruncated` unless the last record was the end record.
    public mutating func finish() throws(JournalError) {
        while try next() != nil {}
        if hasEnded { return }
        let partial = buffer.count - start
        let number = header == nil ? 0 : recordCount + 1
        var message = "the journal ends inside its header"
        if header != nil {
            message = partial == 0 ? "the journal has no end" : "the journal ends inside a record"
        }
        let error = JournalError(
            .journalTruncated, recordNumber: number, byteOffset: byteOffset, message: message,
            expected: header == nil ? "more bytes" : "an end record after whole records",
            hint: header == nil ? "" : "whole records before this one: \(recordCount)")
        failure = error
        throw error
    }
}

extension JournalReader {
    // Only when half of the buffer is used, so that small chunks after a large one cost little.
    private mutating func discardUsedBytes() {
        guard start > 0, start >= buffer.count / 2 else { return }
        buffer.removeSubrange(0..<start)
        discardedByteCount += start
        start = 0
    }

    private func word(at offset: Int) -> UInt32 {
        var word: UInt32 = 0
        for index in 0..<4 { word |= UInt32(buffer[offset + index]) << (8 * UInt32(index)) }
        return word
    }

    private func error(
        _ code: DiagnosticCode, _ message: String, expected: String, hint: String = "",
        at offset: Int? = nil
    ) -> JournalError {
        JournalError(
            code, recordNumber: header == nil ? 0 : recordCount + 1,
            byteOffset: discardedByteCount + (offset ?? start), message: message,
            expected: expected, hint: hint)
    }

    private func brokenChecksum(_ what: String) -> JournalError {
        error(
            .journalChecksum, "the checksum of \(what) is wrong", expected: "the bytes as written",
            hint: "the file was changed or damaged; take another copy of it")
    }

    private mutating func decodeHeader() throws(JournalError) -> JournalHeader? {
        let magic = JournalHeader.magic
        guard buffer.prefix(magic.count).elementsEqual(magic.prefix(buffer.count)) else {
            throw error(
                .journalHeader, "this is not a journal", expected: "'MUSTERJ1' at the start")
        }
        let prefix = JournalHeader.prefixBytes
        guard buffer.count >= prefix else { return nil }
        guard let length = RecordFrame.length(word(at: 12)) else {
            throw brokenChecksum("the header's length")
        }
        guard length <= JournalLimits.headerBytes else {
            throw error(
                .journalHeader, "a header of \(length) bytes",
                expected: "at most \(JournalLimits.headerBytes)")
        }
        guard buffer.count >= prefix + length else { return nil }
        var check = Crc32c()
        check.add(buffer, in: 0..<16)
        check.add(buffer, in: prefix..<prefix + length)
        guard check.value == word(at: 16) else { throw brokenChecksum("the header") }
        let version = word(at: 8)
        guard version == JournalHeader.version else {
            throw error(
                .journalHeader, "a journal of version \(version)",
                expected: "version \(JournalHeader.version)",
                hint: "replay it with the version of muster that wrote it")
        }
        var reader = PayloadReader(buffer, in: prefix..<prefix + length)
        do throws(PayloadFault) {
            let header = try reader.header()
            try reader.expectEnd()
            checksum = check.value
            start = prefix + length
            return header
        } catch {
            throw self.error(
                .journalHeader, error.message, expected: error.expected, at: reader.position)
        }
    }

    private mutating func decodeRecord() throws(JournalError) -> JournalRecord? {
        guard start < buffer.count else { return nil }
        if hasEnded {
            throw error(
                .journalRecord, "bytes after the end record", expected: "the end of the file")
        }
        guard buffer.count - start >= RecordFrame.byteCount else { return nil }
        let lengthWord = word(at: start)
        guard let length = RecordFrame.length(lengthWord) else {
            throw brokenChecksum("the record's length")
        }
        let body = start + RecordFrame.byteCount
        guard buffer.count - body >= length else { return nil }
        let payload = body..<body + length
        let check = RecordFrame.checksum(
            after: checksum, lengthWord: lengthWord, payload: payload, of: buffer)
        guard check == word(at: start + 4) else { throw brokenChecksum("the record") }
        var reader = PayloadReader(buffer, in: payload)
        let record: JournalRecord
        do throws(PayloadFault) {
            record = try reader.record(after: lastInstant)
            try reader.expectEnd()
            try accept(record)
        } catch {
            throw self.error(
                .journalRecord, error.message, expected: error.expected,
                hint: "the checksum is right, so it was written like this", at: reader.position)
        }
        checksum = check
        start = payload.upperBound
        return record
    }

    private mutating func accept(_ record: JournalRecord) throws(PayloadFault) {
        switch record {
        case .input(let input): lastInstant = input.at
        case .checkpoint: break
        case .end(_, let count):
            guard count == recordCount else {
                throw PayloadFault(
                    "the end record counts \(count) records", expected: "\(recordCount)")
            }
            hasEnded = true
            return
        }
        recordCount += 1
    }
}

extension PayloadReader {
    fileprivate mutating func record(after last: Instant) throws(PayloadFault) -> JournalRecord {
        let tag = try byte()
        if tag == ControlTag.checkpoint { return .checkpoint(stateHash: try fixed()) }
        if tag == ControlTag.end {
            return .end(stateHash: try fixed(), recordCount: Int(clamping: try unsigned()))
        }
        guard let tag = InputTag(rawValue: tag) else {
            throw PayloadFault("\(tag) is not a kind of record", expected: "a known kind")
        }
        let at = Instant(nanoseconds: last.nanoseconds &+ (try signed()))
        let digest = try fixed()
        return .input(JournalInput(at: at, input: try input(tag), decisionDigest: digest))
    }
}
