import FleetModel
import Health
import Testing

/// Which nodes of a pool are kept for large gangs.
@Suite struct SpareChoiceTests {
    /// Nodes in racks of four, two racks a spine; all good and idle.
    private static func pool(_ count: Int) -> [SpareCandidate] {
        (0..<count).map { index in
            SpareCandidate(
                node: NodeID(index),
                domains: [DomainID(index / 8), DomainID(100 + index / 4)], isGood: true,
                isIdle: true)
        }
    }

    private static func choose(
        _ amount: SparePolicy.Amount, _ candidates: [SpareCandidate], before: [Int] = []
    ) -> SpareChoice {
        SpareChoice(SparePolicy(amount, leastGPUs: 64), among: candidates) {
            before.contains($0.index)
        }
    }

    private static func nodes(_ choice: SpareChoice) -> [Int] { choice.kept.map(\.index) }

    private static func put(
        _ gang: Int, gpus: Int64, on nodes: [Int], _ pool: inout [SpareCandidate]
    ) {
        for node in nodes {
            pool[node].gang = SpareGang(job: JobID(gang), gpuMilli: gpus * 1000)
            pool[node].isIdle = false
        }
    }

    @Test func sharesAreRoundedUp() {
        for (milli, nodes, wanted) in [(30, 256, 8), (30, 100, 3), (20, 10, 1), (100, 41, 5)] {
            let policy = SparePolicy(.share(milli: Int32(milli)), leastGPUs: 64)
            #expect(policy.wanted(of: nodes) == wanted)
        }
        #expect(SparePolicy(.nodes(7), leastGPUs: 64).wanted(of: 3) == 7)
    }

    @Test func idleNodesGoFirst() {
        var pool = Self.pool(8)
        for node in 0..<6 { pool[node].isIdle = false }
        let choice = Self.choose(.nodes(3), pool)
        #expect(Self.nodes(choice) == [0, 6, 7])
        #expect(choice.busy == 1 && choice.shortage == nil)
    }

    @Test func theNearestToTheLargestGangGoFirst() {
        var pool = Self.pool(24)
        Self.put(1, gpus: 64, on: [0, 1], &pool)
        Self.put(2, gpus: 128, on: [12, 13, 16], &pool)
        // Its racks 3 and 4, then the spines of them.
        #expect(Self.nodes(Self.choose(.nodes(2), pool)) == [14, 15])
        #expect(Self.nodes(Self.choose(.nodes(6), pool)) == [8, 14, 15, 17, 18, 19])
        // Of two that are as large, the one of the lower number.
        Self.put(1, gpus: 128, on: [0, 1], &pool)
        #expect(Self.nodes(Self.choose(.nodes(2), pool)) == [2, 3])
    }

    @Test func aSpareStaysOneUntilItIsBadOrTaken() {
        var pool = Self.pool(12)
        #expect(Self.nodes(Self.choose(.nodes(2), pool, before: [5, 9])) == [5, 9])
        pool[5].isGood = false
        #expect(Self.nodes(Self.choose(.nodes(2), pool, before: [5, 9])) == [0, 9])
        Self.put(3, gpus: 64, on: [9], &pool)
        // Node 8 stands beside the gang.
        #expect(Self.nodes(Self.choose(.nodes(2), pool, before: [5, 9])) == [8, 10])
        // Fewer are asked for: those that are idle stay.
        pool[0].isIdle = false
        #expect(Self.nodes(Self.choose(.nodes(1), pool, before: [0, 3])) == [3])
    }

    @Test func busySparesAreExchangedForIdleNodesAndNotTheReverse() {
        var pool = Self.pool(6)
        pool[5].isIdle = false
        #expect(Self.nodes(Self.choose(.nodes(2), pool, before: [4, 5])) == [0, 4])
        for node in pool.indices { pool[node].isIdle = false }
        #expect(Self.nodes(Self.choose(.nodes(2), pool, before: [4, 5])) == [4, 5])
        pool[3].isIdle = true
        pool[3].isGood = false
        #expect(Self.nodes(Self.choose(.nodes(2), pool, before: [4, 5])) == [4, 5])
    }

