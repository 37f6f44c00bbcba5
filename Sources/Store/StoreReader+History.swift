import FleetModel
import Foundation
import GRDB

/// Which jobs a list shows; nil and empty mean all.
public struct JobFilter: Sendable {
    /// States to show.
    public var states: [JobState] = []
    /// Tenants to show.
    public var tenants: [TenantID]?
    /// Part of the name.
    public var name: String?
    /// Who submitted it.
    public var owner: String?
    /// Only jobs with smaller ids.
    public var before: JobID?
    /// How many to show.
    public var limit = 100

    /// Shows everything.
    public init() {}
}

extension StoreReader {
    /// Jobs that a filter lets through, the newest first. At most `limit`.
    public func jobs(_ filter: JobFilter) throws -> [JobRow] {
        var conditions: [String] = []
        var arguments: [(any DatabaseValueConvertible)?] = []
        if let before = filter.before {
            conditions.append("id < ?")
            arguments.append(before.rawValue)
        }
        if !filter.states.isEmpty {
            let marks = filter.states.map { _ in "?" }.joined(separator: ",")
            conditions.append("state IN (\(marks))")
            for state in filter.states { arguments.append(state.rawValue) }
        }
        if let tenants = filter.tenants {
            // Ids are numbers of our own; a list of them has no limit of parameters.
            conditions.append(
                "tenant IN (" + tenants.map { String($0.rawValue) }.joined(separator: ",") + ")")
        }
        if let name = filter.name {
            conditions.append("instr(name, ?) > 0")
            arguments.append(name)
        }
        if let owner = filter.owner {
            conditions.append("owner = ?")
            arguments.append(owner)
        }
        let clause = conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
        arguments.append(filter.limit)
        return try jobs(clause + " ORDER BY id DESC LIMIT ?", StatementArguments(arguments))
    }

    /// One job.
    public func job(_ id: JobID) throws -> JobRow? {
        try jobs("WHERE id = ?", [id.rawValue]).first
    }

    /// The newest job of a name.
    public func newestJob(named name: String, before id: JobID? = nil) throws -> JobID? {
        try Int32.fetchOne(
            db, sql: "SELECT id FROM jobs WHERE name = ? AND id < ? ORDER BY id DESC LIMIT 1",
            arguments: [name, id.map { Int64($0.rawValue) } ?? .max]
        ).map { JobID(rawValue: $0) }
    }

    /// The document that a job was submitted with.
    public func document(of id: JobID) throws -> String? {
        try String.fetchOne(
            db.cachedStatement(sql: "SELECT document FROM jobs WHERE id = ?"),
            arguments: [id.rawValue])
    }

    /// A job's attempts in order, the last `limit` of them.
    public func attempts(of id: JobID, limit: Int) throws -> [AttemptRow] {
        try attempts("WHERE job = ? ORDER BY attempt DESC LIMIT ?", [id.rawValue, limit])
            .reversed()
    }

    /// Attempts that have ended since an instant, those of the newest jobs first, at most `limit`.
    public func attempts(endedSince since: Instant, limit: Int) throws -> [AttemptRow] {
        try attempts(
            "WHERE endedAt >= ? ORDER BY job DESC, attempt DESC LIMIT ?",
            [since.nanoseconds, limit])
    }

    /// GPU time of a job so far, in thousandths of GPU-seconds, with what runs up to `now`.
    public func gpuMilliSeconds(of id: JobID, at now: Instant) throws -> Int64 {
        try allocations("WHERE job = ?", [id.rawValue]).reduce(0) { sum, row in
            let nanoseconds = max(0, ((row.endAt ?? now) - row.startAt).nanoseconds)
            return sum
                + Int64(clamping: Int128(nanoseconds) * Int128(row.gpuMilli) / 1_000_000_000)
        }
    }

    /// The job that a key stands for, with the digest of its document.
    public func idempotency(
        owner: String, key: String
    ) throws -> (digest: String, job: JobID)? {
        try Row.fetchOne(
            db, sql: "SELECT digest, job FROM idempotency WHERE owner = ? AND key = ?",
            arguments: [owner, key]
        ).map { ($0["digest"], JobID(rawValue: $0["job"])) }
    }

