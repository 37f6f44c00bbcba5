import FleetModel
import Testing

@testable import Scheduler

/// EASY backfill: whatever passes the first that waits does not delay it.
@Suite struct BackfillTests {
    static let easy = Policy(queueOrder: .easy)

    private static func lasting(_ seconds: Int64) -> (inout JobSpec) -> Void {
        { $0.expectedDuration = .seconds(seconds) }
    }

    /// Two of four nodes run until 100; the first that waits needs three.
    private static func blocked() -> Harness {
        var h = Harness(.uniform(nodes: 4, devices: 8, groups: []), policy: easy)
        h.submit(0, members: 2, gpus: 8, change: lasting(100))
        h.submit(1, members: 3, gpus: 8, change: lasting(50))
        return h
    }

    @Test func aShortJobPasses() {
        var h = Self.blocked()
        #expect(h.submit(2, members: 2, gpus: 8, change: Self.lasting(100)).started == [2])
    }

    @Test func aLongJobPassesOnNodesThatAreNotNeeded() {
        var h = Self.blocked()
        #expect(h.submit(2, gpus: 8, change: Self.lasting(1000)).started == [2])
    }

    @Test func aLongJobThatWouldDelayWaits() {
        var h = Self.blocked()
        let refused = h.submit(2, members: 2, gpus: 8, change: Self.lasting(101))
        #expect(refused.started == [])
        #expect(refused.refusal?.code == .reservation)
        #expect(refused.refusal?.job == JobID(1))
        h.seconds = 100
        #expect(h.finish(0).started == [1])
    }

    @Test func aJobOfUnknownLengthPassesOnlyBesideTheReservation() {
        var h = Self.blocked()
        #expect(h.submit(2, members: 2, gpus: 8).started == [])
        #expect(h.submit(3, gpus: 8).started == [3])
    }

    @Test func nothingPassesWhenEndsAreUnknown() {
        var h = Harness(.uniform(nodes: 4, devices: 8, groups: []), policy: Self.easy)
        h.submit(0, members: 2, gpus: 8)
        h.submit(1, members: 3, gpus: 8)
        #expect(h.submit(2, gpus: 8, change: Self.lasting(1)).started == [])
    }

    @Test func jobsThatEndTogetherAreOneMoment() {
        var h = Harness(.uniform(nodes: 2, devices: 8, groups: []), policy: Self.easy)
        h.submit(0, gpus: 8, change: Self.lasting(100))
        h.submit(1, gpus: 8, change: Self.lasting(100))
        h.submit(2, members: 2, gpus: 8, change: Self.lasting(10))
        h.submit(3, gpus: 8, change: Self.lasting(60))
        h.seconds = 100
        #expect(h.finish(0).started == [], "node 0 is due to job 2 at this very moment")
        #expect(h.finish(1).started == [2])
    }

    @Test func theFreePartOfAReservedDeviceIsKept() {
        var h = Harness(.uniform(nodes: 1, devices: 1, groups: []), policy: Self.easy)
        func part(_ milli: Int32, _ seconds: Int64) -> (inout JobSpec) -> Void {
            { spec in
                spec.roles[0].request.deviceMilli = milli
                spec.expectedDuration = .seconds(seconds)
            }
        }
        h.submit(0, change: part(600, 100))
        h.submit(1, change: part(700, 10))
        #expect(h.submit(2, change: part(400, 1000)).started == [], "600 + 400 < 700 at 100")
        #expect(h.submit(3, change: part(300, 1000)).started == [3])
        h.seconds = 100
        #expect(h.finish(0).started == [1])
    }

    @Test func anOverrunPushesTheReservationBack() {
        var h = Self.blocked()
        h.seconds = 150
        #expect(h.submit(2, members: 2, gpus: 8, change: Self.lasting(50)).started == [2])
        #expect(h.engine.headReservation?.due == .seconds(200))
    }

