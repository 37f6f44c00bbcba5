import FleetModel

/// A check across the nodes of a gang, as the one who leads it sees it: who has come, whose own
/// checks are over, which pairs are to be tested, and what all of it says.
///
/// It sees no clock and no connection. Whoever has them tells it what happened, carries out what it
/// asks for, and gives it the time no later than ``deadline``. It comes to its end within
/// ``GangLimits/worst(members:)``, whatever the members do.
public struct GangCheck: Hashable, Sendable {
    /// What happens.
    public enum Input: Hashable, Sendable {
        /// A member has come; its own checks begin.
        case joined(Int)
        /// A sign of life.
        case heard(Int)
        /// Its own checks are over and told.
        case checked(Int)
        /// What a member found in the test of a pair that it was to make.
        case measured(Int, test: Int, CheckResult)
        /// A member that was asked whether it is there says so.
        case confirmed(Int, test: Int)
        /// A member is not there any more.
        case lost(Int, MemberAbsence)
        /// The all-reduce is over.
        case reduced
        /// Time has passed.
        case time
        /// Somebody wants it to end.
        case stopped
    }

    /// What is to be done.
    public enum Directive: Hashable, Sendable {
        /// Have `from` test what is between it and `to`.
        case test(PairTest)
        /// Ask a member whether it is there.
        case confirm(Int, test: Int)
        /// Have nothing to do with a member any more.
        case drop(Int, MemberAbsence)
        /// Run an all-reduce across these.
        case reduce([Int])
        /// All is said.
        case end
    }

    /// What goes on.
    public enum Phase: UInt8, Hashable, Sendable {
        /// Members come and check their own nodes.
        case gathering
        /// Pairs are tested.
        case pairing
        /// An all-reduce runs.
        case reducing
        /// All is said.
        case over
    }

    /// The limits.
    public let limits: GangLimits
    /// Where each member is.
    public private(set) var members: [MemberStage]
    /// What goes on.
    public private(set) var phase = Phase.gathering
    /// All tests of pairs, in the order in which they began.
    public internal(set) var tests: [PairTest] = []
    /// Whether it was ended on request.
    public private(set) var isStopped = false
    /// Who was blamed and who is good, by the places of ``paired``; nil before pairs are tested.
    public internal(set) var plan: PairPlan?
    /// The ranks that took part in the tests of pairs, in order.
    public internal(set) var paired: [Int] = []

    private let began: Instant
    private var heardAt: [Instant]
    private var phaseBegan: Instant
    /// Tests that run.
    var running: [RunningTest] = []

    /// A test that runs, and until when something has to happen.
    struct RunningTest: Hashable, Sendable {
        var test: Int
        var until: Instant
        /// Why there was no connection, once the other one is asked whether it is there.
        var noConnection: String?
    }

    /// Begins a check of so many members.
    public init(members: Int, limits: GangLimits, at now: Instant) {
        self.limits = limits
        self.members = Array(repeating: .awaited, count: max(members, 0))
        heardAt = Array(repeating: now, count: max(members, 0))
        began = now
        phaseBegan = now
    }

    /// Takes in what happened.
    public mutating func apply(
        _ input: Input, at now: Instant, into directives: inout [Directive]
    ) {
        guard phase != .over else { return }
        switch input {
        case .joined(let rank):
            guard hasMember(rank), members[rank] == .awaited, phase == .gathering else { break }
            members[rank] = .checking(since: now)
            heardAt[rank] = now
        case .heard(let rank): hear(rank, now)
        case .checked(let rank):
            hear(rank, now)
            if hasMember(rank), case .checking = members[rank] { members[rank] = .ready }
        case .measured(let rank, let test, let result):
            hear(rank, now)
            measure(rank, test, result, now, &directives)
        case .confirmed(let rank, let test):
            hear(rank, now)
            confirm(rank, test)
        case .lost(let rank, let absence):
            // The one who says it has dropped it already.
            var ignored: [Directive] = []
            leave(rank, absence, &ignored)
        case .reduced: if phase == .reducing { phase = .over }
        case .time: break
        case .stopped:
            isStopped = true
            for test in running { close(test.test, .unanswered, "it was stopped") }
            running = []
            phase = .over
        }
        expire(now, &directives)
        goOn(now, &directives)
        if phase == .over { directives.append(.end) }
    }

