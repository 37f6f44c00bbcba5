import FleetModel

extension Engine {
    /// Keeps a job off a node that is to blame for its end; the last few nodes are remembered.
    mutating func suspect(_ node: NodeID, _ slot: Int) {
        guard hasTimeline, !jobs[slot].suspects.contains(node) else { return }
        if jobs[slot].suspects.isEmpty { suspicious.append(Int32(slot)) }
        jobs[slot].suspects.append(node)
        if jobs[slot].suspects.count > Engine.suspectsKept { jobs[slot].suspects.removeFirst() }
    }

    /// Keeps a job that waits off a node that is to blame for the end of what it goes on with.
    mutating func suspect(_ node: NodeID, ofWaiting id: JobID) {
        guard let slot = jobs.slot(of: id), isKnown(node),
            jobs[slot].phase == .queued || jobs[slot].phase == .blocked
        else { return }
        let before = jobs[slot].suspects
        suspect(node, slot)
        guard jobs[slot].suspects != before else { return }
        setSuspects(slot, jobs[slot].suspects)
        expectForgiveness(slot)
    }

    /// Whether a node is, or was, part of the fleet.
    func isKnown(_ node: NodeID) -> Bool { placer.fleet.present.indices.contains(node.index) }

    private static let suspectsKept = 8
    /// How long a job waits before it goes back to a node that is to blame for its end, where
    /// nothing else is left for it. In this time the node's agent tells of a fault, and the health
    /// engine, which watches the node, has it closed and tested: then the job waits for the test.
    static let suspectsFor = TimeSpan.seconds(60)

    /// Clears a node that came back into service: somebody has seen to it.
    mutating func clearSuspicion(of node: NodeID) {
        for slot in suspicious where jobs[Int(slot)].suspects.contains(node) {
            setSuspects(Int(slot), jobs[Int(slot)].suspects.filter { $0 != node })
        }
        suspicious = suspicious.filter { !jobs[Int($0)].suspects.isEmpty }
    }

    /// Has the engine woken when a job that waits may go back to nodes that it suspects.
    mutating func expectForgiveness(_ slot: Int) {
        guard !jobs[slot].suspects.isEmpty else { return }
        timers.append(.wake(at: now + Engine.suspectsFor, token: token(slot, .forgiving)))
    }

    /// Lets jobs that have waited for ``suspectsFor`` go back to nodes that they suspect when there
    /// is no other place for them in the whole fleet, or when nothing else runs that could end and
    /// leave them one.
    mutating func forgiveSuspects() {
        for slot in suspicious where mayForgive(Int(slot)) {
            let gang = Int(room.gangClass(gangRequest(jobs[Int(slot)])))
            if placedSlots.isEmpty || chance(ofGang: gang) != .possible {
                setSuspects(Int(slot), [])
            }
        }
        suspicious = suspicious.filter { !jobs[Int($0)].suspects.isEmpty }
    }

    /// Nodes that are gone need no time: they are cleared when they come back.
    private func mayForgive(_ slot: Int) -> Bool {
        guard jobs[slot].phase == .queued else { return false }
        return jobs[slot].waitsSince + Engine.suspectsFor <= now
            || !jobs[slot].suspects.contains { placer.fleet.present[$0.index] }
    }

    /// Takes note that a job is no more.
    mutating func forgetSuspicion(_ slot: Int) {
        guard !jobs[slot].suspects.isEmpty else { return }
        suspicious.removeAll { $0 == Int32(slot) }
    }

    private mutating func setSuspects(_ slot: Int, _ nodes: [NodeID]) {
        jobs[slot].suspects = nodes
        guard jobs[slot].phase == .queued else { return }
        dropReservation(of: slot)
        room.dequeue(order: jobs[slot].order, from: Int(jobs[slot].waitClass))
        join(slot)
        newcomers.append(Int32(slot))
    }
}
