import ControlPlane
import Health
import Logging

extension Keeper {
    /// Tests the machine, or says that nobody repairs it. It may have been told before.
    func take(_ order: CareOrder) {
        switch order {
        case .repair(let node, let id, _, _), .restack(let node, let id, _):
            report(.repaired(node, id, .impossible))
        case .qualify(let node, let id, let level, _, _):
            // A test loads all of the machine: beside jobs it harms them and measures them.
            guard gangs.isEmpty, strangers.isEmpty else {
                logger.info("the test \(id.rawValue) of this machine does not run beside jobs")
                return report(.qualified(node, id, .noAnswer(level)))
            }
            checks.begin(id, level) { [report] in report(.qualified(node, id, $0)) }
        }
    }
}
