import FleetModel

/// What stands around the state in a snapshot's bytes (docs/SNAPSHOT.md).
enum SnapshotFrame {
    /// The first bytes of every snapshot.
    static let magic = Array("MUSTERS1".utf8)
    /// The version that is written; it and all before it are read. `SnapshotCoverageTests` fails
    /// when the list of fields has changed under the same number.
    static let version: UInt32 = 5
    /// Bytes before the state: magic, version, length, check of the state, check of these.
    static let headBytes = 28

    /// Wraps state.
    static func seal(_ state: [UInt8]) -> [UInt8] {
        var bytes = magic
        bytes.reserveCapacity(headBytes + state.count)
        append(UInt64(version), bytes: 4, to: &bytes)
        append(UInt64(state.count), bytes: 8, to: &bytes)
        append(UInt64(Crc32c.checksum(state)), bytes: 4, to: &bytes)
        append(UInt64(Crc32c.checksum(bytes)), bytes: 4, to: &bytes)
        bytes += state
        return bytes
    }

    /// Where the state lies in bytes that are whole and unchanged, and their version.
    static func open(
        _ bytes: [UInt8]
    ) throws(SnapshotError) -> (state: Range<Int>, version: UInt32) {
        let start = bytes.prefix(magic.count)
        guard start.elementsEqual(magic.prefix(start.count)) else {
            throw SnapshotError(
                .notASnapshot, at: 0, "it does not begin like a snapshot", expected: "MUSTERS1")
        }
        guard bytes.count >= headBytes else { throw cutOff(bytes.count, headBytes) }
        var check = Crc32c()
        check.add(bytes, in: 0..<headBytes - 4)
        guard number(bytes, at: 24, bytes: 4) == UInt64(check.value) else {
            throw changed(in: 0..<headBytes)
        }
        let version = number(bytes, at: 8, bytes: 4)
        guard (1...UInt64(Self.version)).contains(version) else {
            throw SnapshotError(
                .version, at: 8, "a snapshot of version \(version)",
                expected: "version 1 to \(Self.version)")
        }
        let length = number(bytes, at: 12, bytes: 8)
        let there = UInt64(bytes.count - headBytes)
        guard length <= there else { throw cutOff(bytes.count, length) }
        guard length == there else {
            throw SnapshotError(
                .content, at: headBytes + Int(length),
                "\(there - length) bytes after the end", expected: "none")
        }
        check = Crc32c()
        check.add(bytes, in: headBytes..<bytes.count)
        guard number(bytes, at: 20, bytes: 4) == UInt64(check.value) else {
            throw changed(in: headBytes..<bytes.count)
        }
        return (headBytes..<bytes.count, UInt32(version))
    }

    private static func cutOff(_ count: Int, _ wanted: some BinaryInteger) -> SnapshotError {
        SnapshotError(
            .truncated, at: count, "the bytes end too early",
            expected: count < headBytes ? "\(headBytes) bytes of head" : "\(wanted) bytes of state")
    }

    private static func changed(in range: Range<Int>) -> SnapshotError {
        SnapshotError(
            .checksum, at: range.lowerBound, "changed bytes in \(range)",
            expected: "the checksum that was written")
    }

    /// Appends a number, lowest byte first.
    private static func append(_ number: UInt64, bytes count: UInt64, to bytes: inout [UInt8]) {
        for place in 0..<count { bytes.append(UInt8(truncatingIfNeeded: number >> (8 * place))) }
    }

    private static func number(_ bytes: [UInt8], at offset: Int, bytes count: Int) -> UInt64 {
        (0..<count).reduce(0) { $0 | UInt64(bytes[offset + $1]) << UInt64(8 * $1) }
    }
}
