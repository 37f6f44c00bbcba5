import FleetModel

@testable import Qualification

/// A gang around a ``GangCheck`` in virtual time: members that are good, bad, and silent in every
/// way and at any step.
struct GangWorld {
    /// What a member does wrong; it does so from `step` on, where steps count what it is asked for.
    struct Member {
        enum Way: CaseIterable {
            case good, slow, wrong, deaf
            case never, dies, freezes, hangs
        }

        var way = Way.good
        /// How many messages it sends before it is silent.
        var step = 0
        var sent = 0
        var isFrozen = false
        var isDead = false

        /// Whether the fault is of its network.
        var isBad: Bool { way == .slow || way == .wrong || way == .deaf }
        /// Whether it is silent at some time.
        var isSilent: Bool {
            way == .never || way == .dies || way == .freezes || way == .hangs
        }
    }

    private struct Event {
        var at: Instant
        var order: Int
        var rank: Int
        var input: GangCheck.Input
    }

    var members: [Member]
    private(set) var check: GangCheck
    private(set) var now = Instant.zero
    private(set) var dropped: Set<Int> = []
    private(set) var hasEnded = false
    private(set) var reduced: [Int] = []
    private var events: [Event] = []
    private var order = 0
    private var random: SplitMix

    init(_ members: [Member], limits: GangLimits, seed: UInt64) {
        self.members = members
        check = GangCheck(members: members.count, limits: limits, at: .zero)
        random = SplitMix(seed: seed)
    }

    private mutating func plan(_ rank: Int, after seconds: Int64, _ input: GangCheck.Input) {
        events.append(
            Event(at: now + .seconds(seconds), order: order, rank: rank, input: input))
        order += 1
    }

    /// What a member sends goes out, unless it is silent by now.
    private mutating func sends(_ rank: Int) -> Bool {
        guard members[rank].isSilent, members[rank].sent >= members[rank].step else {
            members[rank].sent += 1
            return !members[rank].isDead && !members[rank].isFrozen
        }
        switch members[rank].way {
        case .dies where !members[rank].isDead:
            members[rank].isDead = true
            plan(rank, after: 0, .lost(rank, .ended))
        case .freezes: members[rank].isFrozen = true
        default: break
        }
        return false
    }

    /// Runs to the end; false when that does not come.
    mutating func run() -> Bool {
        for rank in members.indices where members[rank].way != .never {
            plan(rank, after: Int64(random.below(200)), .joined(rank))
        }
        for _ in 0..<200_000 where !hasEnded {
            let next = events.indices.min {
                (events[$0].at, events[$0].order) < (events[$1].at, events[$1].order)
            }
            let deadline = check.deadline
            guard let next, events[next].at < deadline else {
                guard deadline < .never else { return false }
                now = max(now, deadline)
                tell(.time)
                continue
            }
            let event = events.remove(at: next)
            now = max(now, event.at)
            happen(event)
        }
        return hasEnded
    }

    private mutating func happen(_ event: Event) {
        let rank = event.rank
        if case .lost = event.input { return tell(event.input) }
        guard !dropped.contains(rank), !members[rank].isDead else { return }
        if case .heard = event.input {
            // One that hangs still says that it is there.
            guard !members[rank].isFrozen else { return }
            plan(rank, after: 5, .heard(rank))
            return tell(event.input)
        }
        guard sends(rank) else { return }
        if case .joined = event.input {
            plan(rank, after: 5, .heard(rank))
            plan(rank, after: 1 + Int64(random.below(30)), .checked(rank))
        }
        tell(event.input)
    }

    private mutating func tell(_ input: GangCheck.Input) {
        var directives: [GangCheck.Directive] = []
        check.apply(input, at: now, into: &directives)
        for directive in directives { carryOut(directive) }
    }

    private mutating func carryOut(_ directive: GangCheck.Directive) {
        switch directive {
        case .drop(let rank, _): dropped.insert(rank)
        case .end: hasEnded = true
        case .confirm(let rank, let test): plan(rank, after: 1, .confirmed(rank, test: test))
        case .reduce(let ranks):
            reduced = ranks
            plan(ranks[0], after: 3, .reduced)
        case .test(let test):
            // The other one is asked for something, too, and may be silent from here on.
            if members[test.to].isSilent, members[test.to].sent >= members[test.to].step {
                _ = sends(test.to)
            }
            plan(
                test.from, after: 2 + Int64(random.below(5)),
                .measured(test.from, test: test.number, result(of: test)))
        }
    }

    private mutating func result(of test: PairTest) -> CheckResult {
        let two = [members[test.from], members[test.to]]
        if two.contains(where: { $0.isDead || $0.isFrozen || $0.way == .deaf }) {
            return CheckResult(.network, .error, ["the peer: it hung up"], code: .checkPeer)
        }
        let isSlow = two.contains { $0.way == .slow }
        let speed = Int64(isSlow ? 100 : 1000 - random.below(80))
        var result = CheckResult(
            .network, .passed, ["peer somebody"], figures: [Figure(.network, milli: speed)])
        if two.contains(where: { $0.way == .wrong }) {
            result.note(.failed, "3 blocks arrived changed")
        }
        return result
    }
}
