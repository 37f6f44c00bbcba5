import FleetModel

/// One torture case: a random fleet, and a row of random inputs that goes on from what the engine
/// answered.
public struct CaseRun<Subject: FuzzSubject> {
    /// What the engine was made of.
    public let setup: FuzzSetup
    /// Everything that it was told.
    public private(set) var steps: [FuzzStep] = []
    /// What it was brought to.
    public var counts: SometimesCounts {
        var counts = book.counts
        CaseRun.addCounters(subject.counters, to: &counts)
        return counts
    }
    /// The promise that it broke, if it broke one.
    public private(set) var failure: FuzzFailure?

    private var subject: Subject
    private var source: StepSource
    private var book: WorldBook
    private var digest = DirectiveDigest()
    private let length: Int
    private let checksReplay: Bool
    private let settles: Bool
    private var stopsAt: Int?

    /// A case that is all in its seed. `order` sets the queue order instead of drawing it, and
    /// `longest` bounds its steps before it settles.
    public init(
        _: Subject.Type, seed: UInt64, order: QueueOrder? = nil, longest: Int = 1200
    ) {
        source = StepSource(seed: seed, order: order)
        setup = source.fleet.setup
        subject = Subject(topology: setup.topology, policy: setup.policy)
        book = WorldBook(setup: setup)
        var random = SplitMix(seed: SplitMix.mix(seed &+ 4))
        let usual = [40, 150, 400, 1200][random.below(4)]
        length = min(longest, source.fleet.isLarge ? 1200 : usual)
        checksReplay = random.below(4) == 0
        settles = random.below(2) == 0
    }

    /// Runs it to its end or to its first failure. `onStep` is told of every step before it is
    /// taken, so that a caller can say where a trap was.
    public mutating func run(onStep: (FuzzStep) -> Void = { _ in }) {
        while failure == nil, steps.count < length {
            take(source.next(book), onStep)
        }
        if failure == nil { checkInvariants() }
        if failure == nil, settles { settle(onStep) }
        if failure == nil, checksReplay { checkReplay() }
    }

    /// Runs it up to a step, which is put on the list but not taken: the one that traps.
    public mutating func runUp(to step: Int) {
        stopsAt = step
        run()
    }

    private mutating func take(_ step: FuzzStep, _ onStep: (FuzzStep) -> Void) {
        onStep(step)
        steps.append(step)
        if steps.count == stopsAt {
            return fail(.contract, "stopped before its last step was taken")
        }
        var answer: [Directive] = []
        subject.apply(step.input, at: step.at, into: &answer)
        for directive in answer { digest.add(directive) }
        book.note(step, answer)
        book.noteEvictors(answer, of: subject)
        source.note(answer)
        if let complaint = book.complaints.first {
            fail(.contract, complaint)
        } else if let pair = book.evictions.mutual {
            fail(.mutualEviction, "jobs \(pair.evictor) and \(pair.victim) evicted each other")
        } else if !source.fleet.isLarge || steps.count % 32 == 0 {
            checkInvariants()
        }
    }

    private mutating func checkInvariants() {
        if let broken = subject.checkInvariants().first { fail(.invariant, broken) }
    }

    private mutating func fail(_ kind: FailureKind, _ message: String) {
        if failure == nil {
            failure = FuzzFailure(kind: kind, message: message, step: steps.count)
        }
    }

    /// Heals everything and lets the fleet come to rest: then nothing may wait that could start.
    private mutating func settle(_ onStep: (FuzzStep) -> Void) {
        source.isSettling = true
        for input in source.healing(book) {
            guard failure == nil else { return }
            take(FuzzStep(at: source.now, input: input), onStep)
        }
        // Reviews and estimates go on for as long as something runs.
        let most = 400 + 80 * book.open.count
        var (acts, wakes) = (0, 0)
        while failure == nil, let step = source.nextDue() {
            take(step, onStep)
            if case .wake = step.input { wakes += 1 } else { acts += 1 }
            if acts > most || wakes > 20 * most {
                if book.open.contains(where: { book.jobs[$0]?.isPlaced == true }) {
                    fail(.liveness, "the fleet does not come to rest without new work")
                }
                return
            }
        }
        guard failure == nil else { return }
        checkInvariants()
        book.counts.note(.settled)
        if let lost = RestCheck.lostJob(in: book, setup: setup, Subject.self) {
            let isForgotten = RestCheck.startsWhenNudged(lost, subject, in: book)
            // Several roles are placed one by one, by what the past made likely: another past
            // may find a place that this one misses.
            if !isForgotten, book.jobs[lost]?.spec.roles.count ?? 0 > 1 {
                return book.counts.note(.placeMissed)
            }
            fail(
                .liveness,
                "job \(lost) waits in an empty fleet in which it could run"
                    + (isForgotten ? ", and starts when it is looked at again" : ""))
        }
    }

