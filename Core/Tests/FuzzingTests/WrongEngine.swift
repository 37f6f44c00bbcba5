import FleetModel
import Fuzzing
import Scheduler

/// An engine that forgets in its answers what a driver relies on: it starts its third gang and
/// later ones one attempt too high.
struct WrongAttempts: FuzzSubject {
    private var engine: Engine
    private var starts = 0

    init(topology: Topology, policy: Policy) {
        engine = Engine(topology: topology, policy: policy)
    }

    mutating func apply(_ input: Input, at now: Instant, into directives: inout [Directive]) {
        var answer: [Directive] = []
        engine.apply(input, at: now, into: &answer)
        for directive in answer {
            guard case .start(let job, let attempt, let members) = directive else {
                directives.append(directive)
                continue
            }
            starts += 1
            let shown = starts < 3 ? attempt : Attempt(attempt.rawValue + 1)
            directives.append(.start(job, shown, members))
        }
    }

    func checkInvariants() -> [String] { engine.checkInvariants() }
    func evictors(of id: JobID) -> [JobID] { engine.evictors(of: id) }
    func stateHash() -> UInt64 { engine.stateHash() }
    var counters: WorkCounters { engine.counters }
}

/// An engine that never hears that a job was cancelled, and says that its state is broken once a
/// node was drained while two jobs wait.
struct WrongState: FuzzSubject {
    private var engine: Engine
    private var isBroken = false

    init(topology: Topology, policy: Policy) {
        engine = Engine(topology: topology, policy: policy)
    }

    mutating func apply(_ input: Input, at now: Instant, into directives: inout [Directive]) {
        if case .drain = input, engine.waitingJobs >= 2 { isBroken = true }
        engine.apply(input, at: now, into: &directives)
    }

    func checkInvariants() -> [String] {
        engine.checkInvariants() + (isBroken ? ["drained while two waited"] : [])
    }
    func evictors(of id: JobID) -> [JobID] { engine.evictors(of: id) }
    func stateHash() -> UInt64 { engine.stateHash() }
    var counters: WorkCounters { engine.counters }
}

/// An engine that gives other answers to the same inputs every second time that one is made.
struct WrongMemory: FuzzSubject {
    private var engine: Engine
    private var inputs: UInt64 = 0
    nonisolated(unsafe) private static var made: UInt64 = 0
    private let number: UInt64

    init(topology: Topology, policy: Policy) {
        engine = Engine(topology: topology, policy: policy)
        WrongMemory.made += 1
        number = WrongMemory.made
    }

    mutating func apply(_ input: Input, at now: Instant, into directives: inout [Directive]) {
        engine.apply(input, at: now, into: &directives)
    }

    func checkInvariants() -> [String] { engine.checkInvariants() }
    func evictors(of id: JobID) -> [JobID] { engine.evictors(of: id) }
    func stateHash() -> UInt64 { engine.stateHash() &+ number }
    var counters: WorkCounters { engine.counters }
}

/// An engine that names as the one that a gang was stopped for whoever came last.
struct WrongEvictors: FuzzSubject {
    private var engine: Engine
    private var last = JobID(0)

    init(topology: Topology, policy: Policy) {
        engine = Engine(topology: topology, policy: policy)
    }

    mutating func apply(_ input: Input, at now: Instant, into directives: inout [Directive]) {
        engine.apply(input, at: now, into: &directives)
        for case .start(let job, _, _) in directives { last = job }
    }

    func checkInvariants() -> [String] { engine.checkInvariants() }
    func evictors(of id: JobID) -> [JobID] { engine.evictors(of: id).map { _ in last } }
    func stateHash() -> UInt64 { engine.stateHash() }
    var counters: WorkCounters { engine.counters }
}

/// An engine in whose memory two jobs evict each other: it names the victim of the last stop.
struct WrongTurns: FuzzSubject {
    private var engine: Engine
    private var pairs: [JobID: [JobID]] = [:]

    init(topology: Topology, policy: Policy) {
        engine = Engine(topology: topology, policy: policy)
    }

    mutating func apply(_ input: Input, at now: Instant, into directives: inout [Directive]) {
        let before = directives.count
        engine.apply(input, at: now, into: &directives)
        for case .stop(let job, _, .preemption) in directives[before...] {
            let real = engine.evictors(of: job).last
            // Whoever made way for this one before is said to be the one that it makes way for.
            let back = real.flatMap { evictor in
                pairs.keys.sorted().first { $0 != evictor && pairs[$0]?.last == job }
            }
            pairs[job, default: []].append(back ?? real ?? job)
        }
    }

    func checkInvariants() -> [String] { engine.checkInvariants() }
    func evictors(of id: JobID) -> [JobID] { pairs[id] ?? [] }
    func stateHash() -> UInt64 { engine.stateHash() }
    var counters: WorkCounters { engine.counters }
}
