import ControlPlane
import FleetModel
import Simulation

/// What goes wrong with the simulated machines.
extension SimulatedWorld {
    /// Lets the next fault strike.
    mutating func strikeFault() {
        guard let (index, effects) = faults?.strike() else { return }
        for effect in effects { bringAbout(effect, of: index) }
    }

    /// A gang has come to its nodes: what awaits it there.
    mutating func meetFaults(_ job: JobID, from old: [MemberPlacement]) {
        guard let gang = gangs[job], faults != nil else { return }
        let members = gang.placements
        faults?.move(job.rawValue, from: old, to: members)
        for encounter in faults?.encounters(on: FaultWorld.nodes(of: members)) ?? [] {
            switch encounter {
            case .taints: gangs[job]?.taint(at: now)
            case .breaks(let fault, let span):
                events.schedule(.breaks(job, gang.attempt, fault: fault), at: now + span)
            }
        }
    }

    /// A gang that was started on a dead link gives up.
    mutating func breakOnLink(_ job: JobID, _ attempt: Attempt, _ index: Int) {
        guard faults?.isActive(index) == true, let node = faults?.fault(index).nodes[0],
            gangs[job]?.attempt == attempt,
            gangs[job]?.members.contains(where: { $0.node == node }) == true
        else { return }
        bring(down: job, .node, suspect: node, linkDetail(node))
    }

    mutating func bringAbout(_ effect: FaultEffect, of index: Int) {
        guard let fault = faults?.fault(index) else { return }
        switch effect {
        case .hits(let nodes, let devices): halt(on: nodes, devices)
        case .changes(let inputs):
            for input in inputs { tell(input, of: fault) }
        case .breaks(let node, let spanningOnly):
            let name = fleet.nodeNames[node]
            let detail =
                fault.kind == .link
                ? linkDetail(node) : "results have been wrong for a while: \(name) computes falsely"
            for job in jobs(on: node)
            where !spanningOnly || gangs[job]?.members.contains(where: { $0.node != node }) == true
            {
                bring(down: job, .node, suspect: node, detail)
            }
        case .crashes(let job):
            let rank = gangs[job].map { Int(fault.draw % UInt64(max(1, $0.members.count))) } ?? 0
            bring(
                down: job, .start, suspect: nil,
                "rank \(rank) crashed in a library, through no fault of the hardware")
        case .taints(let node):
            for job in jobs(on: node) { gangs[job]?.taint(at: now) }
        case .changesSpeed(let node):
            for job in jobs(on: node) where gangs[job]?.isAlive == true {
                let speed = slowestSpeed(gangs[job]?.placements ?? [])
                gangs[job]?.setSpeed(of: speed, at: now)
                reschedule(job)
            }
        case .evacuates: break
        case .continues(let step, let span): events.schedule(.fault(index, step), at: now + span)
        }
    }

    private func jobs(on node: NodeID) -> [JobID] {
        (faults?.jobs(on: [node]) ?? []).map { JobID(rawValue: $0) }
    }

    /// Hardware is gone: gangs that need it can only be stopped, which the report of the loss will
    /// bring about.
    private mutating func halt(on nodes: [NodeID], _ devices: UInt64?) {
        for job in (faults?.jobs(on: nodes) ?? []).map({ JobID(rawValue: $0) }) {
            guard let gang = gangs[job], gang.isAlive,
                gang.members.contains(where: { member in
                    nodes.contains(member.node) && devices.map { member.devices & $0 != 0 } ?? true
                })
            else { continue }
            gangs[job]?.halt(.stuck, at: now)
            reschedule(job)
        }
    }

    private mutating func bring(
        down job: JobID, _ cause: FailureCause, suspect: NodeID?, _ detail: String
    ) {
        guard gangs[job]?.isAlive == true else { return }
        let breakdown = SimulatedGang.Breakdown(cause: cause, suspect: suspect, detail: detail)
        gangs[job]?.halt(.breaking(until: now + delays.stop, breakdown), at: now)
        reschedule(job)
    }

    /// Says what has become of nodes.
    private mutating func tell(_ input: Input, of fault: Fault) {
        let detail = FaultText.detail(fault, after: input)
        switch input {
        case .removeNodes(let nodes): report(.nodesLost(nodes, detail: detail))
        case .addNodes(let nodes):
            report(.nodesJoined(nodes.map(\.id)))
            for node in nodes
            where node.unhealthyDevices != fleet.nodes[node.id.index].unhealthyDevices {
                report(
                    .deviceHealth(node.id, unhealthy: node.unhealthyDevices, detail: "not repaired")
                )
            }
        case .setDeviceHealth(let node, let unhealthy):
            report(.deviceHealth(node, unhealthy: unhealthy, detail: detail))
        case .drain(let node): report(.drain(node, deadline: nil, detail: detail))
        case .drainBy(let node, let deadline):
            report(.drain(node, deadline: deadline, detail: detail))
        case .resume(let node): report(.resume(node, detail: detail))
        default: preconditionFailure("a fault that does more than harm to nodes: \(input)")
        }
    }

    private func linkDetail(_ node: NodeID) -> String {
        "a collective timed out: no answer from \(fleet.nodeNames[node])"
    }
}
