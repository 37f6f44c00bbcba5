import ControlPlane
import FleetModel
import HTTPTypes
import Hummingbird

/// Who may come in: the host that a request names, its token, and its rate.
final class Gate: Sendable {
    private let settings: ServerSettings
    private let tokens: TokenBook
    private let rate: RateLimit
    /// Requests of an address that gave no token that counts.
    private let guesses: RateLimit
    /// Of these, those that the audit log has room for: by address, and all together.
    private let notes = RateLimit(perSecond: 0.1, burst: 10)
    private let allNotes = RateLimit(perSecond: 1, burst: 100)

    init(_ settings: ServerSettings, _ tokens: TokenBook) {
        self.settings = settings
        self.tokens = tokens
        rate = RateLimit(perSecond: settings.requestsPerSecond, burst: settings.requestBurst)
        guesses = RateLimit(perSecond: settings.guessesPerSecond, burst: settings.guessBurst)
    }

    /// A page of another site can make a browser send requests here under a name that it points
    /// at this machine (DNS rebinding); such a name is none of ours. `local` is the address that
    /// the connection came to. Throws `M0614`, and `M0601` for two names.
    func checkHost(_ request: Request, local: String) throws(OperatingError) {
        // The first one is taken out of the headers; of two nobody knows which is meant.
        guard request.headers[HTTPField.Name("Host")!] == nil else {
            throw OperatingError(.malformedRequest, "the header Host is given twice")
        }
        let authority = request.head.authority ?? ""
        let name = Gate.hostName(authority)
        guard isOwn(name, local) else {
            throw OperatingError(
                .foreignHost, "this server is not '\(name.prefix(200))'",
                hint: "call it by its address, or start it with --host-name \(name.prefix(100))")
        }
        guard let origin = request.headers[.origin] else { return }
        // A page that another program of this machine serves is another site, so the port counts.
        guard let site = Gate.site(of: origin),
            site == Gate.withoutUsualPort(authority.lowercased())
                || settings.hostNames.contains(Gate.hostName(site))
        else {
            throw OperatingError(
                .foreignHost, "a page of '\(origin.prefix(200))' may not ask this server",
                hint: "open the server's own address, or start it with --host-name")
        }
    }

    /// Whether a name is one that this server goes by.
    private func isOwn(_ name: String, _ local: String) -> Bool {
        let bare = name.hasPrefix("[") ? String(name.dropFirst().dropLast()) : name
        if settings.hostNames.contains(name) || bare == settings.host.lowercased() { return true }
        // Numbers cannot be pointed elsewhere; the one that the connection came to is ours, be it
        // written as IPv4 within IPv6 or by itself.
        let number = local.hasPrefix("::ffff:") ? String(local.dropFirst(7)) : local
        if bare == number || bare == local { return true }
        let isLoopback = settings.isLoopback || number == "::1" || Gate.isLoopbackNumber(number)
        return isLoopback
            && (["localhost", "::1"].contains(bare) || Gate.isLoopbackNumber(bare))
    }

    /// The host, and the port where it is not the usual one, of an `Origin`; nil for none.
    private static func site(of origin: String) -> String? {
        let text = origin.lowercased()
        for scheme in ["http://", "https://"] where text.hasPrefix(scheme) {
            let site = text.dropFirst(scheme.count)
            return site.isEmpty ? nil : withoutUsualPort(String(site))
        }
        return nil
    }

    private static func withoutUsualPort(_ authority: String) -> String {
        for port in [":80", ":443"] where authority.hasSuffix(port) {
            return String(authority.dropLast(port.count))
        }
        return authority
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
    /// needed, and `M0609` for an address that has failed so too often, whatever it sends next.
    func identity(of request: Request, from address: String) throws(OperatingError) -> Identity {
        if let wait = guesses.wait(address, nanoseconds: FleetClock.monotonic()) {
            throw Gate.tooMany(wait, "too many requests without a token that counts")
        }
        do throws(OperatingError) {
            return try identity(of: request)
        } catch {
            _ = guesses.take(address, nanoseconds: FleetClock.monotonic())
            throw error
        }
    }

    private func identity(of request: Request) throws(OperatingError) -> Identity {
        if let value = request.headers[.authorization] {
            let parts = value.split(separator: " ", maxSplits: 1)
            guard parts.count == 2, parts[0].lowercased() == "bearer",
                let identity = settings.attemptTokens?.identity(of: String(parts[1]))
                    ?? tokens.identity(of: String(parts[1]), now: FleetClock.wall())
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
        let caller = identity.caller(address)
        guard let wait = rate.take(caller, nanoseconds: FleetClock.monotonic()) else { return }
        throw Gate.tooMany(wait, "too many requests")
    }

    /// Whether the audit log has room for one more refusal of somebody who is not known.
    func hasRoomForNote(of address: String) -> Bool {
        let now = FleetClock.monotonic()
        return notes.take(address, nanoseconds: now) == nil
            && allNotes.take("", nanoseconds: now) == nil
    }

    private static func tooMany(_ seconds: Int, _ message: String) -> OperatingError {
        OperatingError(
            .tooManyRequests, message, detail: "\(seconds) s until the next one",
            hint: "wait, or ask for more at once")
    }
}
