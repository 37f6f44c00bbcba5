import FleetModel
import Health
import Stacks

// The book of stacks beside the engine: what it wants done with nodes is said to the engine as if
// somebody had said it, in the same input.
extension HealthDesk {
    /// The token of the wakes for rollouts.
    public static let rolloutToken: Int64 = 2
    /// Rounds of orders and what follows from them in one input; the rest is left to the next.
    private static let stackRounds = 16

    /// What happened to stacks and rollouts since this was last asked. It is told once.
    public mutating func takeStackNews() -> [StackNews] { stacks.takeNews() }

    /// The input as it counts: a test that a node passed with other versions than it was to have
    /// proves nothing.
    mutating func weighed(_ input: HealthInput) -> HealthInput {
        guard case .qualified(let id, let operation, var outcome) = input,
            outcome.verdict == .passed, let node = engine[id],
            engine.operations.contains(where: {
                $0.id == operation && $0.node == id && $0.device == nil
            })
        else { return input }
        let objections = stacks.objections(toProofOf: node)
        guard !objections.isEmpty else { return input }
        stacks.tellObjections(objections, of: id)
        outcome.verdict = .inconclusive
        return .qualified(id, operation, outcome)
    }

    /// Lets the book hear what was decided, and the engine what the book wants.
    mutating func settleStacks(at told: Instant, _ output: inout [HealthDirective]) {
        var heard = 0
        for _ in 0..<HealthDesk.stackRounds {
            while heard < output.count {
                stacks.hear(output[heard], at: engine.clock.moment)
                heard += 1
            }
            guard stacks.isDue(at: engine.clock.engine) else { break }
            let orders = stacks.tend(engine)
            for order in orders {
                engine.apply(.stated(order.node, order.statement), at: told, into: &output)
            }
            if orders.isEmpty { break }
        }
        guard let due = stacks.nextDue else { return }
        let wall = engine.clock.wallTime(ofEngine: due)
        if let asked = askedRolloutWake, asked <= wall, asked > engine.clock.wall { return }
        askedRolloutWake = wall
        output.append(.wake(at: wall, token: HealthDesk.rolloutToken))
    }
}
