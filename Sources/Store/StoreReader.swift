import FleetModel
import Foundation
import GRDB

/// What can be read of one commit. Lives only within a read or write of the store.
public struct StoreReader {
    let db: Database

    private func instant(_ value: Int64?) -> Instant? {
        value.map { Instant(nanoseconds: $0) }
    }

    // MARK: Facts and names

    /// A fact about the database as a whole.
    public func meta(_ key: String) throws -> String? {
        try String.fetchOne(
            db, sql: "SELECT value FROM meta WHERE key = ?", arguments: [key])
    }

    /// The names of a kind by id.
    public func names(_ kind: NameKind) throws -> [String] {
        try String.fetchAll(
            db, sql: "SELECT name FROM names WHERE kind = ? ORDER BY id",
            arguments: [kind.rawValue])
    }

    /// The highest number of a table's rows; 0 without any.
    public func lastID(of table: Table) throws -> Int64 {
        try Int64.fetchOne(db, sql: "SELECT max(id) FROM \(table.rawValue)") ?? 0
    }

    /// The job with the highest number; nil without any.
    public func lastJob() throws -> JobID? {
        try Int32.fetchOne(db, sql: "SELECT max(id) FROM jobs").map { JobID(rawValue: $0) }
    }

    /// Tables that are numbered.
    public enum Table: String, Sendable {
        case journal, snapshots, outbox, allocations, events, healthJournal
    }

    // MARK: Recovery

    /// Snapshots, the newest first.
    public func snapshots() throws -> [SnapshotRow] {
        try Row.fetchAll(db, sql: "SELECT * FROM snapshots ORDER BY id DESC").map { row in
            SnapshotRow(
                id: row["id"], at: Instant(nanoseconds: row["at"]), batch: row["batch"],
                segment: row["segment"], file: row["file"],
                stateHash: UInt64(bitPattern: row["stateHash"] as Int64),
                healthBatch: row["healthBatch"])
        }
    }

    /// The number of the first batch that is kept; nil without any.
    public func firstBatch() throws -> Int64? {
        try Int64.fetchOne(db, sql: "SELECT min(id) FROM journal")
    }

    /// The last segment that was begun.
    public func lastSegment() throws -> Int64 {
        try Int64.fetchOne(
            db,
            sql: """
                SELECT max(coalesce((SELECT max(segment) FROM journal), 0),
                    coalesce((SELECT max(segment) FROM snapshots), 0))
                """) ?? 0
    }

    /// Every batch after a number, in order.
    public func forEachBatch(
        after id: Int64, _ body: (JournalBatch) throws -> Void
    ) throws {
        let rows = try Row.fetchCursor(
            db, sql: "SELECT * FROM journal WHERE id > ? ORDER BY id", arguments: [id])
        while let row = try rows.next() {
            let bytes: Data = row["bytes"]
            try body(
                JournalBatch(
                    id: row["id"], segment: row["segment"], inputs: row["inputs"],
                    at: Instant(nanoseconds: row["at"]), bytes: [UInt8](bytes)))
        }
    }

    /// The number of the first batch for the health engine that is kept; nil without any.
    public func firstHealthBatch() throws -> Int64? {
        try Int64.fetchOne(db, sql: "SELECT min(id) FROM healthJournal")
    }

    /// Every batch for the health engine after a number, in order.
    public func forEachHealthBatch(after id: Int64, _ body: (HealthBatch) throws -> Void) throws {
        let rows = try Row.fetchCursor(
            db, sql: "SELECT * FROM healthJournal WHERE id > ? ORDER BY id", arguments: [id])
        while let row = try rows.next() {
            let bytes: Data = row["bytes"]
            try body(
                HealthBatch(
                    id: row["id"], inputs: row["inputs"], at: Instant(nanoseconds: row["at"]),
                    bytes: [UInt8](bytes)))
        }
    }

    /// What was told of faults, the oldest first.
    public func forEachFaultBatch(_ body: ([UInt8]) throws -> Void) throws {
        let rows = try Data.fetchCursor(db, sql: "SELECT bytes FROM faultHistory ORDER BY id")
        while let bytes = try rows.next() { try body([UInt8](bytes)) }
    }

