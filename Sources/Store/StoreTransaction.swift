import FleetModel
import Foundation
import GRDB

/// What may be written in one transaction. Lives only within ``Store/write(_:)``.
public struct StoreTransaction {
    let db: Database

    func run(_ sql: String, _ arguments: StatementArguments) throws {
        try db.cachedStatement(sql: sql).execute(arguments: arguments)
    }

    /// What can be read in the same transaction.
    public var reader: StoreReader { StoreReader(db: db) }

    // MARK: Facts and names

    /// Keeps one fact about the database as a whole.
    public func setMeta(_ key: String, _ value: String) throws {
        try run("INSERT OR REPLACE INTO meta(key, value) VALUES(?, ?)", [key, value])
    }

    /// Keeps the name of an id.
    public func putName(_ kind: NameKind, _ id: Int, _ name: String) throws {
        try run(
            "INSERT OR REPLACE INTO names(kind, id, name) VALUES(?, ?, ?)",
            [kind.rawValue, id, name])
    }

    // MARK: Journal

    /// Keeps inputs.
    public func append(_ batch: JournalBatch) throws {
        try run(
            "INSERT INTO journal(id, segment, inputs, at, bytes) VALUES(?, ?, ?, ?, ?)",
            [
                batch.id, batch.segment, batch.inputs, batch.at.nanoseconds,
                Data(batch.bytes),
            ])
    }

    /// Notes a snapshot whose file is complete.
    public func putSnapshot(_ row: SnapshotRow) throws {
        try run(
            """
            INSERT OR REPLACE INTO snapshots(id, at, batch, segment, file, stateHash, healthBatch)
            VALUES(?, ?, ?, ?, ?, ?, ?)
            """,
            [
                row.id, row.at.nanoseconds, row.batch, row.segment, row.file,
                Int64(bitPattern: row.stateHash), row.healthBatch,
            ])
    }

    /// Forgets a snapshot whose file is gone or broken.
    public func deleteSnapshot(_ id: Int64) throws {
        try run("DELETE FROM snapshots WHERE id = ?", [id])
    }

    /// Forgets batches up to and with one.
    public func deleteJournal(through batch: Int64) throws {
        try run("DELETE FROM journal WHERE id <= ?", [batch])
    }

    /// Keeps what the health engine was told.
    public func append(_ batch: HealthBatch) throws {
        try run(
            "INSERT INTO healthJournal(id, inputs, at, bytes) VALUES(?, ?, ?, ?)",
            [batch.id, batch.inputs, batch.at.nanoseconds, Data(batch.bytes)])
    }

    /// Keeps what was told of faults for as long as rules may be tried on it.
    public func appendFaults(_ bytes: [UInt8], at now: Instant) throws {
        try run(
            "INSERT INTO faultHistory(at, bytes) VALUES(?, ?)", [now.nanoseconds, Data(bytes)])
    }

    /// Forgets batches for the health engine up to and with one.
    public func deleteHealthJournal(through batch: Int64) throws {
        try run("DELETE FROM healthJournal WHERE id <= ?", [batch])
    }

    /// Keeps how far what a node's agent tells was taken.
    public func putAgent(_ agent: AgentRow) throws {
        try run(
            "INSERT OR REPLACE INTO agents(node, heardAt, streams) VALUES(?, ?, ?)",
            [agent.node, agent.heardAt.nanoseconds, Data(agent.streams)])
    }

    /// Forgets agents that were not heard since an instant.
    public func deleteAgents(before instant: Instant) throws {
        try run("DELETE FROM agents WHERE heardAt < ?", [instant.nanoseconds])
    }

    // MARK: Outbox

    /// Keeps a directive until it is confirmed.
    public func putOutbox(
        _ id: Int64, job: JobID, attempt: Attempt, isStart: Bool, directive: [UInt8]
    ) throws {
        try run(
            "INSERT INTO outbox(id, job, attempt, isStart, directive) VALUES(?, ?, ?, ?, ?)",
            [id, job.rawValue, attempt.rawValue, isStart, Data(directive)])
    }

    /// The attempt is over, or was never there: nothing about it is to be done any more.
    public func settleOutbox(job: JobID, through attempt: Attempt) throws {
        try run(
            "DELETE FROM outbox WHERE job = ? AND attempt <= ?", [job.rawValue, attempt.rawValue])
    }

    /// Every member of the attempt runs: the order to start it is carried out.
    public func settleStart(job: JobID, attempt: Attempt) throws {
        try run(
            "DELETE FROM outbox WHERE job = ? AND attempt = ? AND isStart = 1",
            [job.rawValue, attempt.rawValue])
    }

    /// What one row asks for is done.
    public func settleRow(_ id: Int64) throws {
        try run("DELETE FROM outbox WHERE id = ?", [id])
    }

    // MARK: Samples and events

    /// Keeps an event under its number.
    public func putEvent(_ event: EventRow) throws {
        try run(
            """
            INSERT INTO events(id, at, kind, job, name, tenant, node, attempt, text)
            VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                event.id, event.at.nanoseconds, event.kind, event.job?.rawValue, event.name,
                event.tenant, event.node, event.attempt, event.text,
            ])
    }

    /// Keeps a sample; the last of a step counts.
    public func putUsage(_ row: UsageRow, step: TimeSpan) throws {
        try run(
            """
            INSERT OR REPLACE INTO usage(step, at, tenant, capacity, allocated, waiting)
            VALUES(?, ?, ?, ?, ?, ?)
            """,
            [
                step.nanoseconds, row.at.nanoseconds, row.tenant?.rawValue ?? -1,
                row.capacityMilli, row.allocatedMilli, row.waitingMilli,
            ])
    }
}
