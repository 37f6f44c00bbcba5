import FleetModel

/// What an attempt used of a node.
public struct UsedHardware: Hashable, Sendable {
    /// The node.
    public var node: NodeID
    /// Bit `i` says that it had device `i`.
    public var devices: UInt64

    /// Names a part of a node.
    public init(node: NodeID, devices: UInt64) {
        self.node = node
        self.devices = devices
    }
}

extension HealthEngine {
    /// How long agents are heard before a program that failed is taken to have failed by itself:
    /// they tell a fault after half a second, and a control plane that is busy takes it a little
    /// later.
    public static let wordPatience = TimeSpan.seconds(3)

    /// Faults that the ledger keeps of the node itself and of these devices, each of which takes
    /// hardware out, that were seen on this node from one time to another, by the wall's clock.
    /// What nobody knows the meaning of is none.
    ///
    /// Where nobody says which device is whose, all of the node's count. O(records that are kept of
    /// the machine and its devices).
    public func faults(of used: UsedHardware, from: Instant, until: Instant) -> [FaultRecord] {
        guard let known = self[used.node] else { return [] }
        // A machine has the faults of its devices as well as its own.
        let all = ledger.machines[known.machine.index].history.faults
        let near = all.filter { record in
            record.node == used.node && record.action.takesOut && record.severity != .unknown
                && record.seenAt >= from && record.seenAt <= until
        }
        guard !near.isEmpty, known.report.isolatesDevices else { return near }
        let others = known.parts.enumerated().filter { index, part in
            part != nil && (index >= 64 || used.devices & 1 << UInt64(index) == 0)
        }.compactMap { $0.element.map { ledger.parts[$0.index].history.faults } }
        return near.filter { record in !others.contains { $0.contains(record) } }
    }

    /// The first of the ``faults(of:from:until:)`` of all that an attempt used; of two at one
    /// instant that of the lower node. The first hardware fault near a failure is taken for its
    /// cause (arXiv 2410.21680, section on attribution).
    public func firstFault(
        of used: [UsedHardware], from: Instant, until: Instant
    ) -> FaultRecord? {
        used.flatMap { faults(of: $0, from: from, until: until) }.min {
            ($0.seenAt, $0.node) < ($1.seenAt, $1.node)
        }
    }
}
