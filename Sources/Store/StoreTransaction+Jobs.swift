import FleetModel
import Foundation
import GRDB

extension StoreTransaction {
    /// Keeps what a backend knows a job by, and whether it took the job away again.
    public func putFoundJob(_ key: String, _ job: JobID, isWithdrawn: Bool) throws {
        try run(
            """
            INSERT INTO foundJobs(key, job, isWithdrawn) VALUES(?, ?, ?)
            ON CONFLICT(key) DO UPDATE SET job = excluded.job, isWithdrawn = excluded.isWithdrawn
            """, [key, job.rawValue, isWithdrawn])
    }

    /// Keeps a job that is new, with the document that describes it.
    public func insertJob(_ row: JobRow, document: String) throws {
        try run(
            """
            INSERT INTO jobs(id, name, tenant, owner, document, priority, preemptible, members,
                gpuMilli, state, isHeld, attempt, submittedAt, startedAt, endedAt, reason, reasonAt)
            VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                row.id.rawValue, row.name, row.tenant.rawValue, row.owner, document, row.priority,
                row.isPreemptible, row.members, row.gpuMilli, row.state.rawValue, row.isHeld,
                row.attempt.rawValue, row.submittedAt.nanoseconds, row.startedAt?.nanoseconds,
                row.endedAt?.nanoseconds, row.reason.map { Data(RowBytes.encode($0)) },
                row.reasonAt?.nanoseconds,
            ])
    }

    /// Keeps what has changed of a job.
    public func updateJob(_ row: JobRow) throws {
        try run(
            """
            UPDATE jobs SET members = ?, gpuMilli = ?, state = ?, isHeld = ?, attempt = ?,
                startedAt = ?, endedAt = ?, reason = ?, reasonAt = ?, step = ?,
                checkpointedStep = ?, progressAt = ?, checkpointedAt = ?, keptNanoseconds = ?,
                lostMilliSeconds = ?, checkpointMilliseconds = ? WHERE id = ?
            """,
            [
                row.members, row.gpuMilli, row.state.rawValue, row.isHeld, row.attempt.rawValue,
                row.startedAt?.nanoseconds, row.endedAt?.nanoseconds,
                row.reason.map { Data(RowBytes.encode($0)) }, row.reasonAt?.nanoseconds, row.step,
                row.checkpointedStep, row.progressAt?.nanoseconds,
                row.checkpointedAt?.nanoseconds, row.kept.nanoseconds, row.lostMilliSeconds,
                row.checkpointMilliseconds, row.id.rawValue,
            ])
    }

    /// Keeps an attempt as it is now.
    public func putAttempt(_ row: AttemptRow) throws {
        try run(
            """
            INSERT OR REPLACE INTO attempts(job, attempt, startedAt, runningAt, endedAt, ending,
                detail, members, exits, culprit) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                row.job.rawValue, row.attempt.rawValue, row.startedAt.nanoseconds,
                row.runningAt?.nanoseconds, row.endedAt?.nanoseconds, row.ending, row.detail,
                Data(RowBytes.encode(row.members)),
                row.exits.isEmpty ? nil : Data(RowBytes.encode(row.exits)),
                try row.culprit?.column(),
            ])
    }

    /// Begins an allocation.
    public func openAllocation(_ row: AllocationRow) throws {
        try run(
            """
            INSERT INTO allocations(id, job, attempt, tenant, pool, kind, gpuMilli, startAt)
            VALUES(?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                row.id, row.job.rawValue, row.attempt.rawValue, row.tenant.rawValue,
                row.pool.rawValue, row.kind, row.gpuMilli, row.startAt.nanoseconds,
            ])
    }

    /// Ends an allocation, with the GPU time of it that was lost.
    public func closeAllocation(
        _ id: Int64, at end: Instant, lostMilliSeconds: Int64
    ) throws {
        try run(
            "UPDATE allocations SET endAt = ?, lostMilliSeconds = ? WHERE id = ?",
            [end.nanoseconds, lostMilliSeconds, id])
    }

    /// Remembers which job a key stands for.
    public func putIdempotency(
        owner: String, key: String, digest: String, job: JobID, at now: Instant
    ) throws {
        try run(
            "INSERT INTO idempotency(owner, key, digest, job, at) VALUES(?, ?, ?, ?, ?)",
            [owner, key, digest, job.rawValue, now.nanoseconds])
    }
}
