import FleetModel
import Journal
import Scheduler
import Testing

@testable import Simulation

@Suite struct SimulationRunTests {
    @Test func givingUpAnEndedJobDoesNotProlongTheRun() {
        var run = SmallRun(nodes: 1)
        run.job(minutes: 10, cancelAfter: 6_000)
        let report = run.report()
        #expect(report.counts.succeeded == 1)
        #expect(report.counts.cancelled == 0)
        #expect(report.seriesMinutes == 10)
    }

    @Test func aUserMayGiveUpWaiting() {
        var run = SmallRun(nodes: 1)
        run.job(minutes: 60)
        run.job(minutes: 60, cancelAfter: 20)
        let report = run.report()
        #expect(report.counts.cancelled == 1)
        #expect(report.makespanMinutes == 60)
    }

    @Test func theEndOfAnAttemptThatWasCutShortComesToNothing() {
        var run = SmallRun(nodes: 1)
        run.job(minutes: 60, fails: true, retries: 1)
        // The first attempt would have ended, and failed, while the job waits again.
        run.remove(0, at: 30, until: 100)
        let report = run.report()
        #expect(report.otherInterruptions == 2)
        #expect(report.restarts == 2)
        #expect(report.counts.succeeded == 1)
        #expect(report.makespanMinutes == 100 + 60 + 60)
    }

    @Test func looksAtTheFleetAreFewWhenAllJobsComeAtOnce() {
        var run = SmallRun(nodes: 1)
        for index in 0..<6_000 { run.job(gpus: 1, minutes: Int64(1 + index % 5)) }
        var simulation = run.prepared()
        while simulation.step() {}
        #expect(simulation.settledJobs == 6_000)
        #expect(simulation.sampling.count > 100)
        #expect(simulation.sampling.count < 2_000)
    }

    @Test func aJournalThatCannotBeKeptIsToldAndTheRunGoesOn() {
        var small = SmallRun(nodes: 1)
        small.job(minutes: 10)
        let name = String(repeating: "x", count: JournalLimits.nameBytes + 1)
        small.fleet.topology = Topology(levels: [TopologyLevel(name: name)])
        var run = small.prepared(isJournalled: true)
        #expect(run.journalError?.code == .journalHeader)
        #expect(run.journal == nil)
        while run.step() {}
        #expect(run.settledJobs == 1)
    }

    @Test(arguments: [1, 2, 7, 100, 1_000])
    func looksStayFewInRunsThatTakeLongerThanTheyMust(factor: Int64) {
        var run = SmallRun(nodes: 1)
        run.job(minutes: 10_000)
        var schedule = SampleSchedule(workload: run.workload, devices: 8)
        let end = 600_000 * factor
        for second in stride(from: Int64(0), through: end, by: 50) {
            let instant = Instant.seconds(second)
            if schedule.isDue(at: instant) { schedule.looked(at: instant) }
        }
        #expect(schedule.count >= 1_000)
        #expect(schedule.count < 2_000)
    }

    @Test func slowGangsMayRunLongerThanTimeIsCounted() {
        let longest = TimeSpan.seconds(FleetLimits.seconds)
        let role = RoleSpec(count: 1, maximum: 100_000, request: MemberRequest(devices: 1))
        let spec = JobSpec(
            id: JobID(0), tenant: TenantID(0), roles: [role], restartCost: longest)
        let member = MemberPlacement(node: NodeID(0), role: 0, devices: 1)
        var progress = JobProgress(runTime: longest)
        progress.start(Attempt(2), of: spec, on: [member], at: .zero)
        #expect(progress.end == .never)
        let losses = progress.interrupt(.node, at: .seconds(10))
        #expect(losses == AttemptLosses(restart: 10_000_000_000_000))
    }

    @Test(arguments: QueueOrder.allCases)
    func randomEventsKeepEveryInvariant(order: QueueOrder) throws {
        for seed in 0..<12 {
            var random = SplitMix(seed: UInt64(seed))
            var small = SmallRun(nodes: 4)
            small.order = order
            small.cost = seed % 3 == 0 ? .perInput(.seconds(Int64(seed))) : .free
            plan(&small, &random)
            var run = small.prepared(isJournalled: true)
            while run.step() {
                #expect(run.engine.checkInvariants() == [])
            }
            let report = run.finish(
                identity: RunIdentity(policy: order.name),
                effort: RunEffort(wallSeconds: 0, peakResidentMiB: 0))
            let counts = report.counts
            #expect(counts.runningAtEnd == 0)
            #expect(
                counts.succeeded + counts.failed + counts.cancelled + counts.refused
                    + counts.waitingAtEnd == 40)
            #expect(report.allocationRatio <= 1)
            #expect(report.lostGPUSeconds <= report.allocatedGPUSeconds)
            let bytes = run.journal?.takeBytes() ?? []
            var replay = JournalReplay()
            try replay.feed(bytes)
            guard case .same(let hash, _) = try replay.finish() else {
                Issue.record("seed \(seed): the replay differs")
                continue
            }
            #expect(hash == report.cost.stateHash)
        }
    }

    /// Forty jobs and sixty events, sensible or not.
    private func plan(_ run: inout SmallRun, _ random: inout SplitMix) {
        var minute: Int64 = 0
        for _ in 0..<40 {
            minute += Int64(random.below(10))
            run.job(
                members: Int32(1 + random.below(3)), gpus: Int32(1 + random.below(8)), at: minute,
                minutes: Int64(1 + random.below(60)),
                checkpoint: random.below(2) == 0 ? 5 : nil, restart: Int64(random.below(4)),
                held: random.below(8) == 0, fails: random.below(8) == 0,
                cancelAfter: random.below(6) == 0 ? Int64(random.below(90)) : nil)
        }
        for _ in 0..<60 {
            let node = NodeID(random.below(4))
            let job = JobID(random.below(40))
            let input: Input =
                switch random.below(8) {
                case 0: .removeNodes([node])
                case 1: .addNodes(run.fleet.nodes)
                case 2: .drain(node)
                case 3: .resume(node)
                case 4: .setDeviceHealth(node, unhealthy: random.next() & 0xFF)
                case 5: .hold(job)
                case 6: .release(job)
                default: .cancel(job)
                }
            run.event(at: Int64(random.below(400)), input)
        }
    }
}
