import FleetModel
import Testing

@testable import Scheduler

/// Starts that are foreseen, and what the engine tells of them by itself.
@Suite struct EstimateTests {
    private static func world(
        _ order: QueueOrder = .fair, nodes: Int = 4, period: Int64 = 600
    ) -> Harness {
        let timeline = TimelinePolicy(estimatePeriod: .seconds(period))
        return Harness(
            .uniform(nodes: nodes, devices: 8, groups: [2]),
            policy: Policy(queueOrder: order, timeline: timeline))
    }

    private static func lasting(_ seconds: Int64) -> (inout JobSpec) -> Void {
        { $0.expectedDuration = .seconds(seconds) }
    }

    /// When jobs start in a projection, in seconds; nil for those that do not.
    private func starts(_ h: Harness, _ ids: [Int]) -> [Int64?] {
        let projection = Projection(h.engine)
        return ids.map { id in
            let start = projection.starts[h.engine.jobs.slot(of: JobID(id))!]
            return start < 0 ? nil : start / 1_000_000_000
        }
    }

    @Test func jobsStartAsOthersEnd() {
        var h = Self.world()
        for id in 0..<4 { h.submit(id, gpus: 8, change: Self.lasting(Int64(100 * (id + 1)))) }
        h.submit(4, members: 2, gpus: 8, change: Self.lasting(50))
        h.submit(5, members: 4, gpus: 8, change: Self.lasting(50))
        h.submit(6, members: 3, gpus: 8, change: Self.lasting(10))
        // Of four nodes two are free at 200, 250 and 300 see a third; all are free at 400.
        #expect(starts(h, [4, 5, 6]) == [200, 400, 300])
        h.seconds = 150
        h.finish(0)
        #expect(starts(h, [4])[0] == 200)
    }

    @Test func strictOrderLetsNothingPass() {
        var h = Self.world(.fifo, nodes: 2)
        h.submit(0, gpus: 8, change: Self.lasting(100))
        h.submit(1, gpus: 4, change: Self.lasting(500))
        h.submit(2, members: 2, gpus: 8, change: Self.lasting(50))
        h.submit(3, gpus: 1, change: Self.lasting(1))
        #expect(starts(h, [2, 3]) == [500, 550])
        var fair = Self.world(.firstFit, nodes: 2)
        fair.submit(0, gpus: 8, change: Self.lasting(100))
        fair.submit(1, gpus: 4, change: Self.lasting(500))
        fair.submit(2, members: 2, gpus: 8, change: Self.lasting(50))
        fair.submit(3, gpus: 6, change: Self.lasting(1))
        #expect(starts(fair, [2, 3]) == [500, 100])
    }

    @Test func rulesLeaveOnlyTheirNodes() {
        var h = Self.world(nodes: 3)
        let (all, few) = (NodeRuleID(0), NodeRuleID(1))
        h.apply(.setRule(all, nodes: (0..<3).map { NodeID($0) }))
        for id in 0..<2 { h.submit(id, gpus: 8, change: Self.lasting(Int64(100 * (id + 1)))) }
        let last = h.submit(2, gpus: 8, change: Self.lasting(300)).nodes
        // Only the node of the job that lasts longest is admitted.
        h.apply(.setRule(few, nodes: last.map { NodeID($0) }))
        h.submit(3, gpus: 8) {
            $0.expectedDuration = .seconds(10)
            $0.roles[0].rule = few
        }
        h.submit(4, gpus: 8) {
            $0.expectedDuration = .seconds(10)
            $0.roles[0].rule = all
        }
        #expect(starts(h, [3, 4]) == [300, 100])
    }

    @Test func oneDomainIsWaitedFor() {
        var h = Self.world()
        for id in 0..<4 { h.submit(id, gpus: 8, change: Self.lasting(Int64(100 * (id + 1)))) }
        let near = h.directives.compactMap { directive -> (Int, Int)? in
            guard case .start(let job, _, let members) = directive else { return nil }
            return (members[0].node.index / 2, job.index)
        }
        h.submit(4, members: 2, gpus: 8) { spec in
            spec.topology.preference = .required(LevelIndex(0))
            spec.expectedDuration = .seconds(5)
        }
        let byLeaf = (0..<2).map { leaf in
            near.filter { $0.0 == leaf }.map { Int64(100 * ($0.1 + 1)) }.max()!
        }
        #expect(starts(h, [4]) == [byLeaf.min()!])
    }

