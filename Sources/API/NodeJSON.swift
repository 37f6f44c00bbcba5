import ControlPlane
import FleetModel
import Store

/// Writes nodes as the API shows them.
public struct NodeJSON {
    private let view: FleetView

    /// Names come from `view`.
    public init(_ view: FleetView) { self.view = view }

    /// A node as lists and events show it.
    public func write(_ node: NodeView, to json: inout JSONBytes) {
        json.object { members(node, &$0) }
    }

    /// One node with its host and its last events.
    public func write(_ node: NodeView, events: [EventRow], to json: inout JSONBytes) {
        json.object { json in
            members(node, &json)
            let host = node.row.spec.host
            json.member("cpuMilli", host.cpuMilli)
            json.member("memoryMiB", host.memoryMiB)
            json.member("diskMiB", host.diskMiB)
            json.member("nics", host.nics)
            json.key("events")
            json.array(events) { EventJSON.write($1, to: &$0) }
        }
    }

    private func members(_ node: NodeView, _ json: inout JSONBytes) {
        let spec = node.row.spec
        json.member("name", view.directory.node(spec.id))
        json.member("pool", view.directory.fleet.pools[spec.pool])
        json.member("kind", spec.kind.map { view.directory.fleet.kinds[$0] })
        json.member("devices", spec.devices)
        json.member("state", node.state.rawValue)
        json.member("domains", view.directory.domainValues(of: spec))
        json.key("unhealthy")
        json.array(JobJSON.bits(node.row.outOfService)) { $0.integer($1) }
        json.member("free", milli: node.freeMilli)
        json.key("jobs")
        json.array(occupants(node)) { json, occupant in
            let job = view.jobs[occupant.job.index]?.row
            json.object { json in
                json.member("job", occupant.job.rawValue)
                json.member("name", job?.name ?? "")
                json.member("tenant", job.map { view.directory.tenant($0.tenant) } ?? "")
                json.key("devices")
                json.array(JobJSON.bits(occupant.devices)) { $0.integer($1) }
                json.member("gpus", milli: occupant.gpuMilli)
            }
        }
        json.member("reason", reason(node.row))
        json.member("since", time: node.row.since)
        json.member("deadline", time: node.row.deadline)
        json.member("reservedFor", node.reservedFor?.rawValue)
        json.member("isSpare", node.isSpare)
    }

    /// One entry for each job; parts of one device stay apart.
    private func occupants(_ node: NodeView) -> [NodeOccupant] {
        var merged: [NodeOccupant] = []
        for occupant in node.occupants {
            if occupant.deviceMilli == 1000,
                let index = merged.firstIndex(where: {
                    $0.job == occupant.job && $0.deviceMilli == 1000
                })
            {
                merged[index].devices |= occupant.devices
            } else {
                merged.append(occupant)
            }
        }
        return merged
    }

    private func reason(_ row: NodeRow) -> String? {
        let parts = [
            row.cordonedBy.map { "\(row.reason ?? "") (\($0))" },
            row.isClosed ? row.closedFor : nil, row.isHeld ? row.heldFor : nil,
        ].compactMap { $0 }
        return parts.isEmpty ? nil : parts.joined(separator: "; ")
    }
}

/// Writes events as the API shows them.
public enum EventJSON {
    /// One event.
    public static func write(_ event: EventRow, to json: inout JSONBytes) {
        json.object { json in
            json.member("id", event.id)
            json.member("at", time: event.at)
            json.member("kind", event.kind)
            json.member("job", event.job?.rawValue)
            json.member("name", event.name)
            json.member("tenant", event.tenant)
            json.member("node", event.node)
            json.member("attempt", event.attempt)
            json.member("text", event.text)
        }
    }
}
