import FleetModel

/// Encodes a journal into bytes that its owner drains to a file.
///
/// The format is described in `docs/JOURNAL.md`. A record that is refused leaves no trace.
public struct JournalWriter: Sendable {
    private var output = PayloadWriter()
    private var drainedByteCount = 0
    private var checksum: UInt32 = 0
    private var lastInstant = Instant.zero
    private var hasEnded = false

    /// Records so far, the end record not counted.
    public private(set) var recordCount = 0

    /// Starts a journal with its header.
    ///
    /// Throws when a level's name or label is longer than ``JournalLimits/nameBytes``.
    public init(header: JournalHeader) throws(JournalError) {
        output.bytes = JournalHeader.magic
        output.fixed(JournalHeader.version)
        output.fixed(0 as UInt64)
        do throws(PayloadFault) {
            try output.header(header)
        } catch {
            throw JournalError(
                .journalHeader, recordNumber: 0, byteOffset: 0, message: error.message,
                expected: error.expected)
        }
        let body = JournalHeader.prefixBytes..<output.bytes.count
        output.overwrite(RecordFrame.lengthWord(body.count), at: 12)
        var check = Crc32c()
        check.add(output.bytes, in: 0..<16)
        check.add(output.bytes, in: body)
        checksum = check.value
        output.overwrite(checksum, at: 16)
    }

    /// Bytes that wait to be taken.
    public var pendingByteCount: Int { output.bytes.count }

    /// Bytes of the journal so far, taken or not.
    public var byteCount: Int { drainedByteCount + output.bytes.count }

    /// Hands over the bytes since the last call; together they are the journal.
    public mutating func takeBytes() -> [UInt8] {
        let bytes = output.bytes
        drainedByteCount += bytes.count
        output.bytes = []
        // What was enough last time spares the new buffer its growth, within reason.
        output.bytes.reserveCapacity(min(bytes.count, 1 << 17))
        return bytes
    }

    /// Appends an input and the digest of all directives up to and with those it led to.
    ///
    /// Throws `journalRecord` for what the format cannot hold: an id below zero or too large for
    /// its set, a count beyond `FleetLimits`, a record beyond ``JournalLimits/payloadBytes``.
    public mutating func append(
        _ input: Input, at now: Instant, decisionDigest: UInt64
    ) throws(JournalError) {
        let start = open(InputTag(input).rawValue)
        // Wrapping, so that any two instants have a difference.
        output.signed(now.nanoseconds &- lastInstant.nanoseconds)
        output.fixed(decisionDigest)
        do throws(PayloadFault) {
            try output.input(input)
        } catch {
            throw refusal(error, start: start)
        }
        let length = output.bytes.count - start - RecordFrame.byteCount
        guard length <= JournalLimits.payloadBytes else {
            let limit = JournalLimits.payloadBytes
            throw refusal(.tooMany("bytes in a record", length, limit: limit), start: start)
        }
        close(start)
        lastInstant = now
        recordCount += 1
    }

    /// Appends the hash of the engine's whole state, for replays to compare theirs with.
    public mutating func appendCheckpoint(stateHash: UInt64) {
        let start = open(ControlTag.checkpoint)
        output.fixed(stateHash)
        close(start)
        recordCount += 1
    }

    /// Appends the end record; nothing may follow it.
    public mutating func end(stateHash: UInt64) {
        let start = open(ControlTag.end)
        output.fixed(stateHash)
        output.unsigned(UInt64(recordCount))
        close(start)
        hasEnded = true
    }

    private mutating func open(_ tag: UInt8) -> Int {
        precondition(!hasEnded, "a record after the end of a journal")
        let start = output.bytes.count
        output.fixed(0 as UInt64)
        output.byte(tag)
        return start
    }

    private mutating func close(_ start: Int) {
        let payload = start + RecordFrame.byteCount..<output.bytes.count
        let word = RecordFrame.lengthWord(payload.count)
        checksum = RecordFrame.checksum(
            after: checksum, lengthWord: word, payload: payload, of: output.bytes)
        output.overwrite(word, at: start)
        output.overwrite(checksum, at: start + 4)
    }

    private mutating func refusal(_ fault: PayloadFault, start: Int) -> JournalError {
        output.bytes.removeLast(output.bytes.count - start)
        return JournalError(
            .journalRecord, recordNumber: recordCount + 1, byteOffset: byteCount,
            message: fault.message, expected: fault.expected,
            hint: "the input is beyond the limits of a fleet; check it before it is recorded")
    }
}
