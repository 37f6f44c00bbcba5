import FleetModel
import Testing

@testable import Scheduler

/// Questions are asked of the engine all the time; its decisions must not notice.
@Suite struct QuestionTests {
    @Test(arguments: QueueOrder.allCases, [PlacementRule.standard, .random])
    func questionsChangeNothing(order: QueueOrder, rule: PlacementRule) {
        var remedies = 0
        var explained = 0
        for seed in UInt64(900)..<(900 + 8 * Effort.factor) {
            let policy = Policy(
                queueOrder: order, placement: rule, seed: seed, backfillDepth: 6, domainTries: 6,
                shapeIndexes: seed % 3 == 0 ? 2 : 64)
            var source = InputSource(seed: seed, hostile: true, roles: true)
            var asked = Engine(topology: source.world.topology, policy: policy)
            var quiet = asked
            var random = SplitMix(seed: seed)
            for step in 0..<60 {
                let next = source.next()
                var answer: [Directive] = []
                var other: [Directive] = []
                asked.apply(next.input, at: next.at, into: &answer)
                quiet.apply(next.input, at: next.at, into: &other)
                guard answer == other, asked.stateHash() == quiet.stateHash() else {
                    Issue.record("\(order.name) \(rule.name) seed \(seed) step \(step)")
                    return
                }
                source.note(answer)
                explained += ask(&asked, &random, &remedies)
                let broken = asked.checkInvariants() + asked.placer.indexFaults()
                guard broken.isEmpty, asked.counters.attempts == quiet.counters.attempts else {
                    Issue.record("\(order.name) seed \(seed) step \(step): \(broken)")
                    return
                }
            }
        }
        #expect(explained > 0)
        #expect(remedies > 0)
    }

    /// Asks everything about one job. Says how many explanations there were.
    private func ask(
        _ engine: inout Engine, _ random: inout SplitMix, _ remedies: inout Int
    ) -> Int {
        let waiting = engine.jobs.slots.compactMap { record in
            record.flatMap { $0.phase == .queued || $0.phase == .blocked ? $0.spec : nil }
        }
        guard !waiting.isEmpty else { return 0 }
        let spec = waiting[random.below(waiting.count)]
        let hash = engine.stateHash()
        let told = engine.explain(spec.id)
        let explanation = engine.explanation(of: spec.id)
        #expect(!told.isEmpty)
        #expect(explanation?.reasons.map(\.refusal) == told)
        for refusal in told where refusal.code == .capacity || refusal.code == .topology {
            #expect(refusal.have < refusal.need, "\(refusal)")
        }
        for remedy in engine.remedies(for: spec.id) {
            remedies += 1
            #expect(engine.supposing(remedy.changes).started.contains(spec.id), "\(remedy)")
        }
        let order = QueueOrder.allCases[random.below(QueueOrder.allCases.count)]
        let rehearsal = Rehearsal(
            engine, [.policy(Policy(queueOrder: order)), .cancel(spec.id)])
        #expect(rehearsal.engine.checkInvariants() == [])
        var changed = spec
        changed.priority += 1
        #expect(Rehearsal(engine, [.respecify(changed)]).engine.checkInvariants() == [])
        #expect(engine.stateHash() == hash)
        return 1
    }
}
