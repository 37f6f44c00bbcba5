import ControlPlane
import FleetModel
import Store
import Synchronization

/// The tokens that are known, by their hashes, in memory as in the database.
///
/// A token is 256 random bits, so one round of SHA-256 is enough to keep: there is nothing to
/// guess. Looking one up compares digests of what was sent, so its time says nothing of a token.
final class TokenBook: Sendable {
    private struct State {
        var rows: [String: TokenRow] = [:]
        var ids: [Int64: TokenRow] = [:]
        var used: Set<Int64> = []
    }

    private let state = Mutex(State())
    private let plane: ControlPlane

    init(_ plane: ControlPlane) throws {
        self.plane = plane
        try reload()
    }

    /// Reads the tokens anew.
    func reload() throws {
        let rows = try plane.store.read { try $0.tokens() }
        state.withLock { state in
            state.rows = Dictionary(
                rows.map { ($0.digest, $0) }, uniquingKeysWith: { first, _ in first })
            state.ids = Dictionary(
                rows.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        }
    }

    /// Whether there is any.
    var isEmpty: Bool { state.withLock { $0.rows.isEmpty } }

    /// Whether a token of a number still counts.
    func counts(_ id: Int64, now: Instant) -> Bool {
        state.withLock { state in
            guard let row = state.ids[id] else { return false }
            return row.expiresAt.map { $0 > now } ?? true
        }
    }

    /// Who sends a token; nil when it is not known or too old. `now` is of the wall clock: a
    /// token's time does not pass faster because a fleet's does.
    func identity(of token: String, now: Instant) -> Identity? {
        guard token.utf8.count <= 512 else { return nil }
        let digest = Tokens.digest(token)
        return state.withLock { state in
            guard let row = state.rows[digest], row.expiresAt.map({ $0 > now }) ?? true,
                let role = Role(rawValue: row.role)
            else { return nil }
            state.used.insert(row.id)
            return Identity(
                name: row.name, role: role, tenant: row.tenant, node: row.node, token: row.id)
        }
    }

    /// Notes in the database which tokens were used; called now and then.
    func flushUse() async {
        let used = state.withLock { state in
            defer { state.used = [] }
            return state.used.sorted()
        }
        if !used.isEmpty { await plane.touchTokens(used) }
    }
}