    /// Events after a number, in order, of one job or node or of all.
    public func events(
        after id: Int64, kinds: [String] = [], job: JobID? = nil, node: String? = nil, limit: Int
    ) throws -> [EventRow] {
        var conditions = ["id > ?"]
        var arguments: [(any DatabaseValueConvertible)?] = [id]
        if !kinds.isEmpty {
            conditions.append("kind IN (\(databaseQuestionMarks(count: kinds.count)))")
            arguments += kinds
        }
        if let job {
            conditions.append("job = ?")
            arguments.append(job.rawValue)
        }
        if let node {
            conditions.append("node = ?")
            arguments.append(node)
        }
        arguments.append(limit)
        return try events(
            "WHERE " + conditions.joined(separator: " AND ") + " ORDER BY id LIMIT ?",
            StatementArguments(arguments))
    }

    /// The last events of one kind, job or node, or of all, in order.
    public func lastEvents(
        kinds: [String] = [], job: JobID? = nil, node: String? = nil, limit: Int
    ) throws -> [EventRow] {
        var conditions: [String] = []
        var arguments: [(any DatabaseValueConvertible)?] = []
        if !kinds.isEmpty {
            conditions.append("kind IN (\(databaseQuestionMarks(count: kinds.count)))")
            arguments += kinds
        }
        for (column, value) in [
            ("job", job?.rawValue as (any DatabaseValueConvertible)?), ("node", node),
        ] {
            guard let value else { continue }
            conditions.append("\(column) = ?")
            arguments.append(value)
        }
        arguments.append(limit)
        let clause = conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
        return try events(clause + " ORDER BY id DESC LIMIT ?", StatementArguments(arguments))
            .reversed()
    }

    /// The number of the first event that is kept; nil without any.
    public func firstEvent() throws -> Int64? {
        try Int64.fetchOne(db, sql: "SELECT min(id) FROM events")
    }

    private func events(_ clauses: String, _ arguments: StatementArguments) throws -> [EventRow] {
        try Row.fetchAll(db, sql: "SELECT * FROM events " + clauses, arguments: arguments)
            .map { row in
                var event = EventRow(
                    kind: row["kind"], at: Instant(nanoseconds: row["at"]),
                    job: (row["job"] as Int32?).map { JobID(rawValue: $0) }, name: row["name"],
                    tenant: row["tenant"], node: row["node"], attempt: row["attempt"],
                    text: row["text"])
                event.id = row["id"]
                return event
            }
    }

    /// Tokens in order of their numbers.
    public func tokens() throws -> [TokenRow] {
        try Row.fetchAll(db, sql: "SELECT * FROM tokens ORDER BY id").map { row in
            var token = TokenRow(
                id: row["id"], name: row["name"], digest: row["digest"], role: row["role"],
                tenant: row["tenant"], node: row["node"],
                createdAt: Instant(nanoseconds: row["createdAt"]),
                expiresAt: (row["expiresAt"] as Int64?).map { Instant(nanoseconds: $0) })
            token.lastUsedAt = (row["lastUsedAt"] as Int64?).map { Instant(nanoseconds: $0) }
            return token
        }
    }

    /// Entries of the audit log before a number, the newest first.
    public func audit(before id: Int64?, limit: Int) throws -> [AuditRow] {
        try Row.fetchAll(
            db, sql: "SELECT * FROM audit WHERE id < ? ORDER BY id DESC LIMIT ?",
            arguments: [id ?? .max, limit]
        ).map { row in
            var entry = AuditRow(
                at: Instant(nanoseconds: row["at"]), who: row["who"], role: row["role"],
                action: row["action"], object: row["object"], detail: row["detail"],
                outcome: row["outcome"], address: row["address"])
            entry.id = row["id"]
            return entry
        }
    }

    /// Samples of use within a time, in order, of the given step.
    public func usage(
        step: TimeSpan, from: Instant, to: Instant
    ) throws -> [UsageRow] {
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT at, tenant, capacity, allocated, waiting FROM usage
                WHERE step = ? AND at >= ? AND at < ? ORDER BY at, tenant
                """, arguments: [step.nanoseconds, from.nanoseconds, to.nanoseconds])
        var usage: [UsageRow] = []
        while let row = try rows.next() {
            let tenant: Int32 = row[1]
            usage.append(
                UsageRow(
                    at: Instant(nanoseconds: row[0]),
                    tenant: tenant < 0 ? nil : TenantID(rawValue: tenant), capacityMilli: row[2],
                    allocatedMilli: row[3], waitingMilli: row[4]))
        }
        return usage
    }
}