    @Test func theFirstIsNeverDelayed() {
        var reserved = 0
        var passed = 0
        for seed in UInt64(0)..<(150 * Effort.factor) {
            var run = ExactRun(seed: seed)
            run.play()
            reserved += run.reserved
            passed += run.passed
            guard let complaint = run.complaint else { continue }
            Issue.record("seed \(seed): \(complaint)")
            return
        }
        #expect(reserved > 400 && passed > 100, "reserved \(reserved), passed \(passed)")
    }
}

/// A run in which every job lasts as long as it said.
private struct ExactRun {
    var engine: Engine
    var world: SmallWorld
    var random: SplitMix
    var now: Int64 = 0
    var running: [(end: Int64, job: JobID, attempt: Attempt)] = []
    var specs: [JobSpec] = []
    /// The first that waits, with the latest time at which it must start.
    var head: (job: JobID, due: Instant)?
    var reserved = 0
    var passed = 0
    var complaint: String?

    init(seed: UInt64) {
        world = SmallWorld(seed: seed, roles: false)
        random = SplitMix(seed: seed &+ 5)
        engine = Engine(topology: world.topology, policy: Policy(queueOrder: .easy))
        let healthy = world.nodes.map { node in
            var node = node
            node.unhealthyDevices = 0
            return node
        }
        apply(.setTenants(world.tenants))
        apply(.addNodes(healthy))
    }

    mutating func play() {
        var nextArrival: Int64 = 0
        while complaint == nil, specs.count < 25 || !running.isEmpty {
            let end = running.map(\.end).min() ?? .max
            if specs.count < 25, nextArrival < end {
                now = nextArrival
                nextArrival += Int64(random.below(4))
                submit()
            } else {
                guard end != .max else { return }
                now = end
                let due = running.indices.filter { running[$0].end == end }
                let ending = running.remove(at: due[random.below(due.count)])
                apply(.finish(ending.job, ending.attempt))
            }
            follow()
        }
    }

    private mutating func submit() {
        var spec = world.makeJob(id: JobID(specs.count), at: .seconds(now))
        spec.priority = 0
        spec.held = false
        spec.dependencies = []
        (spec.timeLimit, spec.notBefore) = (nil, nil)
        spec.expectedDuration = .seconds(Int64(1 + random.below(20)))
        specs.append(spec)
        apply(.submit(spec))
    }

    private mutating func apply(_ input: Input) {
        var answer: [Directive] = []
        engine.apply(input, at: .seconds(now), into: &answer)
        if let fault = engine.checkInvariants().first { complaint = fault }
        for case .start(let job, let attempt, _) in answer {
            if job == head?.job {
                if let due = head?.due, due < .seconds(now) {
                    complaint =
                        "job \(job) started at \(now), due \(due.nanoseconds / 1_000_000_000)"
                }
                head = nil
            } else if head != nil {
                passed += 1
            }
            let span = specs[job.index].expectedDuration?.wholeSeconds ?? 0
            running.append((now + span, job, attempt))
        }
    }

    /// Finds when a new first job would start if nothing passed it, by playing it on a copy.
    private mutating func follow() {
        guard let reservation = engine.headReservation else { return }
        let waiting = engine.jobs.slots.compactMap { $0 }.filter { $0.phase == .queued }
        guard let first = waiting.first(where: { $0.order == reservation.order }) else {
            complaint = "a reservation for a job that does not wait"
            return
        }
        guard head?.job != first.spec.id else { return }
        reserved += 1
        var alone = engine
        var ignored: [Directive] = []
        for other in waiting where other.order != reservation.order {
            alone.apply(.cancel(other.spec.id), at: .seconds(now), into: &ignored)
        }
        for ending in running.sorted(by: { ($0.end, $0.job) < ($1.end, $1.job) }) {
            var answer: [Directive] = []
            let input = Input.finish(ending.job, ending.attempt)
            alone.apply(input, at: .seconds(ending.end), into: &answer)
            guard answer.started.contains(first.spec.id.index) else { continue }
            head = (first.spec.id, .seconds(ending.end))
            if reservation.due != .seconds(ending.end) {
                complaint = "due \(reservation.due), alone it starts at \(ending.end)"
            }
            return
        }
        complaint = "job \(first.spec.id) has a reservation but never starts"
    }
}