    @Test func aSpareThatIsTestedKeepsItsPlace() {
        var pool = Self.pool(6)
        pool[5].isGood = false
        pool[5].isBriefly = true
        #expect(Self.nodes(Self.choose(.nodes(2), pool, before: [4, 5])) == [4, 5])
        // No other becomes one while it is tested.
        #expect(Self.nodes(Self.choose(.nodes(2), pool, before: [4])) == [0, 4])
        for node in pool.indices { pool[node].isGood = false }
        let choice = Self.choose(.nodes(2), pool, before: [4, 5])
        #expect(choice.kept == [] && choice.shortage == .noneGood)
    }

    @Test func nodesThatTheGangsCannotUseGoLast() {
        var pool = Self.pool(6)
        for node in 0..<4 { pool[node].suitsGangs = false }
        pool[5].isIdle = false
        #expect(Self.nodes(Self.choose(.nodes(3), pool, before: [0, 1])) == [0, 4, 5])
    }

    @Test func everyKindHasItsPart() {
        var pool = Self.pool(12)
        for node in 8..<12 { pool[node].kind = AcceleratorKindID(1) }
        #expect(Self.nodes(Self.choose(.nodes(3), pool)) == [0, 1, 8])
        #expect(Self.nodes(Self.choose(.nodes(4), pool)) == [0, 1, 2, 8])
        // No more than half of either, and what one lacks is not taken of the other.
        let choice = Self.choose(.nodes(9), pool)
        #expect(Self.nodes(choice) == [0, 1, 2, 3, 8, 9] && choice.shortage == .halfKept)
    }

    @Test func whatIsMissingHasAReason() {
        var pool = Self.pool(6)
        var choice = Self.choose(.nodes(4), pool)
        #expect(choice.kept.count == 3 && choice.wanted == 4 && choice.shortage == .halfKept)
        Self.put(1, gpus: 64, on: [0, 1, 2, 3, 4], &pool)
        choice = Self.choose(.nodes(2), pool)
        #expect(Self.nodes(choice) == [5] && choice.shortage == .noneLeft)
        for node in pool.indices { pool[node].isGood = false }
        choice = Self.choose(.nodes(2), pool)
        #expect(choice.kept == [] && choice.shortage == .noneGood)
        #expect(Self.choose(.nodes(1), []).shortage == .noPool)
        #expect(Self.choose(.share(milli: 40), []).shortage == .noPool)
    }

    /// The same nodes, whatever the order of asking; and asking again changes nothing.
    @Test func theChoiceIsStable() {
        var random = SplitMix(seed: 7)
        for _ in 0..<300 {
            var pool = Self.pool(1 + random.below(40))
            for node in pool.indices {
                pool[node].isGood = random.below(4) > 0
                pool[node].isIdle = random.below(2) > 0
                pool[node].suitsGangs = random.below(4) > 0
                if random.below(8) == 0 { pool[node].kind = AcceleratorKindID(2) }
                if random.below(3) == 0 {
                    Self.put(random.below(3), gpus: 64, on: [node], &pool)
                }
            }
            let amount = SparePolicy.Amount.share(milli: Int32(1 + random.below(500)))
            let choice = Self.choose(amount, pool)
            let kept = Self.nodes(choice)
            #expect(Self.nodes(Self.choose(amount, pool, before: kept)) == kept)
            #expect(kept == kept.sorted() && kept.count <= choice.wanted)
            #expect(kept.allSatisfy { pool[$0].isGood && pool[$0].gang == nil })
            #expect(kept.count * 2 <= pool.count { $0.isGood })
            #expect((choice.shortage == nil) == (kept.count == choice.wanted))
        }
    }
}
