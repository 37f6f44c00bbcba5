import FleetModel
import Store

/// A member of a job on a node.
public struct NodeOccupant: Hashable, Sendable {
    /// The job.
    public var job: JobID
    /// Bit `i` says that it has device `i`.
    public var devices: UInt64
    /// Thousandths of each of them.
    public var deviceMilli: Int32
    /// What it has of the host.
    public var host: HostResources

    /// Thousandths of GPUs.
    public var gpuMilli: Int64 { Int64(devices.nonzeroBitCount) * Int64(deviceMilli) }
}

/// What a node is good for.
public enum NodeState: String, CaseIterable, Sendable {
    /// It takes work.
    case ready
    /// It takes no new work; what is there may go on as if nothing were.
    case cordoned
    /// It takes no new work, and is to become empty: by a deadline, or when all that was there has
    /// ended.
    case draining
    /// It is not there.
    case lost
}

/// A node as people see it.
public struct NodeView: Sendable {
    /// What is kept of it.
    public var row: NodeRow
    /// Who is on it.
    public var occupants: [NodeOccupant] = []
    /// The job that free devices of it are held for.
    public var reservedFor: JobID?
    /// Whether it is kept free for large gangs.
    public var isSpare = false

    /// Wraps a row.
    public init(row: NodeRow) { self.row = row }

    /// Whether anybody closed it for new work.
    public var isClosed: Bool { row.cordonedBy != nil || row.isClosed || row.isHeld }

    /// What it is good for.
    public var state: NodeState {
        if !row.isPresent { return .lost }
        guard isClosed else { return .ready }
        if let deadline = row.deadline, deadline != .never { return .draining }
        let isEmptied = row.deadline != nil || row.isClosed || row.isHeld
        return isEmptied && !occupants.isEmpty ? .draining : .cordoned
    }

    /// All devices, one bit each.
    public var allDevices: UInt64 {
        row.spec.devices >= 64 ? .max : (1 << UInt64(row.spec.devices)) - 1
    }

    /// Devices in service, whether or not the node takes work.
    public var healthyDevices: UInt64 { row.isPresent ? allDevices & ~row.outOfService : 0 }

    /// Thousandths of devices in use.
    public var allocatedMilli: Int64 { occupants.reduce(0) { $0 + $1.gpuMilli } }

    /// Devices of which nobody has anything.
    public var wholeFreeDevices: UInt64 {
        occupants.reduce(healthyDevices) { $0 & ~$1.devices }
    }

    /// Thousandths of devices that somebody could have now.
    public var freeMilli: Int64 {
        guard state == .ready else { return 0 }
        var partly = 0 as Int64
        var shared: UInt64 = 0
        for occupant in occupants where occupant.deviceMilli < 1000 {
            shared |= occupant.devices & healthyDevices
            partly += occupant.gpuMilli
        }
        let rest = Int64(shared.nonzeroBitCount) * 1000 - partly
        return Int64(wholeFreeDevices.nonzeroBitCount) * 1000 + max(0, rest)
    }

    /// What is left of the host.
    public var freeHost: HostResources {
        occupants.reduce(row.spec.host) { $0 - $1.host }
    }
}
