import FleetModel

/// What the fleet's free capacity is good for, at one moment.
public struct FleetSummary: Hashable, Sendable {
    /// Thousandths of devices in service on nodes that take work.
    public var schedulableMilli: Int64 = 0
    /// Of those, thousandths that nobody has.
    public var freeMilli: Int64 = 0
    /// Of the free ones, thousandths that lie on nodes that are partly in use, where no member that
    /// wants the whole node can go.
    public var strandedMilli: Int64 = 0
    /// Devices of the largest gang of whole nodes that could start now in one domain of each level,
    /// coarse to fine, the host included; the first is the whole fleet.
    public var largestGang: [Int64] = []

    /// Nothing free.
    public init() {}
}

extension Engine {
    /// Sums up what is free. O(nodes + domains).
    public mutating func summary() -> FleetSummary {
        placer.refreshTree()
        let fleet = placer.fleet
        let tree = placer.tree
        var summary = FleetSummary()
        summary.schedulableMilli = fleet.schedulableMilli.reduce(0, +)
        summary.freeMilli = fleet.freeMilli.reduce(0, +)
        var wholeNodes = [Int64](repeating: 0, count: tree.domainCount)
        var largestNode: Int64 = 0
        for position in 0..<tree.nodeCount {
            let node = Int(tree.nodeAt[position])
            guard fleet.takesWork(node), fleet.deviceCount[node] > 0 else { continue }
            let free = fleet.freeDeviceMilli(node)
            if free == fleet.serviceMilli(node) {
                wholeNodes[Int(tree.leafOf[position])] += free / 1000
                largestNode = max(largestNode, free / 1000)
            } else {
                summary.strandedMilli += free
            }
        }
        for domain in stride(from: tree.domainCount - 1, to: 0, by: -1) {
            wholeNodes[Int(tree.parent[domain])] += wholeNodes[domain]
        }
        summary.largestGang = [wholeNodes[0]]
        for range in tree.levelRanges {
            summary.largestGang.append(range.reduce(0) { max($0, wholeNodes[$1]) })
        }
        summary.largestGang.append(largestNode)
        return summary
    }

    /// Thousandths of devices that somebody has, on all nodes.
    public var allocatedMilli: Int64 {
        (0..<FleetLimits.acceleratorKinds).reduce(0) { $0 + quota.totalUsage(column: $1) }
    }

    /// Thousandths of devices in service on nodes that take work.
    public var schedulableMilli: Int64 { placer.fleet.schedulableMilli.reduce(0, +) }

    /// The domain of a node at each level above the host, as the driver named them.
    public func domains(of node: NodeID) -> [DomainID] { placer.fleet.domains[node.index] }
}
