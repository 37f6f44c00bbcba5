import ControlPlane
import FleetModel
import Health
import HealthControl
import Store

/// What stops of jobs cost, and how often they come: of the fleet since its health engine began,
/// of pools and jobs by the attempts of the last four weeks.
public struct RecoveryFigures: Sendable {
    /// One pool.
    struct Pool {
        var pool: PoolID
        var nodeHours: Double
        var stops: Int64
    }

    /// One job that runs.
    struct Job {
        var row: JobRow
        var nodes: Int
        var stops: Int
        /// The share of the time since its first start that brought it further.
        var effectiveRatio: Double?
        /// From the end of an attempt to the next one's work, the median.
        var restartSeconds: Double?
        var secondsBetweenStops: Double?
        var writeSeconds: Double?
        var youngSeconds: Double?
        var dalySeconds: Double?
    }

    let view: FleetView
    let report: RecoveryReport
    private(set) var pools: [Pool] = []
    private(set) var jobs: [Job] = []

    /// Fewer stops than this say little about how often they come.
    public static let fewStops: Int64 = 5
    /// How far attempts are looked back for.
    public static let window = TimeSpan.seconds(28 * 86_400)
    /// Attempts that are looked at.
    public static let mostAttempts = 50_000
    /// Jobs that are shown, the largest.
    private static let mostJobs = 100

    /// Adds up. Attempts of running jobs are read one job at a time.
    public init(_ view: FleetView, _ store: Store) throws {
        self.view = view
        report = RecoveryReport(view.health.desk.engine.losses)
        let since = Instant(nanoseconds: view.now.nanoseconds - RecoveryFigures.window.nanoseconds)
        let (attempts, running) = try store.read { reader in
            let attempts = try reader.attempts(
                endedSince: since, limit: RecoveryFigures.mostAttempts)
            let largest = RecoveryFigures.largest(view)
            return (
                attempts, try largest.map { ($0, try reader.attempts(of: $0.row.id, limit: 200)) }
            )
        }
        addPools(attempts)
        jobs = running.map { figures(of: $0, $1) }
    }

    private static func largest(_ view: FleetView) -> [JobView] {
        var jobs: [JobView] = []
        view.jobs.forEach { job in
            if job.row.state == .running, job.row.gpuMilli > 0 { jobs.append(job) }
            return true
        }
        jobs.sort { ($1.row.gpuMilli, $0.row.id) < ($0.row.gpuMilli, $1.row.id) }
        return Array(jobs.prefix(mostJobs))
    }

    private static func isStop(_ attempt: AttemptRow) -> Bool {
        guard attempt.endedAt != nil else { return false }
        if attempt.ending == FailureCause.node.ending { return true }
        let causes: [RestartCause] = [.hardware, .network, .hang]
        return attempt.culprit?.cause.map { causes.map(\.rawValue).contains($0) } ?? false
    }

    private mutating func addPools(_ attempts: [AttemptRow]) {
        var sums: [PoolID: Pool] = [:]
        func pool(_ node: NodeID) -> PoolID? { view.nodes[node.index]?.row.spec.pool }
        for attempt in attempts {
            guard let begin = attempt.runningAt, let end = attempt.endedAt else { continue }
            let hours = Double(max(0, (end - begin).nanoseconds)) / 3.6e12
            for node in Set(attempt.members.map(\.placement.node)) {
                guard let pool = pool(node) else { continue }
                sums[pool, default: Pool(pool: pool, nodeHours: 0, stops: 0)].nodeHours += hours
            }
            guard RecoveryFigures.isStop(attempt) else { continue }
            let place = attempt.culprit?.suspect ?? attempt.members.first?.placement.node
            guard let pool = place.flatMap(pool) else { continue }
            sums[pool, default: Pool(pool: pool, nodeHours: 0, stops: 0)].stops += 1
        }
        pools = sums.values.sorted { $0.pool < $1.pool }
    }

    private func figures(of job: JobView, _ attempts: [AttemptRow]) -> Job {
        let nodes = Set(job.members.map(\.placement.node)).count
        var figures = Job(
            row: job.row, nodes: nodes, stops: attempts.count { RecoveryFigures.isStop($0) })
        func seconds(_ from: Instant, _ to: Instant) -> Double {
            Double(max(0, (to - from).nanoseconds)) / 1e9
        }
        if let first = attempts.first?.startedAt, view.now > first {
            let worked = attempts.reduce(0) { sum, attempt in
                sum + (attempt.runningAt.map { seconds($0, attempt.endedAt ?? view.now) } ?? 0)
            }
            let lost = Double(job.row.lostMilliSeconds) / Double(max(1, job.row.gpuMilli))
            figures.effectiveRatio = max(0, worked - lost) / seconds(first, view.now)
        }
        let waits = zip(attempts, attempts.dropFirst()).compactMap { before, after in
            before.endedAt.flatMap { end in after.runningAt.map { seconds(end, $0) } }
        }.sorted()
        figures.restartSeconds = waits.isEmpty ? nil : waits[(waits.count - 1) / 2]
        figures.secondsBetweenStops = report.hoursBetweenStops(nodes: nodes).map { $0 * 3600 }
        figures.writeSeconds = job.row.checkpointMilliseconds.map { Double($0) / 1000 }
        guard let write = figures.writeSeconds, let between = figures.secondsBetweenStops else {
            return figures
        }
        figures.youngSeconds = CheckpointArithmetic.youngInterval(
            writeSeconds: write, secondsBetweenStops: between)
        figures.dalySeconds = CheckpointArithmetic.dalyInterval(
            writeSeconds: write, secondsBetweenStops: between)
        return figures
    }
}
