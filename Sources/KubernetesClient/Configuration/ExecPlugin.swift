/// A program that prints credentials, as `aws eks get-token` does.
///
/// Contract: `client.authentication.k8s.io`,
/// https://kubernetes.io/docs/reference/access-authn-authz/authentication/
public struct ExecPlugin: Hashable, Sendable {
    /// The version of what it prints: `client.authentication.k8s.io/v1` or `…/v1beta1`.
    public var apiVersion: String
    /// The program: a name on `PATH`, or a path.
    public var command: String
    /// Its arguments.
    public var arguments: [String]
    /// What its environment has beside that of this process.
    public var environment: [Variable]
    /// What to tell people when the program is not there.
    public var installHint: String
    /// What it is told of the cluster; nil for nothing.
    public var cluster: Cluster?
    /// The longest time that it may take.
    public var timeoutSeconds: Int64

    /// A variable of an environment.
    public struct Variable: Hashable, Sendable {
        /// Its name.
        public var name: String
        /// Its value.
        public var value: String
    }

    /// The cluster, for plugins that want to know (`provideClusterInfo`).
    public struct Cluster: Hashable, Sendable {
        /// The address.
        public var server: String
        /// The name in its certificate, when that is another.
        public var serverName: String?
        /// Whether its certificate is not looked at.
        public var isInsecure: Bool
        /// The authorities in PEM, in base64; empty for those of the system.
        public var authorities: String
    }

    /// Versions that are understood.
    static let versions = [
        "client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1",
    ]

    /// Gathers a plugin.
    public init(
        apiVersion: String, command: String, arguments: [String] = [],
        environment: [Variable] = [], installHint: String = "", cluster: Cluster? = nil,
        timeoutSeconds: Int64 = 30
    ) {
        self.apiVersion = apiVersion
        self.command = command
        self.arguments = arguments
        self.environment = environment
        self.installHint = installHint
        self.cluster = cluster
        self.timeoutSeconds = timeoutSeconds
    }
}
