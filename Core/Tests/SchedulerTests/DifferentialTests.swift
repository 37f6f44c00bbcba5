import FleetModel
import Testing

@testable import Scheduler

/// The engine against the oracle on small random fleets.
///
/// Jobs have one role: for those, room is an exact count, while gangs of several roles are placed
/// by a bounded search. Which node a member gets is taste, so the oracle checks a placement and
/// takes it over. Under `fifo` and `first-fit` it then demands exactly its own sequence of starts;
/// under `fair` that no quota is broken, no job passes one of its own tenant that could run, and
/// none that could run within its quotas waits. Whose turn it is among tenants is tested in
/// ``QuotaTreeTests``.
@Suite struct DifferentialTests {
    @Test(arguments: [QueueOrder.fifo, .firstFit, .fair])
    func engineAgreesWithTheOracle(order: QueueOrder) {
        var starts = 0
        let first = UInt64(order.rawValue) * 1_000_000
        for seed in first..<(first + 700 * Effort.factor) {
            let (complaint, count) = DifferentialTests.run(seed: seed, order: order, steps: 30)
            starts += count
            if let complaint {
                Issue.record("\(order.name) seed \(seed): \(complaint)")
                return
            }
        }
        #expect(starts > 4_000, "too few jobs ran to show anything")
    }

    static func run(seed: UInt64, order: QueueOrder, steps: Int) -> (String?, starts: Int) {
        var source = InputSource(seed: seed, hostile: false, roles: false)
        let rule = PlacementRule.allCases[Int(seed % 5)]
        var engine = Engine(
            topology: source.world.topology,
            policy: Policy(queueOrder: order, placement: rule, shapeIndexes: 4))
        var oracle = Oracle(order: order, topology: source.world.topology)
        for step in 0..<steps {
            let next = source.next()
            var answer: [Directive] = []
            engine.apply(next.input, at: next.at, into: &answer)
            let complaints = oracle.apply(next.input, at: next.at, answer: answer)
            if let complaint = complaints.first {
                return ("step \(step), \(next.input): \(complaint)", engine.counters.starts)
            }
            let running = engine.jobs.slots.compactMap { $0 }.filter(\.isPlaced).map(\.spec.id)
            if running.sorted() != oracle.running.sorted() {
                return ("step \(step), \(next.input): others run", engine.counters.starts)
            }
            source.note(answer)
        }
        return (nil, engine.counters.starts)
    }
}
