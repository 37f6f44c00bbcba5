/// How a client behaves, beside its throttle.
public struct ClientSettings: Sendable {
    /// What the server's audit log calls this program.
    public var userAgent = "muster"
    /// The longest wait for a connection.
    public var connectSeconds: Int64 = 5
    /// Attempts at a request that may be repeated; at least 1.
    public var attempts = 5
    /// An answer that stops coming for so long is given up, however much time it would have.
    public var stallMilliseconds: Int64 = 30_000
    /// A watch without a sign of life for so long is ended. Servers send bookmarks every minute.
    public var silenceMilliseconds: Int64 = 150_000
    /// The environment of plugins.
    public var environment: [String: String] = [:]
    /// Where what is drawn at random begins.
    public var seed: UInt64

    /// The defaults.
    public init(environment: [String: String] = [:], seed: UInt64 = .random(in: 0 ... .max)) {
        self.environment = environment
        self.seed = seed
    }
}
