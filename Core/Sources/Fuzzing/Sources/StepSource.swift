import FleetModel

/// The simulated world: obeys directives after random delays, and in between draws what users,
/// operators and broken hardware do.
struct StepSource {
    let fleet: FleetSource
    var random: SplitMix
    var tenantSource: FleetSource
    var jobs: JobSource
    var now = Instant.zero
    var nextJob = 0
    var absent: [NodeSpec] = []
    private var prelude: [Input]
    private(set) var pending = PendingInputs()
    private var changes: ChangeSteps
    private let mostOpen: Int
    /// One input in so many makes no sense; zero for none.
    private let hostility: Int
    private let faultRate: Int
    private let longestRun: Int
    /// Later than anything that a driver sends.
    static let endOfTime = Instant.seconds(FleetLimits.seconds)
    /// Whether new work, faults and nonsense are over.
    var isSettling = false

    init(seed: UInt64, order: QueueOrder?) {
        fleet = FleetSource(seed: SplitMix.mix(seed &+ 1), order: order)
        random = SplitMix(seed: SplitMix.mix(seed &+ 2))
        tenantSource = fleet
        jobs = JobSource(seed: SplitMix.mix(seed &+ 3), fleet: fleet)
        changes = ChangeSteps(seed: SplitMix.mix(seed &+ 6))
        mostOpen = fleet.isLarge ? 60 + random.below(300) : 4 + random.below(40)
        hostility = [0, 8, 20, 60][random.below(4)]
        faultRate = [0, 4, 12, 25][random.below(4)]
        longestRun = [3, 20, 100][random.below(3)]
        prelude = [.addNodes(fleet.nodes), .setTenants(fleet.tenants)]
    }

    /// The next step, given what the world has seen so far.
    mutating func next(_ book: WorldBook) -> FuzzStep {
        if let input = prelude.popLast() { return FuzzStep(at: now, input: input) }
        let later = now + pause()
        if let due = pending.due, due <= later, random.below(8) > 0 || isSettling {
            if let event = pending.next() {
                now = max(now, event.due)
                return FuzzStep(at: now, input: event.input)
            }
        }
        now = max(now, min(later, pending.due ?? later))
        if !isSettling, let input = changes.next(book, fleet, &jobs, at: now, &pending) {
            return FuzzStep(at: now, input: input)
        }
        if hostility > 0, random.below(hostility) == 0 {
            let back = TimeSpan.seconds(-Int64(random.below(3)) * fleet.unitSeconds)
            return FuzzStep(
                at: random.below(4) == 0 ? now + back : now, input: hostileInput(book))
        }
        return FuzzStep(at: now, input: action(book))
    }

    /// The next thing that is due, whenever that is; nil when nothing is.
    mutating func nextDue() -> FuzzStep? {
        // No driver lives to see what is due at the end of time.
        guard let due = pending.due, due < StepSource.endOfTime, let event = pending.next() else {
            return nil
        }
        now = max(now, event.due)
        return FuzzStep(at: now, input: event.input)
    }

    private mutating func pause() -> TimeSpan {
        let unit = fleet.unitSeconds * 1_000_000_000
        switch random.below(24) {
        case 0..<8: return .zero
        case 8..<14: return TimeSpan(nanoseconds: Int64(random.below(Int(unit))))
        case 14..<22: return TimeSpan(nanoseconds: Int64(random.below(Int(unit) * 6)))
        case 22: return TimeSpan(nanoseconds: Int64(random.below(Int(unit) * 200)))
        default:
            return random.below(8) == 0
                ? .seconds(Int64(random.below(5 * 86_400))) : .seconds(fleet.unitSeconds)
        }
    }

    /// A delay of the backend: mostly short, now and then long.
    mutating func delay() -> TimeSpan {
        let unit = Int(fleet.unitSeconds) * 1_000_000_000
        switch random.below(8) {
        case 0...2: return .zero
        case 3...6: return TimeSpan(nanoseconds: Int64(random.below(unit)))
        default: return TimeSpan(nanoseconds: Int64(random.below(unit * 20)))
        }
    }

