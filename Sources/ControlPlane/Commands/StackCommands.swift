import FleetModel
import Health
import HealthControl
import Qualification
import Stacks
import Store

extension ControlPlane {
    /// Begins to bring a pool to a stack, and gives the rollout's number. Throws `M0604` for a
    /// stack or pool that is not there, `M0618` when the pool is on its way already, and `M0601`
    /// for a plan that cannot work.
    public func roll(_ request: RolloutRequest, by caller: Caller) async throws -> Int64 {
        try await perform { driver in
            driver.now = max(driver.now, driver.clock.now())
            var request = request
            request.by = caller.name
            if let refusal = driver.desk.stacks.objection(to: request) {
                throw driver.refusal(refusal, pool: request.pool, stack: request.stack)
            }
            driver.audit(
                caller, "rollout", "pool \(request.pool)", detail: "to \(request.stack)")
            driver.tellHealth(.stack(.begin(request)))
            if !driver.installsStacks {
                driver.tell(
                    EventRow(
                        kind: "stack", at: driver.now,
                        text: "nobody installs stacks on this backend: nodes of pool "
                            + "'\(request.pool)' are drained in waves, and wait until they tell "
                            + "the new versions or somebody says 'muster say repaired NODE'"))
            }
            driver.showsHealth = true
            return driver.desk.stacks.rollout(in: request.pool)?.number ?? 0
        }
    }

    /// Does something with the rollout in a pool. Throws `M0604` when there is none, and `M0618`
    /// when it cannot be done.
    public func command(
        _ command: RolloutCommand, rolloutIn pool: String, by caller: Caller
    ) async throws {
        try await perform { driver in
            driver.now = max(driver.now, driver.clock.now())
            if let refusal = driver.desk.stacks.objection(to: command, in: pool) {
                throw driver.refusal(refusal, pool: pool, stack: "")
            }
            driver.audit(caller, command.rawValue, "rollout in pool \(pool)")
            driver.tellHealth(.stack(.command(pool: pool, command, by: caller.name)))
            driver.showsHealth = true
        }
    }
}

extension Driver {
    /// A refusal in words.
    fileprivate func refusal(
        _ refusal: StackRefusal, pool: String, stack: String
    ) -> OperatingError {
        let pool = "'\(pool.prefix(200))'"
        switch refusal {
        case .unknownStack:
            let names = desk.stacks.declared.compactMap { desk.stacks[$0]?.name }.sorted()
            return OperatingError(
                .notFound, "there is no stack '\(stack.prefix(200))'",
                detail: names.isEmpty
                    ? "no file of stacks was read" : "known: \(names.joined(separator: ", "))",
                hint: "name a file of stacks with muster up --stacks FILE")
        case .emptyPool: return OperatingError(.notFound, "no node is in a pool \(pool)")
        case .noRollout:
            return OperatingError(.notFound, "no rollout is under way in the pool \(pool)")
        case .underWay:
            return OperatingError(
                .rolloutRefused, "the pool \(pool) is on its way to a stack already",
                hint: "wait for the end of it, or cancel it, or roll it back")
        case .noPrevious:
            return OperatingError(
                .rolloutRefused, "the pool \(pool) has no old stack to go back to",
                hint: "cancel the rollout, and roll the pool to a stack that is known to work")
        case .tooLate:
            return OperatingError(
                .rolloutRefused, "the rollout in the pool \(pool) is on its way out already")
        case .plan(let mistakes):
            return OperatingError(
                .malformedRequest, "the plan cannot work",
                detail: mistakes.joined(separator: "; "))
        }
    }
}
