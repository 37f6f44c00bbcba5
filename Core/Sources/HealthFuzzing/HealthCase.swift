import FleetModel
import Health

/// One torture case: a random world around a health engine, judged by a book of its own.
public struct HealthCase {
    /// Everything that the engine was told.
    public private(set) var steps: [HealthStep] = []
    /// The promise that it broke, if it broke one.
    public private(set) var failure: String?
    /// What it was brought to.
    public var counts: HealthSometimesCounts { book.counts }

    private var engine: HealthEngine
    private var source: HealthSource
    private var book: HealthBook
    let policy: HealthPolicy
    private let length: Int
    private let checksEvery: Int
    private let restores: Bool
    private let mishearing: Mishearing?
    private var crash: SplitMix

    /// A case that is all in its seed. One that `restores` is cut now and then: the engine is
    /// restored from its snapshot, and what was asked for last is lost.
    public init(
        seed: UInt64, length: Int, restores: Bool = false, mishearing: Mishearing? = nil
    ) {
        policy = HealthSource.policy(seed: seed)
        engine = HealthEngine(policy: mishearing?.policy(policy) ?? policy)
        self.mishearing = mishearing
        source = HealthSource(seed: seed)
        book = HealthBook(policy: policy, innocent: source.innocent)
        crash = SplitMix(seed: SplitMix.mix(seed &+ 4711))
        self.length = length
        self.restores = restores
        checksEvery = 16
    }

    /// Runs it to its end or to its first failure, then lets everything come right.
    public mutating func run() {
        while failure == nil, steps.count < length {
            let step = source.next(book)
            take(HealthStep(at: step.at, input: source.spared(step.input)))
            if restores, crash.below(40) == 0 { cut() }
        }
        if failure == nil { settle() }
        if failure == nil, !restores { replay() }
    }

    private mutating func take(_ step: HealthStep) {
        steps.append(step)
        var answer: [HealthDirective] = []
        book.note(step)
        let heard = mishearing?.input(step.input) ?? step.input
        engine.apply(heard, at: step.at, into: &answer)
        book.note(answer, to: step.input)
        book.compare(with: engine)
        if source.isHonest { judge(answer) }
        if let complaint = book.complaints.first { return fail(complaint) }
        if steps.count % checksEvery == 0, let broken = engine.checkInvariants().first {
            fail(broken)
        }
    }

    /// Where only one node cannot reach others, or rules forbid it to all, nobody else is blamed.
    private mutating func judge(_ answer: [HealthDirective]) {
        for case .tell(.unreachable(let id, _)) in answer where id != source.wasDead {
            fail("node \(id) is blamed for what it could not help")
        }
    }

    private mutating func fail(_ text: String) {
        if failure == nil { failure = "step \(steps.count): \(text)" }
    }

    /// The control plane dies: the engine comes back from its snapshot, and goes on as it would
    /// have.
    private mutating func cut() {
        do throws(DiagnosticList) {
            let restored = try HealthEngine.restored(from: engine.snapshot)
            guard restored.stateHash() == engine.stateHash() else {
                return fail("a restored engine is in another state")
            }
            guard restored.snapshot == engine.snapshot else {
                return fail("a restored engine has another snapshot")
            }
            engine = restored
            book.counts.note(.restored)
        } catch {
            return fail("not restored: \(error.diagnostics.first?.message ?? "")")
        }
        var answer: [HealthDirective] = []
        let step = HealthStep(at: source.wall, input: .resumed)
        steps.append(step)
        book.note(step)
        engine.apply(step.input, at: step.at, into: &answer)
        // Everything outstanding is asked for once more, under the same id.
        for id in book.outstanding {
            let isAsked = answer.contains {
                switch $0 {
                case .qualify(_, id, _, _, _), .repair(_, id, _, _), .restack(_, id, _),
                    .pair(_, id, _, _):
                    true
                default: false
                }
            }
            if !isAsked, engine.operations.contains(where: { $0.id == id }) {
                fail("operation \(id.rawValue) was forgotten")
            }
        }
        checkStates(answer)
        book.note(answer, to: step.input)
        book.compare(with: engine)
        if let complaint = book.complaints.first { fail(complaint) }
    }

    /// The state that every node is to be in is told again, cordons and devices.
    private mutating func checkStates(_ answer: [HealthDirective]) {
        for (id, node) in book.nodes.sorted(by: { $0.key < $1.key }) {
            let isTold = answer.contains {
                switch $0 {
                case .cordon(id), .drain(id, _): node.isCordoned
                case .uncordon(id): !node.isCordoned
                default: false
                }
            }
            if !isTold { fail("node \(id): nobody is told whether it takes work") }
        }
    }

    /// From here on everything goes well: whatever can come back has to, or say why not.
    private mutating func settle() {
        (source.dead, source.isForbidden) = (nil, false)
        // Where nobody reached anybody it is a day until somebody tries again.
        let wasMute = engine.reaches.contains { $0.isMute }
        for index in 0..<source.names {
            let node = NodeID(index)
            for statement in [Statement.forgiveAttempts, .test, .reinstate] {
                take(HealthStep(at: source.wall, input: .stated(node, statement)))
            }
            take(
                HealthStep(
                    at: source.wall, input: .occupied(node, devices: 0, isBusy: false)))
        }
        for round in 0..<400 where failure == nil {
            let wall = source.wall + .seconds(900)
            source.wall = wall
            for breaker in book.tripped {
                take(HealthStep(at: wall, input: .resetBreaker(breaker)))
            }
            for id in book.outstanding {
                guard let ask = book.asked[id] else { continue }
                take(HealthStep(at: wall, input: source.right(id, ask)))
            }
            take(HealthStep(at: wall, input: .wake(token: 0)))
            if wasMute, round == 100 {
                for index in 0..<source.names {
                    take(HealthStep(at: wall, input: .stated(NodeID(index), .test)))
                }
            }
            if round > (wasMute ? 110 : 40), book.outstanding.isEmpty, isAtRest { break }
        }
        guard failure == nil else { return }
        book.counts.note(.settled)
        if let stuck = stuck() { fail(stuck) }
        if let broken = engine.checkInvariants().first { fail(broken) }
    }

    private var isAtRest: Bool { stuck() == nil }

    /// Something that is out, with nothing under way and nobody told why.
    private func stuck() -> String? {
        for case .some(let node) in engine.nodes {
            if node.hold != nil || node.track.state == .retired || node.track.held != nil {
                continue
            }
            if !node.track.state.takesWork { return "node \(node.id) stays \(node.track.state)" }
            for (index, device) in node.devices.enumerated()
            where !device.state.takesWork && device.held == nil {
                let isThere = node.answering & 1 << UInt64(index) != 0
                if isThere { return "node \(node.id), device \(index) stays \(device.state)" }
            }
        }
        return nil
    }

    /// Tells a new engine the same and compares.
    private mutating func replay() {
        var second = HealthEngine(policy: policy)
        var answer: [HealthDirective] = []
        for step in steps {
            answer.removeAll(keepingCapacity: true)
            second.apply(step.input, at: step.at, into: &answer)
        }
        book.counts.note(.replayed)
        if second.stateHash() != engine.stateHash() { fail("a replay ends in another state") }
    }
}
