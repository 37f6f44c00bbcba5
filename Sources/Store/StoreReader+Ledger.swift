import FleetModel
import GRDB

/// How rows of the ledger are put together.
public enum LedgerGrouping: String, CaseIterable, Sendable {
    /// One row for each allocation.
    case none
    /// One row for each tenant, pool and kind.
    case tenant
    /// One row for each job, pool and kind.
    case job
    /// One row for each day (UTC), tenant, pool and kind.
    case day
}

/// GPU time within an interval.
public struct LedgerRow: Sendable {
    /// The tenant.
    public var tenant: TenantID
    /// Nil where jobs are put together.
    public var job: JobID?
    /// The pool.
    public var pool: PoolID
    /// Nil for members without devices.
    public var kind: AcceleratorKindID?
    /// When the first of it began, within the interval.
    public var from: Instant
    /// When the last of it ended, within the interval.
    public var to: Instant
    /// In thousandths of GPU-seconds.
    public var milliSeconds: Int64
    /// Of those, work that was lost because no checkpoint kept it.
    public var lostMilliSeconds: Int64
}

extension StoreReader {
    /// A day in nanoseconds.
    private static let day: Int64 = 86_400_000_000_000

    /// Allocations cut at the ends of days: each step takes the first day off and leaves the rest.
    private static var days: String {
        let end = "(first / \(day) + 1) * \(day)"
        return """
            SELECT id, job, tenant, pool, kind, gpuMilli, first, min(last, \(end)) AS last,
                CASE WHEN last <= \(end) THEN lost ELSE 0 END AS lost, last AS over, lost AS total
            FROM cut
            UNION ALL
            SELECT id, job, tenant, pool, kind, gpuMilli, last, min(over, last + \(day)),
                CASE WHEN over <= last + \(day) THEN total ELSE 0 END, over, total
            FROM parts WHERE last < over
            """
    }

    /// The ledger from one instant to another, with what is still held up to then. Rows after
    /// `cursor`, at most `limit`, in a fixed order.
    public func ledger(
        from: Instant, to: Instant, tenants: [TenantID]?, job: JobID?, grouping: LedgerGrouping,
        offset: Int, limit: Int
    ) throws -> [LedgerRow] {
        var condition = "startAt < :to AND (endAt IS NULL OR endAt > :from)"
        if let tenants {
            condition +=
                " AND tenant IN (" + tenants.map { String($0.rawValue) }.joined(separator: ",")
                + ")"
        }
        if let job { condition += " AND job = \(job.rawValue)" }
        let key =
            switch grouping {
            case .none: "id"
            case .tenant: "tenant, pool, kind"
            case .job: "job, pool, kind"
            case .day: "first / \(StoreReader.day), tenant, pool, kind"
            }
        let keeps = grouping == .none || grouping == .job
        // Cut to the interval. What is lost counts where the allocation ended, as it is known only
        // then.
        let cut = """
            SELECT id, job, tenant, pool, kind, gpuMilli, max(startAt, :from) AS first,
                min(coalesce(endAt, :to), :to) AS last,
                CASE WHEN endAt <= :to THEN lostMilliSeconds ELSE 0 END AS lost
            FROM allocations WHERE \(condition)
            """
        // Nanoseconds times thousandths fit into 63 bits only for short intervals: microseconds.
        let rows = try Row.fetchAll(
            db,
            sql: """
                WITH RECURSIVE cut AS (\(cut)), parts AS (\(grouping == .day
                    ? StoreReader.days : "SELECT * FROM cut"))
                SELECT tenant, \(keeps ? "job" : "NULL"), pool, kind, min(first), max(last),
                    sum((last - first) / 1000 * gpuMilli / 1000000), sum(lost)
                FROM parts GROUP BY \(key) ORDER BY \(key) LIMIT :limit OFFSET :offset
                """,
            arguments: [
                "from": from.nanoseconds, "to": to.nanoseconds, "limit": limit, "offset": offset,
            ])
        return rows.map { row in
            let kind: Int32 = row[3]
            return LedgerRow(
                tenant: TenantID(rawValue: row[0]),
                job: (row[1] as Int32?).map { JobID(rawValue: $0) },
                pool: PoolID(rawValue: row[2]),
                kind: kind < 0 ? nil : AcceleratorKindID(rawValue: kind),
                from: Instant(nanoseconds: row[4]), to: Instant(nanoseconds: row[5]),
                milliSeconds: row[6], lostMilliSeconds: row[7])
        }
    }
}
