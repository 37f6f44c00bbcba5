import FleetModel
import Testing

@testable import Qualification

/// Slow nodes are found by pairs, and nobody is blamed for a partner.
struct PairPlanTests {
    /// Runs a plan in a world where some nodes are bad; returns it with the number of pairs.
    private func run(
        _ count: Int, bad: Set<Int>, badWays: Set<PairPlan.Pair> = [], silent: Set<Int> = []
    ) -> (plan: PairPlan, pairs: Int) {
        var plan = PairPlan(count: count)
        var pairs = 0
        for _ in 0..<count + 4 {
            let round = plan.next()
            if round.isEmpty { break }
            #expect(Set(round.flatMap { [$0.first, $0.second] }).count == round.count * 2)
            for pair in round {
                pairs += 1
                let isSilent = silent.contains(pair.first) || silent.contains(pair.second)
                let isBad = bad.contains(pair.first) || bad.contains(pair.second)
                plan.answer(pair, isGood: isSilent ? nil : !isBad && !badWays.contains(pair))
            }
        }
        #expect(plan.pass == 3)
        #expect(plan.next().isEmpty)
        return (plan, pairs)
    }

    private func places(_ plan: PairPlan, _ standing: PairPlan.Standing) -> [Int] {
        plan.standings.indices.filter { plan.standings[$0] == standing }
    }

    @Test(arguments: [0, 1, 2, 3, 8, 9])
    func goodNodesAreAllGood(count: Int) {
        let (plan, pairs) = run(count, bad: [])
        #expect(places(plan, .good).count == (count < 2 ? 0 : count))
        #expect(pairs == (count < 2 ? 0 : (count + 1) / 2))
    }

    @Test func onlyTheBadOneOfAPairIsBlamed() {
        let (plan, pairs) = run(8, bad: [3])
        #expect(places(plan, .blamed) == [3])
        #expect(places(plan, .good) == [0, 1, 2, 4, 5, 6, 7])
        #expect(pairs == 6)
    }

    @Test func theLastOfAnOddNumberIsTestedToo() {
        let (plan, _) = run(5, bad: [4])
        #expect(places(plan, .blamed) == [4])
    }

    @Test func twoNodesAloneCannotBeToldApart() {
        let (plan, _) = run(2, bad: [1])
        #expect(places(plan, .undecided) == [0, 1])
        #expect(places(plan, .blamed).isEmpty)
    }

    @Test func aBadWayBetweenGoodNodesBlamesNeither() {
        let (plan, _) = run(6, bad: [], badWays: [PairPlan.Pair(2, 3)])
        #expect(places(plan, .blamed).isEmpty)
        #expect(plan.badWays == [PairPlan.Pair(2, 3)])
    }

    @Test func moreSuspectsThanGoodOnesTakeSeveralRounds() {
        let (plan, _) = run(8, bad: [0, 2, 4])
        #expect(places(plan, .blamed) == [0, 2, 4])
        #expect(places(plan, .good) == [1, 3, 5, 6, 7])
    }

    @Test func aBadWayIsNoFaultWhereThereAreThree() {
        let (plan, _) = run(3, bad: [], badWays: [PairPlan.Pair(0, 2)])
        #expect(places(plan, .blamed).isEmpty)
        #expect(plan.badWays == [PairPlan.Pair(0, 2)])
    }

    @Test func whatWasGoodCanBeDoubted() {
        var plan = PairPlan(count: 4)
        for pair in plan.next() { plan.answer(pair, isGood: true) }
        plan.doubt(PairPlan.Pair(2, 3), suspects: [2, 3, -1])
        #expect(plan.next() == [PairPlan.Pair(0, 2), PairPlan.Pair(1, 3)])
        plan.answer(PairPlan.Pair(0, 2), isGood: false)
        plan.answer(PairPlan.Pair(1, 3), isGood: true)
        #expect(plan.next().isEmpty)
        #expect(places(plan, .blamed) == [2])
    }

    @Test func silenceIsNoBlame() {
        let (plan, _) = run(6, bad: [], silent: [2])
        #expect(places(plan, .blamed).isEmpty)
        #expect(places(plan, .unknown) == [2])
        // The other one of the pair meets somebody else.
        #expect(places(plan, .good) == [0, 1, 3, 4, 5])
    }

    @Test func whoLeavesIsNoLossToItsPartner() {
        var plan = PairPlan(count: 4)
        #expect(plan.next() == [PairPlan.Pair(0, 1), PairPlan.Pair(2, 3)])
        plan.leave(0)
        plan.leave(3)
        plan.leave(99)
        #expect(plan.open.isEmpty)
        // Nobody was good, so those who are left meet each other.
        #expect(plan.next() == [PairPlan.Pair(1, 2)])
        plan.answer(PairPlan.Pair(1, 2), isGood: true)
        #expect(plan.next().isEmpty)
        #expect(plan.standings == [.unknown, .good, .good, .unknown])
    }

    @Test func aSuspectWhosePartnerLeavesMeetsAnother() {
        var plan = PairPlan(count: 6)
        for pair in plan.next() { plan.answer(pair, isGood: pair.first != 0) }
        #expect(plan.next() == [PairPlan.Pair(0, 2), PairPlan.Pair(1, 3)])
        plan.leave(2)
        plan.answer(PairPlan.Pair(1, 3), isGood: true)
        // Not the one that it was bad with before.
        #expect(plan.next() == [PairPlan.Pair(0, 3)])
        plan.answer(PairPlan.Pair(0, 3), isGood: false)
        #expect(plan.next().isEmpty)
        #expect(places(plan, .blamed) == [0])
    }

    @Test func answersThatWereNotAskedForArePassedOver() {
        var plan = PairPlan(count: 4)
        plan.answer(PairPlan.Pair(0, 1), isGood: false)
        plan.answer(PairPlan.Pair(-7, 900), isGood: false)
        #expect(plan.standings.allSatisfy { $0 == .unknown })
    }

    /// In every world with a good pair in the first pass, exactly the bad nodes are blamed.
    @Test func blamesExactlyTheBadOnes() {
        var random = SplitMix(seed: 17)
        var (decided, blamed) = (0, 0)
        for _ in 0..<2_000 {
            let count = 2 + random.below(30)
            let bad = Set((0..<count).filter { _ in random.below(6) == 0 })
            let (plan, pairs) = run(count, bad: bad)
            #expect(pairs <= 2 * count)
            #expect(Set(places(plan, .blamed)).isSubset(of: bad))
            guard places(plan, .undecided).isEmpty else { continue }
            decided += 1
            blamed += bad.count
            #expect(Set(places(plan, .blamed)) == bad)
        }
        #expect(decided > 1_500)
        #expect(blamed > 2_000)
    }
}
