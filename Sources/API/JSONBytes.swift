import FleetModel

/// Writes compact JSON (RFC 8259) into bytes, several times as fast as a general encoder.
///
/// Commas are put where they belong; the caller only says what comes next.
public struct JSONBytes: Sendable {
    /// The text so far, in UTF-8.
    public private(set) var bytes: [UInt8] = []

    /// Nothing yet.
    public init(capacity: Int = 1024) { bytes.reserveCapacity(capacity) }

    // MARK: Structure

    /// `{…}` with the members that `body` writes.
    @inline(__always)
    public mutating func object(_ body: (inout JSONBytes) -> Void) {
        separate()
        bytes.append(UInt8(ascii: "{"))
        body(&self)
        bytes.append(UInt8(ascii: "}"))
    }

    /// `[…]` with a value for each element.
    @inline(__always)
    public mutating func array<Elements: Sequence>(
        _ elements: Elements, _ body: (inout JSONBytes, Elements.Element) -> Void
    ) {
        separate()
        bytes.append(UInt8(ascii: "["))
        for element in elements { body(&self, element) }
        bytes.append(UInt8(ascii: "]"))
    }

    /// The key of a member; its value must follow. Keys are our own and need no escapes.
    @inline(__always)
    public mutating func key(_ name: StaticString) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        name.withUTF8Buffer { bytes.append(contentsOf: $0) }
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
    }

    /// A comma, unless this is the first of its kind or follows a key.
    @inline(__always)
    private mutating func separate() {
        guard let last = bytes.last else { return }
        switch last {
        case UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: ":"), UInt8(ascii: ","): return
        default: bytes.append(UInt8(ascii: ","))
        }
    }

    // MARK: Values

    /// A string.
    public mutating func string(_ text: String) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { utf8 in
            var start = 0
            for (index, byte) in utf8.enumerated() {
                guard byte < 0x20 || byte == 0x22 || byte == 0x5C || byte == 0x7F else { continue }
                bytes.append(contentsOf: utf8[start..<index])
                escape(byte)
                start = index + 1
            }
            bytes.append(contentsOf: utf8[start..<utf8.count])
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func escape(_ byte: UInt8) {
        bytes.append(UInt8(ascii: "\\"))
        switch byte {
        case 0x22, 0x5C: bytes.append(byte)
        case 0x0A: bytes.append(UInt8(ascii: "n"))
        case 0x0D: bytes.append(UInt8(ascii: "r"))
        case 0x09: bytes.append(UInt8(ascii: "t"))
        default:
            let digits = Array("0123456789abcdef".utf8)
            bytes += Array("u00".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
    }

    /// A whole number.
    public mutating func integer(_ value: Int64) {
        separate()
        if value == .min {
            bytes += Array("-9223372036854775808".utf8)
            return
        }
        var rest = value
        if rest < 0 {
            bytes.append(UInt8(ascii: "-"))
            rest = -rest
        }
        let start = bytes.count
        repeat {
            bytes.append(UInt8(48 + rest % 10))
            rest /= 10
        } while rest > 0
        bytes[start...].reverse()
    }

    /// Thousandths as a decimal number: `0.5`, `8`, `512`.
    public mutating func milli(_ value: Int64) {
        let whole = value / 1000
        let part = abs(value % 1000)
        if value < 0, whole == 0 {
            separate()
            bytes += Array("-0".utf8)
        } else {
            integer(whole)
        }
        guard part > 0 else { return }
        bytes.append(UInt8(ascii: "."))
        bytes.append(UInt8(48 + part / 100))
        if part % 100 > 0 { bytes.append(UInt8(48 + part / 10 % 10)) }
        if part % 10 > 0 { bytes.append(UInt8(48 + part % 10)) }
    }

    /// `true` or `false`.
    public mutating func boolean(_ value: Bool) {
        separate()
        bytes += Array((value ? "true" : "false").utf8)
    }

    /// `null`.
    public mutating func null() {
        separate()
        bytes += [0x6E, 0x75, 0x6C, 0x6C]
    }

    /// An instant as RFC 3339 in UTC; `null` without one, and for what never comes.
    public mutating func time(_ instant: Instant?) {
        guard let instant, instant != .never else { return null() }
        separate()
        bytes.append(UInt8(ascii: "\""))
        bytes.append(contentsOf: instant.utcBytes)
        bytes.append(UInt8(ascii: "\""))
    }

    /// A span in seconds, with thousandths; `null` without one.
    public mutating func seconds(_ span: TimeSpan?) {
        guard let span else { return null() }
        milli(span.nanoseconds / 1_000_000)
    }

    /// JSON that was written before.
    public mutating func raw(_ json: [UInt8]) {
        separate()
        bytes.append(contentsOf: json)
    }

    // MARK: Members

    /// A member that is a string.
    public mutating func member(_ name: StaticString, _ value: String) {
        key(name)
        string(value)
    }

    /// A member that is a string or `null`.
    public mutating func member(_ name: StaticString, _ value: String?) {
        key(name)
        if let value { string(value) } else { null() }
    }

    /// A member that is a whole number.
    public mutating func member(_ name: StaticString, _ value: some BinaryInteger) {
        key(name)
        integer(Int64(value))
    }

    /// A member that is a whole number or `null`.
    public mutating func member(_ name: StaticString, _ value: (some BinaryInteger)?) {
        key(name)
        if let value { integer(Int64(value)) } else { null() }
    }

    /// A member that is `true` or `false`.
    public mutating func member(_ name: StaticString, _ value: Bool) {
        key(name)
        boolean(value)
    }

    /// A member that is an instant or `null`.
    public mutating func member(_ name: StaticString, time value: Instant?) {
        key(name)
        time(value)
    }

    /// A member in thousandths.
    public mutating func member(_ name: StaticString, milli value: Int64) {
        key(name)
        milli(value)
    }

    /// A member that is a list of strings.
    public mutating func member(_ name: StaticString, _ values: some Sequence<String>) {
        key(name)
        array(values) { $0.string($1) }
    }
}
