import FleetModel

extension Engine {
    /// Takes no new work to a node, and empties it at a deadline.
    mutating func drain(_ node: NodeID, by deadline: Instant) {
        guard isPresent(node) else { return }
        setDrained(node, true)
        drainDeadlines[node] = deadline
        timers.append(
            .wake(
                at: max(now, deadline),
                token: Timer(
                    job: JobID(rawValue: node.rawValue), attempt: Attempt(0),
                    purpose: .drainDeadline
                ).token))
    }

    /// Stops what still runs on a node whose deadline has come, and queues it again.
    mutating func emptyNode(_ node: NodeID, _ directives: inout [Directive]) {
        guard let deadline = drainDeadlines[node], deadline <= now, isPresent(node),
            placer.fleet.drained[node.index]
        else { return }
        drainDeadlines[node] = nil
        var slots: [Int32] = []
        for holder in holders[node.index] where !slots.contains(holder.slot) {
            slots.append(holder.slot)
        }
        slots.sort { jobs[Int($0)].order < jobs[Int($1)].order }
        for slot in slots where jobs[Int(slot)].phase != .stopping {
            placer.counters.drains += 1
            stop(Int(slot), reason: .maintenance, then: .requeue(.maintenance), &directives)
        }
    }

    /// Takes note of a checkpoint: less is lost when the gang is stopped. It has got further, too,
    /// so that what broken hardware used up of its retries is given back: a large gang that runs
    /// for months meets more faults than any number that would stop one that gets nowhere.
    mutating func noteCheckpoint(_ id: JobID, _ attempt: Attempt) {
        guard let slot = jobs.slot(of: id), jobs[slot].attempt == attempt,
            jobs[slot].phase == .running || jobs[slot].phase == .starting
        else { return }
        jobs[slot].checkpointedAt = now
        for cause in [FailureCause.node, .device] {
            jobs[slot].retriesUsed[Int(cause.rawValue)] = 0
        }
    }
}
