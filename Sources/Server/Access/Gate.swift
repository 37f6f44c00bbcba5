import ControlPlane
import FleetModel
import HTTPTypes
import Hummingbird

/// Who may come in: the host that a request names, its token, and its rate.
final class Gate: Sendable {
    private let settings: ServerSettings
    private let tokens: TokenBook
    private let clock: FleetClock
    private let rate: RateLimit

    init(_ settings: ServerSettings, _ tokens: TokenBook, _ clock: FleetClock) {
        self.settings = settings
        self.tokens = tokens
        self.clock = clock
        rate = RateLimit(perSecond: settings.requestsPerSecond, burst: settings.requestBurst)
    }

    /// A page of another site can make a browser send requests here under a name that it points
    /// at this machine (DNS rebinding); such a name is none of ours. Throws `M0614`.
    func checkHost(_ request: Request) throws(OperatingError) {
        guard settings.isLoopback else { return }
        let authority = request.head.authority ?? ""
        let name = Gate.hostName(authority)
        let known = ["localhost", "127.0.0.1", "[::1]", settings.host] + settings.hostNames
        guard !known.contains(name), !Gate.isLoopbackNumber(name) else { return }
        throw OperatingError(
            .foreignHost, "this server is not '\(name.prefix(200))'",
            hint: "call it by its address, or start it with --host-name \(name.prefix(100))")
    }

    /// Whether a name is an address of the network 127.0.0.0/8, and not one that begins like it.
    private static func isLoopbackNumber(_ name: String) -> Bool {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    /// The name of an authority, without its port.
    static func hostName(_ authority: String) -> String {
        let text = authority.lowercased()
        if text.hasPrefix("[") {
            return text.firstIndex(of: "]").map { String(text[...$0]) } ?? text
        }
        return text.split(separator: ":", omittingEmptySubsequences: false).first
            .map(String.init) ?? text
    }

    /// Who makes a request. Throws `M0602` for a token that is not known, or none where one is
    /// needed.
    func identity(of request: Request) throws(OperatingError) -> Identity {
        if let value = request.headers[.authorization] {
            let parts = value.split(separator: " ", maxSplits: 1)
            guard parts.count == 2, parts[0].lowercased() == "bearer",
                let identity = tokens.identity(of: String(parts[1]), now: clock.now())
            else {
                throw OperatingError(
                    .notAuthenticated, "the token is not known",
                    detail: "it was never made, was removed, or is too old",
                    hint: "send Authorization: Bearer … with a token of muster tokens add")
            }
            return identity
        }
        guard settings.isLoopback, let role = settings.anonymous else {
            throw OperatingError(
                .notAuthenticated, "a token is needed",
                hint: "send Authorization: Bearer … with a token of muster tokens add")
        }
        return Identity(name: "anonymous", role: role)
    }

    /// Throws `M0609` when a caller asks too often.
    func checkRate(_ identity: Identity, _ address: String) throws(OperatingError) {
        let caller = identity.token.map { "token \($0)" } ?? address
        guard let wait = rate.take(caller, nanoseconds: FleetClock.monotonic()) else { return }
        throw OperatingError(
            .tooManyRequests, "too many requests", detail: "\(wait) s until the next one",
            hint: "wait, or ask for more at once")
    }
}
