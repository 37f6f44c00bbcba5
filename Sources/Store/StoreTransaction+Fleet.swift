import FleetModel
import Foundation
import GRDB

extension StoreTransaction {
    /// Keeps a node as it is now.
    public func putNode(_ row: NodeRow) throws {
        try run(
            """
            INSERT OR REPLACE INTO nodes(id, spec, isPresent, cordonedBy, reason, isClosed,
                closedFor, since, deadline, closedDeadline, unhealthy, isHeld, heldFor,
                heldDeadline, withdrawn)
            VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                row.spec.id.rawValue, Data(RowBytes.encode(row.spec)), row.isPresent,
                row.cordonedBy, row.reason, row.isClosed, row.closedFor, row.since?.nanoseconds,
                row.cordonDeadline?.nanoseconds, row.closedDeadline?.nanoseconds,
                Int64(bitPattern: row.unhealthy), row.isHeld, row.heldFor,
                row.heldDeadline?.nanoseconds, Int64(bitPattern: row.withdrawn),
            ])
    }

    /// Keeps a new token, and gives its number.
    public func insertToken(_ row: TokenRow) throws -> Int64 {
        try run(
            """
            INSERT INTO tokens(name, digest, role, tenant, node, createdAt, expiresAt)
            VALUES(?, ?, ?, ?, ?, ?, ?)
            """,
            [
                row.name, row.digest, row.role, row.tenant, row.node,
                row.createdAt.nanoseconds, row.expiresAt?.nanoseconds,
            ])
        return db.lastInsertedRowID
    }

    /// Forgets a token; whether there was one.
    public func deleteToken(_ id: Int64) throws -> Bool {
        try run("DELETE FROM tokens WHERE id = ?", [id])
        return db.changesCount > 0
    }

    /// Notes that a token was used.
    public func touchToken(_ id: Int64, at now: Instant) throws {
        try run("UPDATE tokens SET lastUsedAt = ? WHERE id = ?", [now.nanoseconds, id])
    }

    /// Keeps an entry of the audit log.
    public func appendAudit(_ row: AuditRow) throws {
        try run(
            """
            INSERT INTO audit(at, who, role, action, object, detail, outcome, address)
            VALUES(?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                row.at.nanoseconds, row.who, row.role, row.action, row.object, row.detail,
                row.outcome, row.address,
            ])
    }
}
