/// How the server listens, and what it allows.
public struct ServerSettings: Sendable {
    /// The address to listen on.
    public var host = "127.0.0.1"
    /// The port; 0 for any that is free.
    public var port = 7070
    /// What requests without a token may do on a loopback address; nil for nothing.
    public var anonymous: Role? = .viewer
    /// Names beside loopback ones that requests may be addressed to.
    public var hostNames: [String] = []
    /// Files with the certificate chain and the key, in PEM.
    public var tls: (certificate: String, key: String)?
    /// The largest body of a request.
    public var bodyBytes = 1 << 20
    /// The largest quota tree.
    public var tenantBytes = 8 << 20
    /// Requests of one caller per second, and at once.
    public var requestsPerSecond = 5_000.0
    /// How many at once.
    public var requestBurst = 10_000.0
    /// Connections at the same time.
    public var connections = 2_000
    /// Seconds until a request's head must be there, and then its body.
    public var headSeconds: Int64 = 20
    /// Seconds until its body must be there.
    public var bodySeconds: Int64 = 30
    /// Plain words on what the fleet is, shown on the dashboard.
    public var message: String?
    /// The program's version.
    public var version = ""

    /// The defaults that `docs/OPERATING.md` lists.
    public init() {}

    /// Whether nobody but this machine can reach the address.
    public var isLoopback: Bool {
        host == "localhost" || host == "::1" || host == "[::1]" || host.hasPrefix("127.")
    }
}
