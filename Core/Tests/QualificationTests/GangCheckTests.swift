import FleetModel
import Health
import Testing

@testable import Qualification

/// A check across nodes ends, finds who is bad, and blames nobody for being silent.
struct GangCheckTests {
    private static let limits = GangLimits(
        gather: 300, checks: 600, silence: 30, pair: 90, confirm: 15, reduce: 100)

    private func world(
        _ ways: [GangWorld.Member.Way], step: Int = 0, seed: UInt64 = 1,
        limits: GangLimits = GangCheckTests.limits
    ) -> GangWorld {
        var world = GangWorld(
            ways.map { GangWorld.Member(way: $0, step: step) }, limits: limits, seed: seed)
        let hasEnded = world.run()
        #expect(hasEnded)
        return world
    }

    @Test func allGood() {
        let world = world(Array(repeating: .good, count: 7))
        #expect(world.check.blamed.isEmpty && world.check.undecided.isEmpty)
        #expect(world.check.tests.count == 4)
        #expect(world.check.tests.allSatisfy { $0.outcome == .good })
        #expect(world.reduced == [0, 1, 2, 3, 4, 5, 6])
        for rank in 0..<7 {
            guard case .good? = world.check.finding(rank) else {
                Issue.record("rank \(rank) is not good")
                continue
            }
        }
    }

    @Test(arguments: [GangWorld.Member.Way.slow, .wrong, .deaf])
    func theBadOneIsBlamedInTheSecondPass(way: GangWorld.Member.Way) {
        var ways = Array(repeating: GangWorld.Member.Way.good, count: 8)
        ways[3] = way
        let world = world(ways)
        #expect(world.check.blamed == [3])
        #expect(world.reduced == [0, 1, 2, 4, 5, 6, 7])
        #expect(world.check.tests.filter { $0.pass == 2 }.count == 2)
        guard case .blamed(let tests)? = world.check.finding(3) else {
            Issue.record("rank 3 is not blamed")
            return
        }
        #expect(tests.count == 2 && tests.allSatisfy { $0.outcome == .bad && !$0.words.isEmpty })
    }

    @Test func twoBadOnesOfOnePair() {
        let world = world([.good, .good, .slow, .wrong, .good, .good, .good, .good])
        #expect(world.check.blamed == [2, 3])
    }

    @Test func aNodeThatCannotBeReachedIsNotOneThatDied() {
        // Both look alike to the partner; the one that is there says so when it is asked.
        let deaf = world([.good, .good, .good, .deaf])
        #expect(deaf.check.blamed == [3])
        let dead = world([.good, .good, .good, .dies], step: 2)
        #expect(dead.check.blamed.isEmpty)
        #expect(dead.check.members[3] == .gone(.ended))
    }

    @Test func thePartnerOfOneThatDiesIsTestedWithAnother() {
        let world = world([.good, .good, .dies, .good], step: 2)
        #expect(world.check.members[2] == .gone(.ended))
        guard case .good(let test)? = world.check.finding(3) else {
            Issue.record("rank 3 was left untested")
            return
        }
        #expect(test.partner(of: 3) ?? 2 < 2)
    }

    @Test func ofThreeTheSlowOneIsFoundToo() {
        for slow in 1..<3 {
            var ways = Array(repeating: GangWorld.Member.Way.good, count: 3)
            ways[slow] = .slow
            #expect(world(ways).check.blamed == [slow])
        }
    }

    @Test func aStopEndsItAtOnce() {
        var check = GangCheck(members: 3, limits: GangCheckTests.limits, at: .zero)
        var directives: [GangCheck.Directive] = []
        check.apply(.joined(0), at: .seconds(1), into: &directives)
        check.apply(.stopped, at: .seconds(2), into: &directives)
        #expect(directives == [.end])
        #expect(check.isStopped && check.deadline == .never)
        #expect(check.finding(0) == .unknown("the run was stopped"))
        check.apply(.joined(1), at: .seconds(3), into: &directives)
        #expect(directives == [.end])
    }

    @Test func nonsenseIsPassedOver() {
        var check = GangCheck(members: 2, limits: GangCheckTests.limits, at: .zero)
        var directives: [GangCheck.Directive] = []
        let result = CheckResult(.network, .passed)
        for input: GangCheck.Input in [
            .joined(-1), .joined(7), .heard(9), .checked(5), .confirmed(-3, test: 4),
            .measured(0, test: 0, result), .measured(0, test: -1, result), .lost(8, .ended),
            .reduced, .checked(1),
        ] {
            check.apply(input, at: .seconds(1), into: &directives)
        }
        #expect(directives.isEmpty && check.members == [.awaited, .awaited])
    }

