import FleetModel

/// How to reach an API server, and as whom.
public struct ClusterConfiguration: Sendable {
    /// Bytes that stand here, or in a file that may change.
    public enum Material: Hashable, Sendable {
        /// These.
        case bytes([UInt8])
        /// What the file holds; it is read again from time to time.
        case file(String)
    }

    /// Whom the server's certificate has to come from.
    public enum Trust: Hashable, Sendable {
        /// An authority that the system trusts.
        case system
        /// One of these authorities, in PEM.
        case authorities(Material)
        /// Nobody: any certificate will do. For tests only.
        case anybody
    }

    /// What proves who asks, beside a client certificate.
    public enum Credential: Hashable, Sendable {
        /// Nothing.
        case none
        /// A bearer token.
        case token(String)
        /// The bearer token that a file holds; it is read again from time to time.
        case tokenFile(String)
        /// What a program prints.
        case plugin(ExecPlugin)
    }

    /// A client certificate and its key, in PEM.
    public struct Identity: Hashable, Sendable {
        /// The certificate, and those that lead to an authority.
        public var certificate: Material
        /// Its private key, not encrypted.
        public var key: Material

        /// Gathers an identity.
        public init(certificate: Material, key: Material) {
            self.certificate = certificate
            self.key = key
        }
    }

    /// Where the server is.
    public var server: APIServerAddress
    /// Whom its certificate has to come from.
    public var trust: Trust
    /// The name that its certificate has to be for; nil for the one in the address.
    public var serverName: String?
    /// The client certificate.
    public var identity: Identity?
    /// What else proves who asks.
    public var credential: Credential
    /// The namespace that is meant when none is named.
    public var namespace: String
    /// Where all this is from, for messages.
    public var origin: String

    /// Gathers a configuration.
    public init(
        server: APIServerAddress, trust: Trust = .system, serverName: String? = nil,
        identity: Identity? = nil, credential: Credential = .none, namespace: String = "default",
        origin: String = "the configuration"
    ) {
        self.server = server
        self.trust = trust
        self.serverName = serverName
        self.identity = identity
        self.credential = credential
        self.namespace = namespace
        self.origin = origin
    }

    /// Finds the cluster as `kubectl` does: a file that is named, else those of `KUBECONFIG`, else
    /// `~/.kube/config`; and where there are none, the cluster that this process runs in.
    ///
    /// Throws `M0901` for a configuration that cannot be used, with all of its mistakes.
    public static func find(
        kubeconfig: String? = nil, context: String? = nil, environment: [String: String]
    ) throws(OperatingError) -> ClusterConfiguration {
        let files = Kubeconfig.files(named: kubeconfig, environment: environment)
        if let loaded = try Kubeconfig.load(files, mustExist: kubeconfig != nil) {
            return try loaded.configuration(context: context)
        }
        if InCluster.isInside(environment) { return try InCluster.configuration(environment) }
        throw OperatingError(
            .kubeconfig, "there is no configuration of a cluster",
            detail: "none of these files exists: " + files.joined(separator: ", "),
            hint: "set KUBECONFIG, name a file, or run inside of the cluster")
    }
}
