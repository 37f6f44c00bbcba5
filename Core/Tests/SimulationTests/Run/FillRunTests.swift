import FleetModel
import Scheduler
import Testing

@testable import Simulation

@Suite struct FillRunTests {
    private static let four = FleetDefinition.uniform(nodes: 1, devices: 4, groups: [])

    private func pods(_ jobs: [SimulatedJob]) -> Workload {
        var tenants = TenantTree()
        _ = tenants.leaf(named: "a")
        return Workload(jobs: jobs, tenants: tenants)
    }

    private func pods(_ gpus: Int32, count: Int = 1) -> Workload {
        pods((0..<count).map { handJob($0, at: 0, runs: 0, gpus: gpus) })
    }

    private func fill(
        _ pods: Workload, fleet: FleetDefinition = four, rule: PlacementRule = .standard,
        seed: UInt64 = 42, isTold: Bool = true
    ) -> FillRun.Outcome {
        var run = FillRun(
            fleet: fleet, pods: pods, placement: rule, seed: seed, isToldWorkload: isTold)
        var last = 0
        while run.step() {
            if run.progressPercent < last { Issue.record("progress went back from \(last) %") }
            last = run.progressPercent
        }
        #expect(run.progressPercent == 100)
        #expect(run.checkInvariants().isEmpty)
        return run.outcome()
    }

    @Test(arguments: PlacementRule.allCases) func singleGPUs(_ rule: PlacementRule) {
        // 130 % of four are 5.2, so six arrive and two fail.
        let outcome = fill(pods(1, count: 2), rule: rule)
        #expect(outcome.arrivals == 6 && outcome.failures == 2)
        #expect(outcome.atFull == 1_000_000 && outcome.atEnd == 1_000_000)
        #expect(outcome.seed == 42)
    }

    @Test func marksAreTakenWhenEnoughWasAskedFor() {
        let outcome = fill(pods(3))
        #expect(outcome.arrivals == 2 && outcome.failures == 1)
        #expect(outcome.atFull == 750_000 && outcome.atEnd == 750_000)
        // Ten GPUs in twos: the mark is at the fifth of seven.
        let ten = FleetDefinition.uniform(nodes: 5, devices: 2, groups: [])
        let full = fill(pods(2), fleet: ten)
        #expect(full.arrivals == 7 && full.failures == 2)
        #expect(full.atFull == 1_000_000)
    }

    @Test func whatFitsLaterRaisesTheEnd() {
        // What failed counts as asked for, so that at 100 % some GPUs may still be free.
        let fleet = FleetDefinition.uniform(nodes: 2, devices: 4, groups: [])
        let mixed = pods([
            handJob(0, at: 0, runs: 0, gpus: 3), handJob(1, at: 0, runs: 0, gpus: 3),
            handJob(2, at: 0, runs: 0, gpus: 1),
        ])
        let outcomes = (0..<20).map { fill(mixed, fleet: fleet, seed: $0) }
        #expect(outcomes.allSatisfy { $0.atFull <= $0.atEnd && $0.atEnd <= 1_000_000 })
        #expect(outcomes.contains { $0.atFull < $0.atEnd })
        #expect(outcomes.allSatisfy { $0.failures > 0 })
    }

    @Test func aLongListIsCutAt130Percent() {
        let outcome = fill(pods(1, count: 100))
        #expect(outcome.arrivals == 6 && outcome.failures == 2)
    }

    @Test func podsWithoutGPUsAreAllowedBesideOthers() {
        let some = pods([
            handJob(0, at: 0, runs: 0, gpus: 0), handJob(1, at: 0, runs: 0, gpus: 2),
        ])
        let outcome = fill(some)
        #expect(outcome.atEnd == 1_000_000)
        #expect(outcome.arrivals - outcome.failures >= 3)
    }

    @Test func podsThatCanNeverFitFail() {
        let outcome = fill(pods(5))
        #expect(outcome.arrivals == 2 && outcome.failures == 2)
        #expect(outcome.atFull == 0 && outcome.atEnd == 0)
    }

    @Test func withoutGPUsThereIsNothingToFill() {
        let none = FleetDefinition.uniform(nodes: 3, devices: 0, groups: [])
        for (fleet, list) in [(none, pods(1)), (Self.four, pods(0)), (Self.four, pods([]))] {
            var run = FillRun(fleet: fleet, pods: list, placement: .standard, seed: 1)
            #expect(!run.isPossible)
            let isStep = run.step()
            #expect(!isStep)
            #expect(run.progressPercent == 100)
            let outcome = run.outcome()
            #expect(outcome.arrivals == 0 && outcome.atFull == 0 && outcome.atEnd == 0)
        }
    }

    @Test func seedsDecide() {
        let fleet = FleetDefinition.uniform(nodes: 4, devices: 4, groups: [])
        let list = pods((0..<12).map { handJob($0, at: 0, runs: 0, gpus: Int32(1 + $0 % 4)) })
        #expect(fill(list, fleet: fleet, seed: 1) == fill(list, fleet: fleet, seed: 1))
        let hashes = (0..<8).map { fill(list, fleet: fleet, seed: $0).stateHash }
        #expect(Set(hashes).count > 4)
    }

    @Test func shapesWithTheirWeights() {
        let list = pods([
            handJob(0, at: 0, runs: 0, gpus: 2), handJob(1, at: 0, runs: 0, gpus: 1, members: 3),
            handJob(2, at: 0, runs: 0, gpus: 2),
            handJob(3, at: 0, runs: 0, gpus: 2) {
                $0.spec.roles[0].accelerators = AcceleratorKindSet(bits: 1)
            },
        ])
        let classes = FillRun.classes(of: list)
        #expect(classes.map(\.request.devices) == [2, 1, 2])
        #expect(classes.map(\.weight) == [2, 3, 1])
    }

    /// Published means over ten seeds (the traces' README). One seed, for the sake of time, and
    /// so 1 % instead of half a point: this one has 95.30 and 93.19, seeds differ by 0.3 points.
    @Test(arguments: [(PlacementRule.fgd, 95.39), (.bestFit, 93.08)])
    func published(_ rule: PlacementRule, _ percent: Double) throws {
        let folder = "alibaba-openb-2023/"
        guard let nodes = try PublicTraces.bytes(folder + "openb_node_list_gpu_node.csv"),
            let list = try PublicTraces.bytes(folder + "openb_pod_list_default.csv")
        else { return }
        var reader = OpenbNodeReader(file: "")
        reader.feed(nodes)
        let fleet = try reader.finish().get()
        var fitting = TraceFitting(fleet: fleet, file: "")
        let pods = try fitting.fit(try readTrace(list).get().jobs).get()
        let outcome = fill(pods, fleet: fleet, rule: rule)
        #expect(isNear(Double(outcome.atEnd) / 1e4, percent, within: 1))
    }
}
