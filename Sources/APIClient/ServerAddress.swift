import FleetModel
import Foundation

/// Where a server is: scheme, host and port.
public struct ServerAddress: Hashable, Sendable {
    /// Where `muster up` listens by itself.
    public static let local = ServerAddress(isSecure: false, host: "127.0.0.1", port: 7070)

    /// Whether it is reached by TLS.
    public let isSecure: Bool
    /// The host's name or address, IPv6 without brackets.
    public let host: String
    /// The port.
    public let port: Int

    private init(isSecure: Bool, host: String, port: Int) {
        self.isSecure = isSecure
        self.host = host
        self.port = port
    }

    /// Reads `http://HOST[:PORT]` or `https://HOST[:PORT]`. Throws `M0501` for anything else.
    public init(_ text: String) throws(OperatingError) {
        let wrong = OperatingError(
            .usage, "'\(text.prefix(200))' is not the address of a server",
            detail: "expected: an address such as http://127.0.0.1:7070 or "
                + "https://muster.example:7070",
            hint: text.contains("://") ? "" : "begin it with http:// or https://")
        guard let parts = URLComponents(string: text), let scheme = parts.scheme?.lowercased(),
            scheme == "http" || scheme == "https", let host = parts.host, !host.isEmpty,
            parts.user == nil, parts.password == nil, parts.query == nil, parts.fragment == nil,
            parts.path.isEmpty || parts.path == "/"
        else { throw wrong }
        let port = parts.port ?? (scheme == "https" ? 443 : 80)
        guard (1...65_535).contains(port) else { throw wrong }
        self.init(
            isSecure: scheme == "https",
            host: host.trimmingCharacters(in: CharacterSet(charactersIn: "[]")).lowercased(),
            port: port)
    }

    /// The address as a URL without a path.
    public var text: String {
        let name = host.contains(":") ? "[\(host)]" : host
        let isUsual = port == (isSecure ? 443 : 80)
        return (isSecure ? "https://" : "http://") + name + (isUsual ? "" : ":\(port)")
    }

    /// Whether it is this machine, which nobody else can listen to.
    public var isLoopback: Bool {
        host == "localhost" || host == "::1" || host.hasPrefix("127.")
    }
}