    /// Takes note of what the engine asked for.
    mutating func note(_ directives: [Directive]) {
        for directive in directives {
            switch directive {
            case .start(let job, let attempt, _):
                let up = now + delay()
                pending.add(.confirmStart(job, attempt), at: up)
                let run = TimeSpan.seconds(fleet.unitSeconds * Int64(1 + random.below(longestRun)))
                let fails = !isSettling && random.below(12) == 0
                pending.add(
                    fails ? .fail(job, attempt, .application) : .finish(job, attempt),
                    at: up + run)
            case .stop(let job, let attempt, _):
                pending.add(.confirmStop(job, attempt), at: now + delay())
                if random.below(20) == 0 {
                    pending.add(.confirmStop(job, attempt), at: now + delay())
                }
            case .shrink(let job, let attempt, let resize, _):
                pending.add(.confirmShrink(job, attempt, resize), at: now + delay())
            case .wake(let time, let token):
                let isLate = random.below(16) == 0
                pending.add(.wake(token: token), at: isLate ? time + delay() : time)
                if random.below(32) == 0 { pending.add(.wake(token: token), at: time + delay()) }
            case .wait(let job, let refusal):
                // What can never start would crowd out everything else.
                if refusal.code == .pool, random.below(4) > 0 {
                    pending.add(.cancel(job), at: now + delay())
                }
            case .requeue, .end, .reject, .grow, .estimate: break
            }
        }
    }

    private mutating func action(_ book: WorldBook) -> Input {
        let draw = random.below(100)
        if draw < faultRate { return nodeInput(book) }
        if book.open.count < mostOpen, draw < 70 { return submission() }
        switch random.below(32) {
        case 0..<8: if let job = pick(book, .running) { return .finish(job.0, job.1) }
        case 8..<11:
            let cause = FailureCause.allCases[random.below(4)]
            if let job = pick(book, .running) { return .fail(job.0, job.1, cause) }
        case 11..<14:
            if let job = pick(book, .running), let member = book.jobs[job.0]?.members.first {
                return .failOn(
                    job.0, job.1, random.below(2) == 0 ? .node : .device, suspect: member.node)
            }
        case 14..<18: if let job = pick(book, .running) { return .checkpointed(job.0, job.1) }
        case 18..<20: return .cancel(anyJob(book))
        case 20..<22: return .hold(anyJob(book))
        case 22..<26: return .release(anyJob(book))
        case 26..<28: if let job = pick(book, .stopping) { return .confirmStop(job.0, job.1) }
        case 28:
            return .suspect(anyJob(book), NodeID(random.below(fleet.nodes.count)))
        case 29: return .setTenants(tenantSource.makeTenants(like: fleet.tenants))
        default: return nodeInput(book)
        }
        return book.open.count < 2 * mostOpen ? submission() : .cancel(anyJob(book))
    }

    private mutating func submission() -> Input {
        nextJob += 1
        var spec = jobs.next(id: JobID(nextJob - 1), at: now)
        changes.rule(&spec)
        guard random.below(16) == 0 else { return .submit(spec) }
        let suspects = (0...random.below(3)).map { _ in NodeID(random.below(fleet.nodes.count)) }
        return .resubmit(spec, suspects: suspects)
    }

    mutating func anyJob(_ book: WorldBook) -> JobID {
        if !book.open.isEmpty, random.below(8) > 0 {
            return book.open[random.below(book.open.count)]
        }
        return JobID(random.below(nextJob + 1))
    }

    private mutating func pick(
        _ book: WorldBook, _ phase: BookJob.Phase
    ) -> (JobID, Attempt)? {
        guard !book.open.isEmpty else { return nil }
        let first = random.below(book.open.count)
        for offset in 0..<min(book.open.count, 16) {
            let id = book.open[(first + offset) % book.open.count]
            if let job = book.jobs[id], job.phase == phase { return (id, Attempt(job.attempt)) }
        }
        return nil
    }
}
