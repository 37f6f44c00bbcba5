/// A part of a line, read without ever leaving it: whatever is asked for behind the end is 0.
///
/// Bytes and not text, because logs hold anything, and for speed.
struct LogBytes {
    private let buffer: UnsafeRawBufferPointer
    private var start: Int
    private var end: Int

    /// The line without its line end; of a longer one only the first ``FaultLimits/lineBytes``.
    init(_ buffer: UnsafeRawBufferPointer) {
        self.buffer = buffer
        start = 0
        end = min(buffer.count, FaultLimits.lineBytes)
        while end > 0, buffer[end - 1] == 10 || buffer[end - 1] == 13 || buffer[end - 1] == 0 {
            end -= 1
        }
    }

    @inline(__always) var count: Int { end - start }

    @inline(__always) subscript(offset: Int) -> UInt8 {
        guard offset >= 0, offset < end - start else { return 0 }
        return buffer[start + offset]
    }

    @inline(__always) mutating func drop(_ count: Int) { start = min(end, start + max(0, count)) }

    mutating func dropSpaces() {
        while self[0] == 32 { start += 1 }
    }

    /// What lies from an offset on.
    @inline(__always) func from(_ offset: Int) -> LogBytes {
        var rest = self
        rest.drop(offset)
        return rest
    }

    /// The first bytes.
    func prefix(_ count: Int) -> LogBytes {
        var part = self
        part.end = min(end, start + max(0, count))
        return part
    }

    /// Whether the words stand at an offset.
    @inline(__always) func has(_ words: StaticString, at offset: Int = 0) -> Bool {
        let length = words.utf8CodeUnitCount
        guard offset >= 0, offset + length <= end - start else { return false }
        let pointer = words.utf8Start
        var index = 0
        while index < length {
            if buffer[start + offset + index] != pointer[index] { return false }
            index += 1
        }
        return true
    }

    /// Where the words stand first, from an offset on and before a bound.
    func find(_ words: StaticString, from offset: Int = 0, before bound: Int = .max) -> Int? {
        let length = words.utf8CodeUnitCount
        let last = min(end - start, bound) - length
        guard length > 0, offset >= 0, offset <= last else { return nil }
        let first = words.utf8Start[0]
        var at = offset
        while at <= last {
            if buffer[start + at] == first, has(words, at: at) { return at }
            at += 1
        }
        return nil
    }

    /// Where a byte stands first, from an offset on and before a bound.
    func find(byte: UInt8, from offset: Int = 0, before bound: Int = .max) -> Int? {
        var at = max(0, offset)
        let last = min(end - start, bound)
        while at < last {
            if buffer[start + at] == byte { return at }
            at += 1
        }
        return nil
    }

    /// A decimal number of at most nine digits, and where it ends.
    func decimal(at offset: Int) -> (value: Int32, next: Int)? {
        var at = offset
        var value: Int32 = 0
        while LogBytes.isDigit(self[at]) {
            guard at - offset < 9 else { return nil }
            value = value * 10 + Int32(self[at] - 48)
            at += 1
        }
        return at > offset ? (value, at) : nil
    }

    /// A decimal number of at most eighteen digits, and where it ends.
    func long(at offset: Int) -> (value: Int64, next: Int)? {
        var at = offset
        var value: Int64 = 0
        while LogBytes.isDigit(self[at]) {
            guard at - offset < 18 else { return nil }
            value = value * 10 + Int64(self[at] - 48)
            at += 1
        }
        return at > offset ? (value, at) : nil
    }

    /// A hexadecimal number of at most eight digits, with or without `0x`, and where it ends.
    func hexadecimal(at offset: Int) -> (value: UInt32, digits: Int, next: Int)? {
        var at = offset
        if self[at] == UInt8(ascii: "0"), self[at + 1] == UInt8(ascii: "x") { at += 2 }
        let first = at
        var value: UInt32 = 0
        while let digit = LogBytes.hexDigit(self[at]) {
            guard at - first < 8 else { return nil }
            value = value << 4 | UInt32(digit)
            at += 1
        }
        return at > first ? (value, at - first, at) : nil
    }

    /// A PCI address in any form, and where it ends.
    func pciAddress(at offset: Int) -> (address: PCIAddress, next: Int)? {
        var at = offset
        if has("PCI:", at: at) { at += 4 }
        guard LogBytes.hexDigit(self[at]) != nil, let first = plainHex(at),
            self[first.next] == UInt8(ascii: ":"), let second = plainHex(first.next + 1),
            second.digits <= 2
        else { return nil }
        at = second.next
        var address: PCIAddress
        if self[at] == UInt8(ascii: ":"), let third = plainHex(at + 1), third.digits <= 2,
            first.digits >= 4
        {
            address = PCIAddress(
                domain: first.value, bus: UInt8(truncatingIfNeeded: second.value),
                device: UInt8(truncatingIfNeeded: third.value))
            at = third.next
        } else if first.digits <= 2 {
            // Without a domain the function is needed: two numbers alone could be a time of day.
            guard self[at] == UInt8(ascii: ".") else { return nil }
            address = PCIAddress(
                bus: UInt8(truncatingIfNeeded: first.value),
                device: UInt8(truncatingIfNeeded: second.value))
        } else {
            return nil
        }
        if self[at] == UInt8(ascii: "."), let digit = LogBytes.hexDigit(self[at + 1]), digit < 8,
            LogBytes.hexDigit(self[at + 2]) == nil
        {
            address.function = digit
            at += 2
        }
        return (address, at)
    }

    private func plainHex(_ offset: Int) -> (value: UInt32, digits: Int, next: Int)? {
        guard self[offset + 1] != UInt8(ascii: "x") else { return nil }
        return hexadecimal(at: offset)
    }

    /// A part as text: control characters become spaces, broken UTF-8 is repaired.
    func text(from offset: Int, to bound: Int, limit: Int) -> String {
        let last = min(count, bound, offset + limit)
        guard offset >= 0, offset < last else { return "" }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(last - offset)
        for index in offset..<last {
            let byte = self[index]
            bytes.append(byte < 32 || byte == 127 ? 32 : byte)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    @inline(__always) static func isDigit(_ byte: UInt8) -> Bool { byte &- 48 < 10 }

    static func isLetter(_ byte: UInt8) -> Bool { (byte | 32) &- 97 < 26 }

    static func hexDigit(_ byte: UInt8) -> UInt8? {
        if byte &- 48 < 10 { return byte - 48 }
        let lower = (byte | 32) &- 97
        return lower < 6 ? lower + 10 : nil
    }
}