    /// The bytes of one batch; nil when it is not kept.
    public func batchBytes(_ id: Int64) throws -> [UInt8]? {
        try Data.fetchOne(db, sql: "SELECT bytes FROM journal WHERE id = ?", arguments: [id])
            .map { [UInt8]($0) }
    }

    /// Directives that nobody has confirmed, in order.
    public func outbox() throws -> [OutboxRow] {
        try Row.fetchAll(db, sql: "SELECT id, directive FROM outbox ORDER BY id").map { row in
            let bytes: Data = row["directive"]
            return OutboxRow(id: row["id"], directive: [UInt8](bytes))
        }
    }

    /// Jobs that are not over and that a backend found, by its keys.
    public func openFoundJobs() throws -> [String: JobID] {
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT key, job FROM foundJobs JOIN jobs ON jobs.id = job WHERE endedAt IS NULL
                """)
        return Dictionary(
            rows.map { ($0[0] as String, JobID(rawValue: $0[1])) },
            uniquingKeysWith: { first, _ in first })
    }

    /// The job that a backend knows by a key, whether or not it is over, and whether the backend
    /// took it away.
    public func foundJob(_ key: String) throws -> (job: JobID, isWithdrawn: Bool)? {
        try Row.fetchOne(
            db.cachedStatement(sql: "SELECT job, isWithdrawn FROM foundJobs WHERE key = ?"),
            arguments: [key]
        ).map { (JobID(rawValue: $0[0]), $0[1]) }
    }

    /// How far what agents tell was taken, in the order of nodes.
    public func agents() throws -> [AgentRow] {
        try Row.fetchAll(db, sql: "SELECT node, heardAt, streams FROM agents ORDER BY node").map {
            AgentRow(
                node: $0[0], heardAt: Instant(nanoseconds: $0[1]), streams: [UInt8]($0[2] as Data))
        }
    }

    /// Jobs that are not over, in order of id.
    public func openJobs() throws -> [JobRow] {
        try jobs("WHERE endedAt IS NULL ORDER BY id", [])
    }

    /// The last jobs that are over, in order of id.
    public func lastEndedJobs(limit: Int) throws -> [JobRow] {
        try jobs(
            """
            WHERE id IN (SELECT id FROM jobs WHERE endedAt IS NOT NULL
                ORDER BY endedAt DESC LIMIT ?) ORDER BY id
            """, [limit])
    }

    /// Attempts that are not over.
    public func openAttempts() throws -> [AttemptRow] {
        try attempts(
            """
            JOIN jobs ON jobs.id = attempts.job AND jobs.attempt = attempts.attempt
            WHERE jobs.endedAt IS NULL AND attempts.endedAt IS NULL
            """, [])
    }

    /// Allocations that are not over.
    public func openAllocations() throws -> [AllocationRow] {
        try allocations("WHERE endAt IS NULL ORDER BY id", [])
    }

    /// Every allocation that is kept, those of one attempt one after the other, in order.
    public func forEachAllocation(_ body: (AllocationRow) throws -> Void) throws {
        let rows = try Row.fetchCursor(
            db, sql: "SELECT * FROM allocations ORDER BY job, attempt, id")
        while let row = try rows.next() { try body(StoreReader.allocation(row)) }
    }

    /// Nodes in order of id.
    public func nodes() throws -> [NodeRow] {
        try Row.fetchAll(db, sql: "SELECT * FROM nodes ORDER BY id").compactMap { row in
            let bytes: Data = row["spec"]
            guard let spec = RowBytes.nodeSpec([UInt8](bytes)) else { return nil }
            var node = NodeRow(spec: spec, since: .zero)
            node.isPresent = row["isPresent"]
            node.cordonedBy = row["cordonedBy"]
            node.reason = row["reason"]
            node.isClosed = row["isClosed"]
            node.closedFor = row["closedFor"]
            node.since = instant(row["since"])
            node.cordonDeadline = instant(row["deadline"])
            node.closedDeadline = instant(row["closedDeadline"])
            node.unhealthy = UInt64(bitPattern: row["unhealthy"] as Int64)
            node.isHeld = row["isHeld"]
            node.heldFor = row["heldFor"]
            node.heldDeadline = instant(row["heldDeadline"])
            node.withdrawn = UInt64(bitPattern: row["withdrawn"] as Int64)
            return node
        }
    }

    // MARK: Rows

    func jobs(_ clauses: String, _ arguments: StatementArguments) throws -> [JobRow] {
        let rows = try Row.fetchCursor(
            db, sql: "SELECT \(JobRow.columns) FROM jobs " + clauses, arguments: arguments)
        var jobs: [JobRow] = []
        while let row = try rows.next() { jobs.append(JobRow(row)) }
        return jobs
    }

    func attempts(_ clauses: String, _ arguments: StatementArguments) throws -> [AttemptRow] {
        try Row.fetchAll(
            db, sql: "SELECT attempts.* FROM attempts " + clauses, arguments: arguments
        ).map { row in
            let members: Data = row["members"]
            let exits: Data? = row["exits"]
            var attempt = AttemptRow(
                job: JobID(rawValue: row["job"]), attempt: Attempt(row["attempt"]),
                startedAt: Instant(nanoseconds: row["startedAt"]),
                members: RowBytes.members([UInt8](members)))
            attempt.runningAt = instant(row["runningAt"])
            attempt.endedAt = instant(row["endedAt"])
            attempt.ending = row["ending"]
            attempt.detail = row["detail"]
            attempt.exits = exits.map { RowBytes.exits([UInt8]($0)) } ?? []
            attempt.culprit = try CulpritRow(column: row["culprit"])
            return attempt
        }
    }

    func allocations(
        _ clauses: String, _ arguments: StatementArguments
    ) throws -> [AllocationRow] {
        try Row.fetchAll(
            db, sql: "SELECT * FROM allocations " + clauses, arguments: arguments
        ).map(StoreReader.allocation)
    }

    private static func allocation(_ row: Row) -> AllocationRow {
        var allocation = AllocationRow(
            id: row["id"], job: JobID(rawValue: row["job"]), attempt: Attempt(row["attempt"]),
            tenant: TenantID(rawValue: row["tenant"]), pool: PoolID(rawValue: row["pool"]),
            kind: row["kind"], gpuMilli: row["gpuMilli"],
            startAt: Instant(nanoseconds: row["startAt"]))
        allocation.endAt = (row["endAt"] as Int64?).map { Instant(nanoseconds: $0) }
        return allocation
    }
}

extension JobRow {
    /// Everything but the document.
    static let columns = """
        id, name, tenant, owner, priority, preemptible, members, gpuMilli, state, isHeld, attempt,
        submittedAt, startedAt, endedAt, reason, reasonAt, step, checkpointedStep, progressAt,
        checkpointedAt, keptNanoseconds, lostMilliSeconds, checkpointMilliseconds
        """

    // By position: looking names up is most of the cost of reading a hundred thousand rows.
    init(_ row: Row) {
        func instant(_ index: Int) -> Instant? {
            (row[index] as Int64?).map { Instant(nanoseconds: $0) }
        }
        let spec = JobSpec(
            id: JobID(rawValue: row[0]), tenant: TenantID(rawValue: row[2]), roles: [])
        self.init(
            spec: spec, name: row[1], owner: row[3], at: Instant(nanoseconds: row[11]))
        priority = row[4]
        isPreemptible = row[5]
        members = row[6]
        gpuMilli = row[7]
        state = JobState(rawValue: row[8]) ?? .queued
        isHeld = row[9]
        attempt = Attempt(row[10])
        startedAt = instant(12)
        endedAt = instant(13)
        let reasonBytes: Data? = row[14]
        reason = reasonBytes.flatMap { RowBytes.refusal([UInt8]($0)) }
        reasonAt = instant(15)
        step = row[16]
        checkpointedStep = row[17]
        progressAt = instant(18)
        checkpointedAt = instant(19)
        kept = TimeSpan(nanoseconds: row[20])
        lostMilliSeconds = row[21]
        checkpointMilliseconds = row[22]
    }
}
