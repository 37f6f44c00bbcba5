import FleetModel
import Store

extension ControlPlane {
    /// Keeps a token and gives its number; what is kept is the digest alone. Throws `M0206` for a
    /// name that another one has: jobs, idempotency keys and the audit log go by it.
    public func addToken(_ row: TokenRow, by caller: Caller) async throws -> Int64 {
        try await perform { driver in
            let others = try driver.store.read { try $0.tokens() }
            if let other = others.first(where: { $0.name == row.name }) {
                throw OperatingError(
                    .duplicateName, "the name '\(row.name)' is that of token \(other.id)",
                    detail: "jobs, idempotency keys and the audit log go by the name",
                    hint: "take another name, or first remove that one: "
                        + "muster tokens remove \(other.id)")
            }
            // Written at once: the number is the answer, and nothing else depends on it.
            let id = try driver.store.write { try $0.insertToken(row) }
            let detail = row.node.map { "\(row.role) of \($0)" } ?? row.role
            driver.audit(caller, "add token", "token \(id) \(row.name)", detail: detail)
            return id
        }
    }

    /// Forgets a token. Throws `M0604` when there is none of the number, `M0606` for the last one
    /// of a role of which one must stay.
    public func removeToken(
        _ id: Int64, by caller: Caller, mustKeepOne: @escaping @Sendable (String) -> Bool
    ) async throws {
        try await perform { driver in
            let tokens = try driver.store.read { try $0.tokens() }
            guard let token = tokens.first(where: { $0.id == id }) else {
                throw OperatingError(.notFound, "there is no token \(id)")
            }
            let now = FleetClock.wall()
            let others = tokens.filter {
                $0.id != id && $0.role == token.role && $0.expiresAt.map { $0 > now } ?? true
            }
            guard !mustKeepOne(token.role) || !others.isEmpty else {
                throw OperatingError(
                    .conflictingKey, "token \(id) is the last one of its role",
                    hint: "make another \(token.role) first")
            }
            _ = try driver.store.write { try $0.deleteToken(id) }
            driver.audit(caller, "remove token", "token \(id)")
        }
    }

    /// Notes when tokens were last used.
    public func touchTokens(_ ids: [Int64]) async {
        try? await perform { driver in
            let now = FleetClock.wall()
            driver.pending.others.append { transaction in
                for id in ids { try transaction.touchToken(id, at: now) }
            }
        }
    }
}
