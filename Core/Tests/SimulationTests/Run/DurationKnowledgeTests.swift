import FleetModel
import Testing

@testable import Simulation

/// What the engine is told shows in what an `easy` queue lets pass the job that waits first.
@Suite struct DurationKnowledgeTests {
    private static let two = FleetDefinition.uniform(nodes: 2, devices: 8, groups: [])

    /// When a job of 50 s starts behind a gang that waits for one of 100 s to end at `base` + 100.
    private func start(
        _ durations: DurationKnowledge, limits: (Int64, Int64)? = nil, history: Int64? = nil
    ) -> Double {
        var jobs: [SimulatedJob] = []
        if let history {
            // Three short ones of the tenant of the small job, and as many of the other's.
            for at in 0..<Int64(3) {
                jobs.append(handJob(jobs.count, at: at * 200, runs: history, tenant: 0))
                jobs.append(handJob(jobs.count, at: at * 200, runs: 100, tenant: 1))
            }
        }
        jobs.append(
            handJob(jobs.count, at: 1000, runs: 100, tenant: 1) {
                $0.spec.timeLimit = limits.map { .seconds($0.0) }
            })
        jobs.append(handJob(jobs.count, at: 1001, runs: 10, members: 2))
        jobs.append(
            handJob(jobs.count, at: 1002, runs: 50) {
                $0.spec.timeLimit = limits.map { .seconds($0.1) }
            })
        let run = HandRun(jobs, fleet: Self.two, order: .easy, durations: durations)
        #expect(run.report.counts.succeeded == jobs.count)
        return run.starts[jobs.count - 1] - 1000
    }

    private static let passes = 2.0
    private static let behind = 110.0

    @Test func exact() {
        #expect(start(.exact) == Self.passes)
        #expect(start(.exact, limits: (100_000, 100_000)) == Self.passes)
    }

    @Test func none() {
        #expect(start(.none) == Self.behind)
        #expect(start(.none, history: 40) == Self.behind)
    }

    @Test func declared() {
        #expect(start(.declared) == Self.behind)
        #expect(start(.declared, limits: (150, 60)) == Self.passes)
        #expect(start(.declared, limits: (150, 149)) == Self.behind)
        #expect(start(.declared, limits: (150, 148)) == Self.passes)
    }

    @Test func predicted() {
        #expect(start(.predicted) == Self.behind)
        #expect(start(.predicted, history: 40) == Self.passes)
        #expect(start(.predicted, history: 190) == Self.behind)
    }
}
