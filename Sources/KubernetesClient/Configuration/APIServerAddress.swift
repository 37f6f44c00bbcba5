/// Where an API server is: `https://host:6443/path`.
public struct APIServerAddress: Hashable, Sendable, CustomStringConvertible {
    /// Whether the connection is TLS.
    public var isSecure: Bool
    /// A name or an address; one of IPv6 without brackets.
    public var host: String
    /// The port.
    public var port: Int
    /// What comes before every path, without a slash at the end; usually empty.
    public var prefix: String

    /// Gathers an address.
    public init(isSecure: Bool = true, host: String, port: Int, prefix: String = "") {
        self.isSecure = isSecure
        self.host = host
        self.port = port
        self.prefix = prefix
    }

    /// Reads `https://host:port/path`; without a scheme it is `https`, without a port 443 or 80.
    /// Nil for anything else, also for one with a user, a query or a fragment.
    public init?(_ text: String) {
        var rest = Substring(text)
        isSecure = true
        if rest.hasPrefix("https://") {
            rest.removeFirst(8)
        } else if rest.hasPrefix("http://") {
            isSecure = false
            rest.removeFirst(7)
        } else if rest.contains("://") {
            return nil
        }
        let authority = rest.prefix { $0 != "/" }
        var path = rest.dropFirst(authority.count)
        while path.hasSuffix("/") { path.removeLast() }
        guard !rest.contains(where: { "@?# ".contains($0) || !$0.isASCII }) else { return nil }
        prefix = String(path)
        var portText: Substring?
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            host = String(authority[authority.index(after: authority.startIndex)..<end])
            let tail = authority[authority.index(after: end)...]
            guard tail.isEmpty || tail.hasPrefix(":") else { return nil }
            portText = tail.isEmpty ? nil : tail.dropFirst()
        } else {
            let parts = authority.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count <= 2 else { return nil }
            host = String(parts[0])
            portText = parts.count == 2 ? parts[1] : nil
        }
        guard !host.isEmpty else { return nil }
        guard let portText else {
            port = isSecure ? 443 : 80
            return
        }
        guard let port = Int(portText), (1...65_535).contains(port) else { return nil }
        self.port = port
    }

    /// Whether nobody but this machine is on the way.
    var isLoopback: Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }

    /// The address with another host, as the beginning of a URL.
    func url(host: String) -> String {
        let name = host.contains(":") ? "[\(host)]" : host
        return "\(isSecure ? "https" : "http")://\(name):\(port)\(prefix)"
    }

    /// The address as text.
    public var description: String { url(host: host) }
}
