import FleetModel
import Health
import Scheduler

// Whom the end of a program is put down to, as the driver does it.
extension HealthWorld {
    /// The program is gone. What it left behind names somebody, or faults do, or nobody for now.
    mutating func crash(_ id: JobID, _ attempt: Attempt, _ named: NodeID?) {
        let job = jobs[id.index]
        guard job.attempt == attempt, job.progress != nil, job.goneAt == nil else { return }
        jobs[id.index].goneAt = now
        if let named, firstFault(under: id) == nil {
            // The driver has it watched, so that it is tested when it is idle.
            tell(.found(named, finding(.node, .watch, .warning, cause: 6, at: now)))
            return end(id, suspect: named)
        }
        judge(id, isLast: false)
        guard jobs[id.index].goneAt != nil else { return }
        after(HealthEngine.wordPatience, .judge(id, attempt))
    }

    /// Puts an end that waits down to the first fault under it, or to the program when agents were
    /// heard for long enough.
    mutating func judge(_ id: JobID, isLast: Bool) {
        guard jobs[id.index].goneAt != nil else { return }
        let suspect = firstFault(under: id)
        if suspect != nil || isLast { end(id, suspect: suspect) }
    }

    /// A fault was told that may be what ended programs on this node a moment ago.
    mutating func explainEnds(on node: NodeID) {
        guard occupants.indices.contains(node.index) else { return }
        for occupant in occupants[node.index] { judge(occupant.job, isLast: false) }
    }

    private func firstFault(under id: JobID) -> NodeID? {
        let job = jobs[id.index]
        let used = job.members.map { UsedHardware(node: $0.node, devices: $0.devices) }
        return health.firstFault(of: used, from: job.startedAt, until: now)?.node
    }

    private mutating func end(_ id: JobID, suspect: NodeID?) {
        let attempt = jobs[id.index].attempt
        setSuspect(suspect, of: id)
        if let suspect {
            give(.failOn(id, attempt, .node, suspect: suspect))
        } else {
            give(.fail(id, attempt, .application))
        }
    }
}
