import FleetModel
import KubernetesJSON
import NIOPosix

/// Keeps the credentials, and has them renewed when they expire, change or are refused.
///
/// An actor, because many requests ask at once and one of them has to do the work.
actor CredentialStore {
    private let configuration: ClusterConfiguration
    private let environment: [String: String]
    private var current: Credentials?
    private var parts: CredentialParts?
    /// When to look again, in ``Monotonic/now``.
    private var lookAgainAt: Int64 = .min
    /// When what is there stops being valid; nil for never.
    private var expiresAt: Int64?
    /// The serial that the server refused.
    private var refused: Int?
    private var renewal: Task<Result<Void, OperatingError>, Never>?

    /// Files are read again so often; the kubelet renews tokens at 80 % of their time.
    private static let fileSeconds: Int64 = 60
    /// What could not be had, or was refused, is asked for again after so long.
    private static let patienceSeconds: Int64 = 30

    init(configuration: ClusterConfiguration, environment: [String: String]) {
        self.configuration = configuration
        self.environment = environment
    }

    /// What to ask with. Throws `M0902`.
    func credentials() async throws(OperatingError) -> Credentials {
        if let current, Monotonic.now < lookAgainAt {
            guard current.serial == refused else { return current }
            throw refusal
        }
        do throws(OperatingError) {
            try await renew()
        } catch {
            lookAgainAt = Monotonic.now + CredentialStore.patienceSeconds * 1_000_000_000
            // What is still valid outlives a file that is just being replaced.
            let isValid = expiresAt.map { Monotonic.now < $0 } ?? true
            guard let current, isValid, current.serial != refused else { throw error }
            return current
        }
        guard let current, current.serial != refused else {
            lookAgainAt = Monotonic.now + CredentialStore.patienceSeconds * 1_000_000_000
            throw refusal
        }
        return current
    }

    /// Others than those that the server just refused. They are fetched once; throws `M0902` when
    /// there are none, and the same to everybody who asks from then on.
    func replacement(for old: Credentials) async throws(OperatingError) -> Credentials {
        if let current, current.serial > old.serial, current.serial != refused { return current }
        refused = max(refused ?? 0, old.serial)
        try await renew()
        guard let current, current.serial > old.serial else {
            lookAgainAt = Monotonic.now + CredentialStore.patienceSeconds * 1_000_000_000
            throw refusal
        }
        return current
    }

    /// Notes that the server took the replacement no better.
    func refuse(_ credentials: Credentials) -> OperatingError {
        refused = max(refused ?? 0, credentials.serial)
        lookAgainAt = Monotonic.now + CredentialStore.patienceSeconds * 1_000_000_000
        return refusal
    }

    private var refusal: OperatingError {
        OperatingError(
            .kubernetesCredentials,
            "the API server \(configuration.server) does not take the credentials",
            detail: "they are from \(configuration.origin)",
            hint: "have they expired, or are they for another cluster?")
    }

    // MARK: Renewal

    /// Fetches everything anew; those who come meanwhile wait for the same answer.
    private func renew() async throws(OperatingError) {
        if let renewal { return try await renewal.value.get() }
        let task = Task { () -> Result<Void, OperatingError> in
            do throws(OperatingError) {
                try await fetch()
                return .success(())
            } catch {
                return .failure(error)
            }
        }
        renewal = task
        defer { renewal = nil }
        try await task.value.get()
    }

    private func fetch() async throws(OperatingError) {
        var next = CredentialParts()
        if case .authorities(let material) = configuration.trust {
            next.authorities = try read(material, "the authorities")
        }
        if let identity = configuration.identity {
            next.certificate = try read(identity.certificate, "the client certificate")
            next.key = try read(identity.key, "the client key")
        }
        var seconds = CredentialStore.fileSeconds
        var expiry: Int64?
        switch configuration.credential {
        case .none: break
        case .token(let token): next.token = token
        case .tokenFile(let path): next.token = try token(path)
        case .plugin(let plugin):
            let credential = try await run(plugin)
            if !credential.token.isEmpty { next.token = credential.token }
            if !credential.certificate.isEmpty {
                next.certificate = Array(credential.certificate.utf8)
                next.key = Array(credential.key.utf8)
            }
            (seconds, expiry) = CredentialStore.life(of: credential)
        }
        if next != parts {
            current = Credentials(
                serial: (current?.serial ?? 0) + 1,
                authorization: next.token.map { "Bearer " + $0 },
                tls: try TLSMaker(configuration: configuration).make(next))
            parts = next
        }
        lookAgainAt = Monotonic.now + seconds * 1_000_000_000
        expiresAt = expiry
    }

    /// After how many seconds to fetch anew, and when the credential ends.
    private static func life(of credential: ExecCredential) -> (seconds: Int64, end: Int64?) {
        guard let end = credential.expiresAt else { return (365 * 86_400, nil) }
        let left = (end.microseconds - Monotonic.wallMicroseconds) / 1_000_000
        // Early enough that a request under way does not meet the end, and never in a loop.
        let seconds = max(left - min(60, left / 4), patienceSeconds / 3)
        return (min(seconds, 365 * 86_400), Monotonic.now + max(left, 0) * 1_000_000_000)
    }

    private func run(_ plugin: ExecPlugin) async throws(OperatingError) -> ExecCredential {
        let environment = environment
        do {
            // The program takes seconds; a thread of the pool is made for waiting.
            return try await NIOThreadPool.singleton.runIfActive {
                try plugin.run(environment: environment)
            }
        } catch let error as OperatingError {
            throw error
        } catch {
            throw OperatingError(
                .kubernetesCredentials, "the plugin '\(plugin.command)' was not started",
                detail: String(describing: error))
        }
    }

    private func read(
        _ material: ClusterConfiguration.Material, _ what: String
    ) throws(OperatingError) -> [UInt8] {
        switch material {
        case .bytes(let bytes): return bytes
        case .file(let path):
            let outcome = SmallFile.read(path)
            if case .bytes(let bytes) = outcome { return bytes }
            throw OperatingError(
                .kubernetesCredentials, "cannot read \(what), '\(path)'",
                detail: SmallFile.trouble(outcome))
        }
    }

    private func token(_ path: String) throws(OperatingError) -> String {
        let bytes = try read(.file(path), "the token")
        let token = String(decoding: bytes, as: UTF8.self).filter { !$0.isWhitespace }
        guard !token.isEmpty, token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw OperatingError(
                .kubernetesCredentials, "the file '\(path)' holds no token",
                detail: token.isEmpty ? "it is empty" : "it has characters that no token has")
        }
        return token
    }
}
