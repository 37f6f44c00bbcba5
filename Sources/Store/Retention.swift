import FleetModel
import GRDB

/// How much of the past is kept. What is beyond goes in small steps, so that no commit is long.
public struct Retention: Sendable {
    /// Jobs that are over, with their attempts.
    public var jobs: TimeSpan = .seconds(90 * 86_400)
    /// The most of them.
    public var jobCount = 2_000_000
    /// The ledger of allocations: two years, for those who pay.
    public var ledger: TimeSpan = .seconds(730 * 86_400)
    /// Events.
    public var events: TimeSpan = .seconds(30 * 86_400)
    /// The most of them.
    public var eventCount = 1_000_000
    /// What was told of faults: a season's worth to try rules on.
    public var faults: TimeSpan = .seconds(90 * 86_400)
    /// The most commits of it.
    public var faultCount = 500_000
    /// What tests measured of a machine, since its last one.
    public var figures: TimeSpan = .seconds(365 * 86_400)
    /// What hardware went through: longer than machines are mostly kept.
    public var hardware: TimeSpan = .seconds(6 * 365 * 86_400)
    /// Of it the jobs that ended for reasons of their own, which are almost all rows.
    public var hardwareJobs: TimeSpan = .seconds(90 * 86_400)
    /// The most rows of it, without these jobs.
    public var hardwareCount = 5_000_000
    /// These jobs stay only among so many of the last rows.
    public var hardwareJobCount = 5_000_000
    /// Audit entries.
    public var audit: TimeSpan = .seconds(730 * 86_400)
    /// Keys of submissions.
    public var idempotency: TimeSpan = .seconds(86_400)
    /// Samples of use, by their step in seconds: two days by the minute, two years by the hour.
    public var usage: [Int64: TimeSpan] = [
        60: .seconds(2 * 86_400), 3600: .seconds(730 * 86_400),
    ]
    /// Rows that one step deletes of each table.
    public var rowsPerStep = 500

    /// The bounds that `docs/OPERATING.md` lists.
    public init() {}
}

/// What one step of the retention has deleted.
public struct Pruned: Sendable {
    /// Jobs that nothing is known of any more.
    public var jobs: [JobID]
    /// Whether there may be more to delete.
    public var hasMore: Bool
}

extension StoreTransaction {
    /// Deletes some of what is beyond the bounds.
    public func prune(_ retention: Retention, at now: Instant) throws -> Pruned {
        let limit = retention.rowsPerStep
        func before(_ span: TimeSpan) -> Int64 { now.nanoseconds - span.nanoseconds }
        let jobs = try pruneJobs(retention, before: before(retention.jobs))
        var most = jobs.count
        func delete(_ sql: String, _ arguments: StatementArguments) throws {
            try run(sql, arguments)
            most = max(most, db.changesCount)
        }
        try delete(
            """
            DELETE FROM allocations WHERE id IN (SELECT id FROM allocations WHERE endAt < ?
                ORDER BY endAt LIMIT ?)
            """, [before(retention.ledger), limit])
        try delete(
            """
            DELETE FROM events WHERE id IN (SELECT id FROM events WHERE id <=
                (SELECT max(id) FROM events) - ? ORDER BY id LIMIT ?)
            """, [retention.eventCount, limit])
        // Numbers rise with time, so the oldest come first and nothing else is looked at.
        try delete(
            """
            DELETE FROM faultHistory WHERE id IN (SELECT id FROM faultHistory WHERE id <=
                (SELECT max(id) FROM faultHistory) - ? ORDER BY id LIMIT ?)
            """, [retention.faultCount, limit])
        most = max(most, try pruneHardware(retention, before: before(retention.hardwareJobs)))
        for (table, span) in [
            ("events", retention.events), ("audit", retention.audit),
            ("faultHistory", retention.faults), ("hardwareHistory", retention.hardware),
        ] {
            try delete(
                """
                DELETE FROM \(table) WHERE id IN (SELECT id FROM
                    (SELECT id, at FROM \(table) ORDER BY id LIMIT ?) WHERE at < ?)
                """, [limit, before(span)])
        }
        try delete(
            """
            DELETE FROM idempotency WHERE (owner, key) IN (SELECT owner, key FROM idempotency
                WHERE at < ? ORDER BY at LIMIT ?)
            """, [before(retention.idempotency), limit])
        try delete(
            """
            DELETE FROM figures WHERE (model, driver, fabric, figure, machine) IN (SELECT model,
                driver, fabric, figure, machine FROM figures WHERE at < ? ORDER BY at LIMIT ?)
            """, [before(retention.figures), limit])
        // What was best goes with the last machine of its kind.
        try delete(
            """
            DELETE FROM bestFigures WHERE (model, driver, fabric, figure) IN (SELECT model, driver,
                fabric, figure FROM bestFigures AS best WHERE NOT EXISTS (SELECT 1 FROM figures
                    WHERE figures.model = best.model AND figures.driver = best.driver
                        AND figures.fabric = best.fabric AND figures.figure = best.figure) LIMIT ?)
            """, [limit])
        for (step, span) in retention.usage.sorted(by: { $0.key < $1.key }) {
            try delete(
                """
                DELETE FROM usage WHERE (step, at, tenant) IN (SELECT step, at, tenant FROM usage
                    WHERE step = ? AND at < ? ORDER BY at LIMIT ?)
                """, [step * 1_000_000_000, before(span), limit])
        }
        return Pruned(jobs: jobs, hasMore: most >= limit)
    }

    /// Deletes what hardware went through where it is too much, and jobs of it that ended for
    /// reasons of their own too long ago; the most rows that went of one of both.
    private func pruneHardware(_ retention: Retention, before bound: Int64) throws -> Int {
        try run(
            """
            DELETE FROM hardwareHistory WHERE id IN (SELECT id FROM hardwareHistory WHERE number <=
                (SELECT max(number) FROM hardwareHistory WHERE number IS NOT NULL) - ?
                ORDER BY number LIMIT ?)
            """, [retention.hardwareCount, retention.rowsPerStep])
        let surplus = db.changesCount
        try run(
            """
            DELETE FROM hardwareHistory WHERE id IN (SELECT id FROM
                (SELECT id, at FROM hardwareHistory WHERE number IS NULL ORDER BY id LIMIT ?)
                WHERE at < ? OR id <= (SELECT max(id) FROM hardwareHistory) - ?)
            """, [retention.rowsPerStep, bound, retention.hardwareJobCount])
        return max(surplus, db.changesCount)
    }

    /// Deletes jobs that are over for too long, or too many, with their attempts. The newest stays:
    /// its number says which is the next.
    private func pruneJobs(_ retention: Retention, before bound: Int64) throws -> [JobID] {
        var ids = try Int64.fetchAll(
            db,
            sql: """
                SELECT id FROM jobs WHERE endedAt < ? AND id < (SELECT max(id) FROM jobs)
                    ORDER BY endedAt LIMIT ?
                """,
            arguments: [bound, retention.rowsPerStep])
        ids += try Int64.fetchAll(
            db,
            sql: """
                SELECT id FROM jobs WHERE id <= (SELECT max(id) FROM jobs) - ?
                    AND endedAt IS NOT NULL ORDER BY id LIMIT ?
                """, arguments: [retention.jobCount, retention.rowsPerStep])
        for id in ids {
            try run("DELETE FROM attempts WHERE job = ?", [id])
            try run("DELETE FROM foundJobs WHERE job = ?", [id])
            try run("DELETE FROM jobs WHERE id = ?", [id])
        }
        return ids.map { JobID(rawValue: Int32($0)) }
    }
}
