import ControlPlane
import FleetModel

/// How the server listens, and what it allows.
public struct ServerSettings: Sendable {
    /// The address to listen on.
    public var host = "127.0.0.1"
    /// The port; 0 for any that is free.
    public var port = 7070
    /// What requests without a token may do on a loopback address; nil for nothing.
    public var anonymous: Role? = .viewer
    /// Names beside its own addresses that requests may be addressed to, and pages come from.
    public var hostNames: [String] = []
    /// Files with the certificate chain and the key, in PEM.
    public var tls: (certificate: String, key: String)?
    /// Whether an address that others can reach may do without TLS: something in front has it.
    public var allowsPlaintext = false
    /// The largest body of a request.
    public var bodyBytes = 1 << 20
    /// The largest quota tree.
    public var tenantBytes = 8 << 20
    /// Requests of one caller per second, and at once.
    public var requestsPerSecond = 5_000.0
    /// How many at once.
    public var requestBurst = 10_000.0
    /// Requests of one address per second that carry no token that counts.
    public var guessesPerSecond = 50.0
    /// How many of them at once.
    public var guessBurst = 500.0
    /// Knows the tokens that attempts of jobs report their progress with; nil for none.
    public var attemptTokens: AttemptTokens?
    /// Takes in what the agents on nodes tell; nil for nobody.
    public var agentEvents: (any AgentEvents)?
    /// Connections at the same time.
    public var connections = 2_000
    /// Connections of one address at the same time: half of all, so that one cannot have them all.
    public var connectionsPerAddress = 1_000
    /// Streams (events, live, logs that are followed) of one token or address at the same time.
    public var streamsPerCaller = 500
    /// Seconds after which a peer that takes nothing of what is sent to it is cut off.
    public var stallSeconds: Int64 = 30
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

    /// Throws `M0708` for an address that others can reach, over which tokens would go in the open.
    public func checkExposure() throws(OperatingError) {
        guard !isLoopback, tls == nil, !allowsPlaintext else { return }
        throw OperatingError(
            .exposedWithoutTokens, "\(authority) is open to the network, and has no TLS",
            detail: "expected: --tls-certificate and --tls-key, or --insecure-plaintext behind a "
                + "proxy that has them",
            hint: "to use it from this machine only, listen on 127.0.0.1")
    }

    /// The address as clients write it.
    public var authority: String { ServerSettings.authority(host, port) }

    /// A host and a port as they stand in a URL.
    public static func authority(_ host: String, _ port: Int) -> String {
        (host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : host) + ":\(port)"
    }

    /// Whether nobody but this machine can reach the address.
    public var isLoopback: Bool {
        host == "localhost" || host == "::1" || host == "[::1]" || host.hasPrefix("127.")
    }
}
