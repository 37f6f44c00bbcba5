/// One record of `/dev/kmsg`: `6,1234,5678901,-;text`, then lines that begin with a blank and say
/// more about the device.
public struct KernelRecord: Equatable, Sendable {
    /// The number that the kernel gave it.
    public var sequence: UInt64
    /// Microseconds since the machine's start.
    public var microseconds: Int64
    /// Bytes of its first line, the header included.
    public var lineBytes: Int

    /// Reads a record; nil for anything else.
    public init?(_ record: UnsafeRawBufferPointer) {
        var at = 0
        guard KernelRecord.number(record, &at) != nil,
            let sequence = KernelRecord.number(record, &at),
            let microseconds = KernelRecord.number(record, &at), microseconds < 1 << 52
        else { return nil }
        self.sequence = sequence
        self.microseconds = Int64(microseconds)
        lineBytes = record.firstIndex(of: 10) ?? record.count
        guard let end = record.firstIndex(of: UInt8(ascii: ";")), end < lineBytes else {
            return nil
        }
    }

    /// A decimal number that ends with a comma or the header, and the place behind it.
    private static func number(_ record: UnsafeRawBufferPointer, _ at: inout Int) -> UInt64? {
        var value: UInt64 = 0
        let start = at
        while at < record.count, record[at] >= 48, record[at] <= 57, at - start < 19 {
            value = value * 10 + UInt64(record[at] - 48)
            at += 1
        }
        guard at > start, at < record.count,
            record[at] == UInt8(ascii: ",") || record[at] == UInt8(ascii: ";")
        else { return nil }
        at += 1
        return value
    }
}