    @Test func whatCannotStartHasNoEstimate() {
        var h = Self.world(nodes: 2)
        h.submit(0, members: 3, gpus: 8)
        h.submit(1, gpus: 1) { $0.held = true }
        #expect(h.engine.estimate(JobID(0)) == nil, "impossible")
        #expect(h.engine.estimate(JobID(1)) == nil, "held")
        #expect(h.engine.estimate(JobID(2)) == nil, "unknown")
        #expect(h.engine.estimates().isEmpty)
    }

    @Test func oneEstimateIsAsAllTogether() {
        var h = Self.world(nodes: 3)
        for id in 0..<24 {
            h.submit(id, members: Int32(1 + id % 3), gpus: Int32(1 + id % 8)) {
                $0.expectedDuration = .seconds(Int64(50 + 37 * id % 200))
            }
        }
        let all = h.engine.estimates()
        #expect(all.count == h.engine.waitingJobs && !all.isEmpty)
        for (job, estimate) in all {
            #expect(h.engine.estimate(job) == estimate)
            #expect(estimate.basis == .projection)
            #expect(h.engine.now <= estimate.earliest)
        }
    }

    @Test func withoutRunTimesHistoryIsTheBasis() {
        var h = Self.world(nodes: 1)
        h.submit(0, gpus: 8)
        h.submit(1, gpus: 8)
        #expect(h.engine.estimate(JobID(1))?.basis == .history)
    }

    @Test func estimatesAreToldWhileSomethingWaitsAndRuns() {
        var h = Self.world(.muster, nodes: 1)
        #expect(h.advance(to: 10_000).isEmpty)
        h.submit(0, gpus: 8, change: Self.lasting(3_000))
        h.submit(1, gpus: 8, change: Self.lasting(3_000))
        let told = h.advance(to: 10_000 + 600).compactMap { directive -> StartEstimate? in
            guard case .estimate(JobID(1), let estimate) = directive else { return nil }
            return estimate
        }
        #expect(told.map(\.likely) == [.seconds(13_000)])
        #expect(h.advance(to: 10_000 + 2_999).told.isEmpty, "it is open")
        h.seconds = 13_000
        #expect(h.finish(0).started == [1])
        #expect(h.engine.desk.open.isEmpty)
        #expect(h.engine.desk.calibration.sampleCount == 1)
    }

    @Test func nothingIsToldWhereNothingRunsOrThePeriodIsZero() {
        var h = Self.world(.muster, nodes: 1)
        h.apply(.drain(NodeID(0)))
        h.submit(0, gpus: 8)
        #expect(h.engine.desk.due == nil)
        for (order, period) in [(QueueOrder.fair, 600), (.muster, 0)] as [(QueueOrder, Int64)] {
            var other = Self.world(order, nodes: 1, period: period)
            other.submit(0, gpus: 8, change: Self.lasting(5_000))
            other.submit(1, gpus: 8)
            #expect(other.advance(to: 4_000).told.isEmpty)
        }
    }

    @Test func openEstimatesAreBoundedAndForgottenWithTheirJobs() {
        var h = Self.world(.muster, nodes: 1)
        for id in 0..<40 { h.submit(id, gpus: 8, change: Self.lasting(100_000)) }
        h.advance(to: 700)
        #expect(h.engine.desk.open.count <= EstimateDesk.toldAtOnce)
        #expect(!h.engine.desk.open.isEmpty)
        for id in 1..<40 { h.apply(.cancel(JobID(id))) }
        h.submit(50, gpus: 8, change: Self.lasting(5))
        h.advance(to: 2_000)
        #expect(h.engine.desk.open.map(\.job) == [JobID(50)])
    }

    @Test func aWakeUpThatIsNotDueTellsNothing() {
        var h = Self.world(.muster, nodes: 1)
        h.submit(0, gpus: 8, change: Self.lasting(3_000))
        h.submit(1, gpus: 8)
        let before = h.engine.stateHash()
        for timer in h.timers { #expect(h.apply(.wake(token: timer.token)).isEmpty) }
        #expect(h.engine.stateHash() == before)
    }
}

extension [Directive] {
    /// Jobs of which an estimate was told.
    fileprivate var told: [Int] {
        compactMap { if case .estimate(let id, _) = $0 { id.index } else { nil } }
    }
}
