import FleetModel
import Fuzzing
import Testing

@testable import Scheduler

/// Random inputs, sensible and hostile, under every queue order and placement rule: all invariants
/// hold after every step, and every shape index that caught up equals one built anew.
@Suite struct PropertyTests {
    @Test(arguments: QueueOrder.allCases, PlacementRule.allCases)
    func invariantsHold(order: QueueOrder, rule: PlacementRule) {
        for seed in UInt64(0)..<(40 * Effort.factor) {
            var world = SmallWorld(seed: SplitMix.mix(seed), roles: true)
            let policy = Policy(
                queueOrder: order, placement: rule, seed: seed, backfillDepth: 6, domainTries: 6,
                shapeIndexes: seed % 3 == 0 ? 2 : 64, timeline: world.makeTimeline())
            guard let complaint = PropertyTests.check(seed: seed, policy: policy) else { continue }
            Issue.record("\(order.name) \(rule.name) seed \(seed): \(complaint)")
            return
        }
    }

    /// Runs one sequence; on failure, what broke and the shortest list of inputs that breaks it.
    static func check(seed: UInt64, policy: Policy) -> String? {
        var source = InputSource(seed: seed, hostile: true, roles: true)
        let topology = source.world.topology
        var engine = Engine(topology: topology, policy: policy)
        var steps: [InputSource.Step] = []
        for _ in 0..<60 {
            let step = source.next()
            steps.append(step)
            var answer: [Directive] = []
            engine.apply(step.input, at: step.at, into: &answer)
            guard faults(of: engine).isEmpty else {
                let few = Shrinker.shrink(steps) { breaks($0, topology, policy) }
                let lines = few.map { "  \($0.at.nanoseconds): \($0.input)" }
                return "\(faults(of: engine))\n" + lines.joined(separator: "\n")
            }
            source.note(answer)
        }
        return nil
    }

    private static func breaks(
        _ steps: [InputSource.Step], _ topology: Topology, _ policy: Policy
    ) -> Bool {
        var engine = Engine(topology: topology, policy: policy)
        var answer: [Directive] = []
        for step in steps {
            engine.apply(step.input, at: step.at, into: &answer)
            if !faults(of: engine).isEmpty { return true }
        }
        return false
    }

    private static func faults(of engine: Engine) -> [String] {
        engine.checkInvariants() + engine.placer.indexFaults()
    }
}

extension Placer {
    /// Differences between each index, caught up by changes, and one that is built anew.
    func indexFaults() -> [String] {
        var placer = self
        placer.refreshTree()
        var faults: [String] = []
        var counters = WorkCounters()
        for known in indexes.entries {
            var caughtUp = known
            var rebuilt = ShapeIndex(shape: known.shape)
            caughtUp.synchronizeCounts(fleet: fleet, tree: placer.tree, counters: &counters)
            caughtUp.synchronizeScores(
                fleet: fleet, tree: placer.tree, scorer: scorer, counters: &counters)
            rebuilt.synchronizeCounts(fleet: fleet, tree: placer.tree, counters: &counters)
            rebuilt.synchronizeScores(
                fleet: fleet, tree: placer.tree, scorer: scorer, counters: &counters)
            if !caughtUp.answersLike(rebuilt, isDrawing: scorer.drawsTies) {
                faults.append("index of \(known.shape) is off")
            }
        }
        return faults
    }
}

extension ShapeIndex {
    /// Whether every question has the same answer as from the other.
    func answersLike(_ other: ShapeIndex, isDrawing: Bool) -> Bool {
        guard fit == other.fit, domainFit == other.domainFit else { return false }
        for position in fit.indices where score(position) != other.score(position) { return false }
        if isDrawing && !drawsLike(other) { return false }
        return bestPosition == other.bestPosition && bestPosition == bestInOrder(0..<fit.count)
            && bestPosition(in: 0..<fit.count) == bestInOrder(0..<fit.count)
            && bestPosition(in: 0..<(fit.count / 2)) == bestInOrder(0..<(fit.count / 2))
    }

    private func drawsLike(_ other: ShapeIndex) -> Bool {
        var ties: (Int, Int) = (0, 0)
        let first = bestPosition {
            ties.0 = $0; return 0
        }
        guard
            first
                == other.bestPosition(draw: {
                    ties.1 = $0; return 0
                }), ties.0 == ties.1
        else {
            return false
        }
        for draw in 0..<ties.0
        where bestPosition(draw: { _ in draw }) != other.bestPosition(draw: { _ in draw }) {
            return false
        }
        return true
    }

    private func bestInOrder(_ range: Range<Int>) -> Int? {
        let open = range.filter { score($0) != ShapeIndex.noRoom }
        return open.min { (score($0), $0) < (score($1), $1) }
    }
}
