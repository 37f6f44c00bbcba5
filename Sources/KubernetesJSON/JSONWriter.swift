/// Writes JSON, for the bodies of requests.
///
/// ```swift
/// var writer = JSONWriter()
/// writer.object { object in
///     object.member("kind", "Lease")
///     object.object("metadata") { $0.member("name", name) }
/// }
/// ```
public struct JSONWriter: Sendable {
    /// What was written.
    public private(set) var bytes: [UInt8] = []
    private var needsComma = false

    /// Nothing yet.
    public init() {}

    /// The bytes of one object.
    public static func object(_ body: (inout JSONWriter) -> Void) -> [UInt8] {
        var writer = JSONWriter()
        writer.object(body)
        return writer.bytes
    }

    // MARK: Values

    /// An object, whose members `body` writes.
    public mutating func object(_ body: (inout JSONWriter) -> Void) {
        enclosed(UInt8(ascii: "{"), UInt8(ascii: "}"), body)
    }

    /// An array, whose elements `body` writes.
    public mutating func array(_ body: (inout JSONWriter) -> Void) {
        enclosed(UInt8(ascii: "["), UInt8(ascii: "]"), body)
    }

    /// A string.
    public mutating func string(_ value: String) {
        separate()
        append(quoted: value)
        needsComma = true
    }

    /// A number.
    public mutating func integer(_ value: Int64) {
        raw(String(value).utf8)
    }

    /// `true` or `false`.
    public mutating func boolean(_ value: Bool) {
        raw((value ? "true" : "false").utf8)
    }

    /// `null`, which in a patch takes a member away.
    public mutating func null() {
        raw("null".utf8)
    }

    /// A value that is JSON already.
    public mutating func raw(_ value: some Collection<UInt8>) {
        separate()
        bytes.append(contentsOf: value)
        needsComma = true
    }

    // MARK: Members

    /// The key of a member; its value follows.
    public mutating func key(_ name: String) {
        separate()
        append(quoted: name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    /// A member that is a string.
    public mutating func member(_ name: String, _ value: String) {
        key(name)
        string(value)
    }

    /// A member that is a number.
    public mutating func member(_ name: String, _ value: Int64) {
        key(name)
        integer(value)
    }

    /// A member that is `true` or `false`.
    public mutating func member(_ name: String, _ value: Bool) {
        key(name)
        boolean(value)
    }

    /// A member that is an object of strings, in the order of its keys.
    public mutating func member(_ name: String, _ values: [String: String]) {
        object(name) { object in
            for (key, value) in values.sorted(by: { $0.key < $1.key }) {
                object.member(key, value)
            }
        }
    }

    /// A member that is an array of strings.
    public mutating func member(_ name: String, _ values: [String]) {
        array(name) { array in
            for value in values { array.string(value) }
        }
    }

    /// A member that is an object, whose members `body` writes.
    public mutating func object(_ name: String, _ body: (inout JSONWriter) -> Void) {
        key(name)
        object(body)
    }

    /// A member that is an array, whose elements `body` writes.
    public mutating func array(_ name: String, _ body: (inout JSONWriter) -> Void) {
        key(name)
        array(body)
    }

    // MARK: Bytes

    private mutating func enclosed(
        _ opening: UInt8, _ closing: UInt8, _ body: (inout JSONWriter) -> Void
    ) {
        separate()
        bytes.append(opening)
        needsComma = false
        body(&self)
        bytes.append(closing)
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = false
    }

    private mutating func append(quoted text: String) {
        let digits = Array("0123456789abcdef".utf8)
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
            case 0x0A: bytes += Array("\\n".utf8)
            case 0x0D: bytes += Array("\\r".utf8)
            case 0x09: bytes += Array("\\t".utf8)
            case 0x00..<0x20:
                bytes += Array("\\u00".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
