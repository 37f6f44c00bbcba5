import FleetModel

/// Runs a plan: every large gang must start within its bound, and everything must end.
public struct LivenessRun<Subject: FuzzSubject> {
    /// The promise that was broken, if one was.
    public private(set) var failure: FuzzFailure?
    /// Inputs given.
    public private(set) var steps = 0
    /// What the engine was brought to.
    public var counts: SometimesCounts {
        var counts = book.counts
        CaseRun<Subject>.addCounters(subject.counters, to: &counts)
        return counts
    }

    /// A large gang that has not started yet.
    private struct Waiting {
        var job: JobID
        var since: Instant
        /// Gangs, outages and rounds of work that may come before it.
        var rounds: Int
        var outages: TimeSpan
    }

    private let plan: LivenessPlan
    private let items: [LivenessPlan.Item]
    private var subject: Subject
    private var book: WorldBook
    private var pending = PendingInputs()
    private var runs: [JobID: TimeSpan] = [:]
    private var waiting: [Waiting] = []
    private var broken = 0
    private var brokenSince = Instant.zero
    private var now = Instant.zero
    private let onStep: (FuzzStep) -> Void

    /// Prepares a run of some of the plan's items, in their order.
    public init(
        _: Subject.Type, plan: LivenessPlan, items: [LivenessPlan.Item],
        onStep: @escaping (FuzzStep) -> Void = { _ in }
    ) {
        self.plan = plan
        self.items = items
        self.onStep = onStep
        subject = Subject(topology: plan.setup.topology, policy: plan.setup.policy)
        book = WorldBook(setup: plan.setup)
    }

    /// Runs it to its end or to its first failure.
    public mutating func run() {
        give(.setTenants(plan.tenants))
        give(.addNodes(plan.nodes))
        let most = 2000 + 100 * items.count
        var place = 0
        var isHealed = false
        while failure == nil {
            if steps > most { return fail(.liveness, "the fleet does not come to rest") }
            let next = place < items.count ? items[place].at : .never
            if let due = pending.due, due <= next, due < StepSource.endOfTime,
                let event = pending.next()
            {
                now = max(now, event.due)
                give(event.input)
            } else if place < items.count {
                now = max(now, items[place].at)
                happen(items[place].event)
                place += 1
            } else if !isHealed {
                isHealed = true
                heal()
            } else {
                break
            }
        }
        guard failure == nil else { return }
        if let left = book.open.first { fail(.liveness, "job \(left) never ends") }
    }

    /// Brings back what no event does: a shortened plan may lack a repair.
    private mutating func heal() {
        give(.addNodes(plan.nodes.filter { !book.isPresent($0.id) }))
        for node in plan.nodes {
            give(.resume(node.id))
            give(.setDeviceHealth(node.id, unhealthy: 0))
        }
    }

    private mutating func happen(_ event: LivenessPlan.Event) {
        switch event {
        case .arrival(let spec, let run):
            runs[spec.id] = run
            if spec.minimumMembers >= plan.largeMembers { expect(spec) }
            give(.submit(spec))
        case .outage(let input):
            if broken == 0 { brokenSince = now }
            broken += 1
            for index in waiting.indices { waiting[index].rounds += 1 }
            give(input)
        case .repair(let input):
            broken = max(0, broken - 1)
            for index in waiting.indices {
                let since = max(brokenSince, waiting[index].since)
                waiting[index].outages = waiting[index].outages + (now - since)
            }
            give(input)
        }
    }

    private mutating func expect(_ spec: JobSpec) {
        var ahead: Int64 = 0
        var gangs = 0
        for id in book.open {
            guard let job = book.jobs[id], job.phase == .waiting else { continue }
            let isLarge = job.spec.minimumMembers >= plan.largeMembers
            if isLarge { gangs += 1 } else { ahead += job.spec.minimumGPUMilli }
        }
        let fleet = Int64(plan.devices) * 1000
        let work = 2 * Int((ahead + fleet - 1) / fleet)
        waiting.append(
            Waiting(
                job: spec.id, since: now, rounds: 2 + gangs + work + broken, outages: .zero))
        // Gangs that come later may be served earlier, once each.
        for index in waiting.indices.dropLast() { waiting[index].rounds += 1 }
    }

    private mutating func give(_ input: Input) {
        steps += 1
        let step = FuzzStep(at: now, input: input)
        onStep(step)
        var answer: [Directive] = []
        subject.apply(input, at: now, into: &answer)
        book.note(step, answer)
        book.noteEvictors(answer, of: subject)
        for directive in answer { obey(directive) }
        if let complaint = book.complaints.first {
            fail(.contract, complaint)
        } else if let pair = book.evictions.mutual {
            fail(.mutualEviction, "jobs \(pair.evictor) and \(pair.victim) evicted each other")
        } else if steps % 16 == 0, let wrong = subject.checkInvariants().first {
            fail(.invariant, wrong)
        }
        checkBounds()
    }

    private mutating func checkBounds() {
        for gang in waiting {
            var outages = gang.outages
            if broken > 0 { outages = outages + (now - max(brokenSince, gang.since)) }
            let bound = plan.bound(rounds: gang.rounds, outages: outages)
            guard now - gang.since > bound else { continue }
            fail(
                .liveness,
                "job \(gang.job), a gang that the fleet could hold, waits since "
                    + "\(StepText.seconds(gang.since.nanoseconds)), longer than its bound of "
                    + "\(gang.rounds) rounds: \(StepText.seconds(bound.nanoseconds))")
        }
    }

    private mutating func obey(_ directive: Directive) {
        switch directive {
        case .start(let job, let attempt, _):
            waiting.removeAll { $0.job == job }
            pending.add(.confirmStart(job, attempt), at: now + plan.delay)
            pending.add(
                .finish(job, attempt), at: now + plan.delay + (runs[job] ?? plan.longest))
        case .stop(let job, let attempt, _):
            pending.add(.confirmStop(job, attempt), at: now + plan.delay)
        case .shrink(let job, let attempt, let resize, _):
            pending.add(.confirmShrink(job, attempt, resize), at: now + plan.delay)
        case .wake(let time, let token): pending.add(.wake(token: token), at: time)
        case .wait, .requeue, .end, .reject, .grow, .estimate: break
        }
    }

    private mutating func fail(_ kind: FailureKind, _ message: String) {
        if failure == nil { failure = FuzzFailure(kind: kind, message: message, step: steps) }
    }
}

extension StepText {
    /// One item of a plan on one line.
    public static func line(_ item: LivenessPlan.Item) -> String {
        let what =
            switch item.event {
            case .arrival(let spec, let run):
                text(.submit(spec)) + ", runs \(seconds(run.nanoseconds))"
            case .outage(let input), .repair(let input): text(input)
            }
        return "\(seconds(item.at.nanoseconds))  \(what)"
    }
}
