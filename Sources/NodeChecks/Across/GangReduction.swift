import FleetModel
import Qualification

/// The all-reduce of a check across nodes, from its plan to its result. A class, since a process
/// that runs cannot be copied.
final class GangReduction {
    private var running: GangAllReduce?
    /// What came of it; nil as long as nothing has.
    private(set) var result: CheckResult?

    /// Begins it, or says why there is nothing to run.
    func start(_ nodes: [GangNode], seconds: Double) {
        let devices = nodes.map { $0.reader.begun?.facts.deviceCount ?? 0 }
        let plan = GangAllReduce.plan(hosts: nodes.map(\.host), devices: devices) {
            ToolCheck.find($0, in: ToolCheck.searchPath)
        }
        switch plan {
        case .notApplicable(let words):
            result = CheckResult(.nccl, .notApplicable, [words])
        case .command(let command):
            do throws(ChildProcess.NotStarted) {
                running = try GangAllReduce(
                    command, nodes: nodes.count, devices: devices.first ?? 0, seconds: seconds)
            } catch {
                result = CheckResult(.nccl, .error, [error.words], code: .checkBroke)
            }
        }
    }

    /// Whether it has come to its end.
    func isOver() -> Bool {
        if result == nil, let found = running?.look() { result = found }
        if result != nil { running = nil }
        return result != nil
    }

    /// Ends what runs, without an answer.
    func stop() {
        guard running != nil else { return }
        running = nil
        result = CheckResult(.nccl, .error, ["it did not come to an end"], code: .checkBroke)
    }
}