    /// Whether there is a member of that rank.
    func hasMember(_ rank: Int) -> Bool { members.indices.contains(rank) }

    private mutating func hear(_ rank: Int, _ now: Instant) {
        if hasMember(rank) { heardAt[rank] = max(heardAt[rank], now) }
    }

    /// Counts a member as not there.
    mutating func leave(_ rank: Int, _ absence: MemberAbsence, _ directives: inout [Directive]) {
        guard hasMember(rank), members[rank].absence == nil else { return }
        members[rank] = .gone(absence)
        directives.append(.drop(rank, absence))
        for test in running where tests[test.test].partner(of: rank) != nil {
            close(test.test, .unanswered, "rank \(rank) left: \(absence.words)")
        }
        running.removeAll { tests[$0.test].partner(of: rank) != nil }
        // The plan forgets the pair with the one who left, and so finds the other another.
        if let place = paired.firstIndex(of: rank) { plan?.leave(place) }
    }

    /// Says what came of a test.
    mutating func close(_ test: Int, _ outcome: PairTest.Outcome, _ words: String) {
        tests[test].outcome = outcome
        tests[test].words = words
    }

    // MARK: Time

    /// The time at which it wants to be told the time, unless something happens before.
    public var deadline: Instant {
        guard phase != .over else { return .never }
        var earliest = Instant.never
        for rank in members.indices {
            switch members[rank] {
            case .awaited: earliest = min(earliest, began + .seconds(limits.gather))
            case .checking(let since):
                earliest = min(earliest, since + .seconds(limits.checks))
                earliest = min(earliest, heardAt[rank] + .seconds(limits.silence))
            case .ready: earliest = min(earliest, heardAt[rank] + .seconds(limits.silence))
            case .gone: break
            }
        }
        for test in running { earliest = min(earliest, test.until) }
        if phase == .reducing {
            earliest = min(earliest, phaseBegan + .seconds(limits.reduce ?? 0))
        }
        return earliest
    }

    /// Counts as gone who has used up its time.
    private mutating func expire(_ now: Instant, _ directives: inout [Directive]) {
        guard phase != .over else { return }
        for rank in members.indices {
            switch members[rank] {
            case .awaited:
                if now >= began + .seconds(limits.gather) { leave(rank, .neverCame, &directives) }
            case .checking(let since):
                if now >= since + .seconds(limits.checks) {
                    leave(rank, .late(seconds: limits.checks), &directives)
                }
            case .ready, .gone: break
            }
            if members[rank].isThere, now >= heardAt[rank] + .seconds(limits.silence) {
                leave(rank, .silent(seconds: limits.silence), &directives)
            }
        }
        for test in running where now >= test.until {
            // One that left with another test of this loop is in none any more.
            guard running.contains(test) else { continue }
            let own = tests[test.test]
            if test.noConnection == nil {
                leave(own.from, .late(seconds: limits.pair ?? 0), &directives)
            } else {
                leave(own.to, .silent(seconds: limits.confirm), &directives)
            }
        }
        if phase == .reducing, now >= phaseBegan + .seconds(limits.reduce ?? 0) { phase = .over }
    }

    // MARK: The next step

    private mutating func goOn(_ now: Instant, _ directives: inout [Directive]) {
        if phase == .gathering {
            let isGathered = members.allSatisfy { $0 == .ready || $0.absence != nil }
            guard isGathered else { return }
            paired = members.indices.filter { members[$0] == .ready }
            phase = .pairing
            if limits.pair != nil { plan = PairPlan(count: paired.count) }
        }
        guard phase == .pairing, running.isEmpty else { return }
        judgeRound()
        if beginRound(now, &directives) { return }
        let fit = fitToReduce
        guard limits.reduce != nil, fit.count > 1 else {
            phase = .over
            return
        }
        phase = .reducing
        phaseBegan = now
        directives.append(.reduce(fit))
    }

    /// Who takes part in an all-reduce: who is there and not known to hold the others up.
    private var fitToReduce: [Int] {
        paired.indices.filter { place in
            guard members[paired[place]].isThere else { return false }
            return plan.map { $0.standings[place] == .good } ?? true
        }.map { paired[$0] }
    }
}
