/// Where to send: `http://host:port` or `https://host:port`, with a path or without.
public struct HTTPTarget: Hashable, Sendable {
    /// Whether the scheme is `https`.
    public var isEncrypted: Bool
    /// The host's name or number, without brackets.
    public var host: String
    /// The port.
    public var port: UInt16
    /// The path before what is asked for, without a slash at its end.
    public var path: String

    /// Reads an address; nil for anything else.
    public init?(_ text: String) {
        isEncrypted = text.hasPrefix("https://")
        guard isEncrypted || text.hasPrefix("http://") else { return nil }
        let rest = text.dropFirst(isEncrypted ? 8 : 7)
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        var authority = rest[..<slash]
        var path = String(rest[slash...])
        while path.hasSuffix("/") { path.removeLast() }
        self.path = path
        port = isEncrypted ? 443 : 80
        if authority.hasPrefix("[") {
            guard let close = authority.firstIndex(of: "]") else { return nil }
            host = String(authority[authority.index(after: authority.startIndex)..<close])
            authority = authority[authority.index(after: close)...]
            guard authority.isEmpty || authority.hasPrefix(":") else { return nil }
        } else {
            host = String(authority.prefix { $0 != ":" })
            authority = authority.dropFirst(host.count)
        }
        if authority.count > 1 {
            guard let number = UInt16(authority.dropFirst()), number > 0 else { return nil }
            port = number
        } else if !authority.isEmpty {
            return nil
        }
        // Nothing of an address may end the head of a request.
        let isPlain = text.utf8.allSatisfy { $0 > 32 && $0 < 127 }
        guard !host.isEmpty, isPlain, !host.contains("@") else { return nil }
    }

    /// The host and port as a request names them.
    public var authority: String {
        let isUsual = port == (isEncrypted ? 443 : 80)
        return (host.contains(":") ? "[\(host)]" : host) + (isUsual ? "" : ":\(port)")
    }

    /// A text as a part of a path.
    public static func escaped(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: "_"), UInt8(ascii: "~"):
                bytes.append(byte)
            default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