    /// Tells a new engine the same and compares.
    private mutating func checkReplay() {
        var second = Subject(topology: setup.topology, policy: setup.policy)
        var other = DirectiveDigest()
        var answer: [Directive] = []
        for step in steps {
            answer.removeAll(keepingCapacity: true)
            second.apply(step.input, at: step.at, into: &answer)
            for directive in answer { other.add(directive) }
        }
        book.counts.note(.replayed)
        if other.digest != digest.digest { fail(.replay, "the directives differ") }
        if second.stateHash() != subject.stateHash() { fail(.replay, "the states differ") }
    }
}

/// What must hold when nothing runs any more and everything is whole.
enum RestCheck {
    /// A job that waits although a new engine starts it at once when it is alone there.
    ///
    /// Under a strict order the first in line may keep others waiting for good reasons, so that
    /// only a job that is alone is judged. Jobs with a suspect node are not judged.
    static func lostJob<Subject: FuzzSubject>(
        in book: WorldBook, setup: FuzzSetup, _: Subject.Type
    ) -> JobID? {
        let waiting = book.open.filter { isFree($0, in: book) }
        if setup.policy.queueOrder == .fifo || setup.policy.queueOrder == .easy, waiting.count > 1 {
            return nil
        }
        guard !book.open.contains(where: { book.jobs[$0]?.isPlaced == true }) else { return nil }
        return waiting.first { id in
            guard let job = book.jobs[id], job.suspects.isEmpty else { return false }
            return starts(job.spec, in: book, setup: setup, Subject.self)
        }
    }

    /// Whether the job starts when every node is drained and resumed, which should change nothing.
    static func startsWhenNudged<Subject: FuzzSubject>(
        _ job: JobID, _ subject: Subject, in book: WorldBook
    ) -> Bool {
        var subject = subject
        var answer: [Directive] = []
        for case .some(let node) in book.nodes where node.isPresent {
            subject.apply(.drain(node.spec.id), at: book.now, into: &answer)
            subject.apply(.resume(node.spec.id), at: book.now, into: &answer)
        }
        return answer.contains { if case .start(job, _, _) = $0 { true } else { false } }
    }

    private static func isFree(_ id: JobID, in book: WorldBook) -> Bool {
        guard let job = book.jobs[id], job.phase == .waiting, !job.isHeld else { return false }
        if let time = job.spec.notBefore, time > book.now { return false }
        return job.spec.dependencies.allSatisfy { book.jobs[$0.job]?.outcome != nil }
    }

    private static func starts<Subject: FuzzSubject>(
        _ known: JobSpec, in book: WorldBook, setup: FuzzSetup, _: Subject.Type
    ) -> Bool {
        var spec = known
        spec.dependencies = []
        spec.held = false
        spec.notBefore = nil
        if case .relaxing(_, _, let then) = spec.topology.preference {
            spec.topology.preference = then.map { .required($0) } ?? .closest
        }
        var alone = Subject(topology: setup.topology, policy: setup.policy)
        var answer: [Directive] = []
        let nodes = book.nodes.compactMap { $0?.isPresent == true ? $0?.spec : nil }
        alone.apply(.setTenants(book.tenants), at: book.now, into: &answer)
        alone.apply(
            .addNodes(
                nodes.map { node in
                    var node = node
                    node.unhealthyDevices = 0
                    return node
                }), at: book.now, into: &answer)
        alone.apply(.submit(spec), at: book.now, into: &answer)
        return answer.contains { if case .start = $0 { true } else { false } }
    }
}