    @Test func whatIsToldOfANodeNamesItsPartner() throws {
        let world = world([.good, .good, .slow, .good, .good, .good])
        let names = (0..<6).map { "gpu-\($0)" }
        let good = try #require(
            world.check.networkResult(of: 0, names: names, crosses: { _, _ in true }))
        #expect(good.status == .passed && good.notes == ["peer gpu-1"])
        let bad = try #require(
            world.check.networkResult(of: 2, names: names, crosses: { _, _ in true }))
        #expect(bad.status == .failed && bad.notes[0].hasPrefix("bad with gpu-3: 0.100 GB/s, and"))
        let run = RunVerdict(results: [good], level: .twoMinutes, devices: 0, isComplete: true)
        #expect(run.outcome.components == .network && run.outcome.verdict == .passed)
        // On one machine nothing is proved.
        let own = try #require(
            world.check.networkResult(of: 0, names: names, crosses: { _, _ in false }))
        let alone = RunVerdict(results: [own], level: .twoMinutes, devices: 0, isComplete: true)
        #expect(alone.outcome.components == [] && alone.outcome.verdict == .inconclusive)
    }

    @Test func aBadWayIsOfNeither() throws {
        var check = GangCheck(members: 4, limits: GangCheckTests.limits, at: .zero)
        var directives: [GangCheck.Directive] = []
        for rank in 0..<4 {
            check.apply(.joined(rank), at: .seconds(1), into: &directives)
            check.apply(.checked(rank), at: .seconds(2), into: &directives)
        }
        var rounds = 0
        while !directives.isEmpty {
            guard case .test(let test) = directives.removeFirst() else { continue }
            let isBad = test.from == 0 && test.to == 1
            check.apply(
                .measured(
                    test.from, test: test.number,
                    CheckResult(
                        .network, isBad ? .failed : .passed, [isBad ? "changed" : "peer x"],
                        figures: [Figure(.network, milli: 900)])), at: .seconds(3),
                into: &directives)
            rounds += 1
        }
        #expect(rounds == 4)
        #expect(check.badWays.map(\.from) == [0] && check.badWays.map(\.to) == [1])
        #expect(check.blamed.isEmpty)
        let result = try #require(
            check.networkResult(of: 1, names: ["a", "b", "c", "d"], crosses: { _, _ in true }))
        #expect(
            result.status == .degraded && result.notes == ["a bad way to a: changed", "peer d"])
    }

    /// Whoever is silent, at whatever step and in whatever way: it ends in time, nobody good is
    /// blamed, who is silent is told, and who is good and there is found good where that can be.
    @Test func anySilenceEndsInTimeAndBlamesNobody() {
        var (silent, blamed, late, unknown, decided) = (0, 0, 0, 0, 0)
        for seed in 0..<UInt64(350) {
            var random = SplitMix(seed: seed)
            let count = 1 + random.below(11)
            let members = (0..<count).map { _ -> GangWorld.Member in
                let ways: [GangWorld.Member.Way] =
                    switch random.below(6) {
                    case 0: [.slow, .wrong, .deaf]
                    case 1, 2: [.never, .dies, .freezes, .hangs]
                    default: [.good]
                    }
                return GangWorld.Member(
                    way: ways[random.below(ways.count)], step: random.below(5))
            }
            var world = GangWorld(members, limits: GangCheckTests.limits, seed: seed)
            let hasEnded = world.run()
            #expect(hasEnded, "seed \(seed)")
            #expect(world.now <= .seconds(GangCheckTests.limits.worst(members: count)))
            let check = world.check
            for rank in check.blamed {
                #expect(members[rank].isBad, "seed \(seed), rank \(rank)")
                blamed += 1
            }
            for rank in members.indices {
                let isGone = check.members[rank].absence != nil
                if isGone {
                    #expect(members[rank].isSilent, "seed \(seed), rank \(rank)")
                    #expect(!check.blamed.contains(rank))
                    silent += 1
                    if case .late = check.members[rank].absence { late += 1 }
                }
                let isGood = members[rank].way == .good
                if isGood, case .unknown? = check.finding(rank) { unknown += 1 }
                if isGood, case .good? = check.finding(rank) { decided += 1 }
            }
            let good = members.count { $0.way == .good }
            let bad = members.count { $0.isBad }
            // Where the good are many, everybody good who is there has met somebody good.
            if good > 2 * bad + 2 {
                for rank in members.indices where members[rank].way == .good {
                    guard case .unknown(let words)? = check.finding(rank) else { continue }
                    Issue.record("seed \(seed): rank \(rank) was not tested: \(words)")
                }
            }
        }
        #expect(silent > 250 && blamed > 40 && late > 25 && decided > 500)
        #expect(unknown < decided / 5)
    }
}
