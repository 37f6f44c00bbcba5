import ControlPlane
import Health
import Logging

extension Keeper {
    /// Tests the machine, or says that nobody repairs it. It may have been told before.
    func take(_ order: CareOrder) {
        switch order {
        case .drop(_, let id): checks.drop(id)
        case .repair(let node, let id, _, _), .restack(let node, let id, _):
            report(.repaired(node, id, .impossible))
        // One machine has no other to be tested with.
        case .pair(let node, let id, let level, _): report(.qualified(node, id, .noAnswer(level)))
        case .qualify(let node, let id, let level, _, _):
            // A test loads all of the machine: beside jobs it harms them and measures them.
            guard gangs.isEmpty, strangers.isEmpty, waiting.isEmpty else {
                logger.info("the test \(id.rawValue) of this machine does not run beside jobs")
                return report(.qualified(node, id, .noAnswer(level)))
            }
            checks.begin(id, level) { [report] in report(.qualified(node, id, $0)) }
        }
    }

    /// How long a job waits for a test that ends.
    private static let letGoNanoseconds: Int64 = 15_000_000_000

    /// Carries an order out, when no test has the machine any more: jobs go before tests, but the
    /// memory of a device is free only when the last process of a test is gone. What comes behind a
    /// start that waits keeps its place.
    func accept(_ order: BackendOrder) {
        if waiting.isEmpty {
            guard case .start(let launch) = order, checks.isBusy,
                gangs[GangKey(job: launch.job, attempt: launch.attempt)] == nil
            else { return execute(order) }
            checks.stop()
            waitingUntil = Keeper.now() + Keeper.letGoNanoseconds
        }
        waiting.append(order)
    }

    /// Carries out what has waited, if a test let go of the machine, or never does.
    func acceptWaiting(now: Int64) {
        guard !waiting.isEmpty else { return }
        let isBusy = checks.isBusy
        guard !isBusy || now >= waitingUntil else { return }
        if isBusy { logger.warning("a test of this machine does not end; jobs start beside it") }
        let orders = waiting
        waiting = []
        for order in orders { execute(order) }
    }
}
