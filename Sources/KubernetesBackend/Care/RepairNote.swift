import Health
import KubernetesObjects

/// What a node is marked with beside the mark that others act on: what it was before the repair, so
/// that whoever comes next knows when that is done.
struct RepairNote: Hashable {
    var work: RepairWork
    var operation: Int64
    /// The UUID of the device that is repaired; nil for the node.
    var device: String?
    var bootID: String
    var machineID: String
    var providerID: String

    init(_ work: RepairWork, _ id: OperationID, device: String?, of facts: NodeFacts) {
        (self.work, operation, self.device) = (work, id.rawValue, device)
        (bootID, machineID, providerID) = (facts.bootID, facts.machineID, facts.providerID)
    }

    /// Reads an annotation; nil for what is none of ours.
    init?(_ text: String) {
        let words = text.split(separator: " ", omittingEmptySubsequences: false).map {
            $0 == "-" ? "" : String($0)
        }
        guard words.count == 6,
            let work = RepairWork(words[0]),
            let operation = Int64(words[1])
        else { return nil }
        (self.work, self.operation) = (work, operation)
        device = words[2].isEmpty ? nil : words[2]
        (bootID, machineID, providerID) = (words[3], words[4], words[5])
    }

    var text: String {
        [work.text, "\(operation)", device ?? "", bootID, machineID, providerID].map {
            $0.isEmpty ? "-" : $0
        }.joined(separator: " ")
    }

    /// What keeps anybody from knowing when it is done; nil for nothing.
    var obstacle: String? {
        switch work {
        case .repair(.reboot) where bootID.isEmpty: "its node does not tell its bootID"
        case .repair(.replace) where machineID.isEmpty && providerID.isEmpty:
            "its node tells neither its machineID nor its providerID"
        default: nil
        }
    }

    /// Whether a node shows that the repair was done: it has started again, or is another machine,
    /// and is ready.
    func isDone(_ facts: NodeFacts) -> Bool {
        if case .notReady = facts.readiness { return false }
        func isOther(_ now: String, _ before: String) -> Bool {
            !now.isEmpty && !before.isEmpty && now != before
        }
        switch work {
        case .repair(.reboot): return isOther(facts.bootID, bootID)
        case .repair(.replace):
            return isOther(facts.machineID, machineID) || isOther(facts.providerID, providerID)
        default: return false
        }
    }
}
