import FleetModel

/// What an operation does.
public enum OperationKind: Hashable, Sendable {
    /// A test of these devices, with these components under load.
    case qualify(QualificationLevel, devices: UInt64, components: ComponentSet)
    /// A repair.
    case repair(FaultAction)
    /// Another stack of versions.
    case restack(StackID)
    /// A test of the network between the node and this one.
    case pair(with: NodeID, QualificationLevel)
}

/// Something that was asked for and has no answer yet.
public struct Operation: Hashable, Sendable {
    /// Its id.
    public var id: OperationID
    /// The node.
    public var node: NodeID
    /// The device; nil for the node.
    public var device: Int32?
    /// What it does.
    public var kind: OperationKind
    /// When it was first asked for.
    public var begunAt: Moment
    /// When it was last asked for.
    public var askedAt: Moment
    /// How often it was asked for.
    public var asks: Int32

    /// Whether it changes the node, rather than tests it.
    public var isRepair: Bool {
        switch kind {
        case .qualify, .pair: false
        case .repair, .restack: true
        }
    }

    /// The other node, where it tests the network between two.
    public var partner: NodeID? {
        if case .pair(let other, _) = kind { other } else { nil }
    }

    /// The directive that asks for it.
    var directive: HealthDirective {
        switch kind {
        case .qualify(let level, let devices, let components):
            .qualify(node, id, level, devices: devices, components: components)
        case .repair(let action): .repair(node, id, action, device: device)
        case .restack(let stack): .restack(node, id, stack)
        case .pair(let other, let level): .pair(node, id, level, with: other)
        }
    }

    /// When it is asked for again, or given up, by the engine's clock.
    func due(_ policy: RepairPolicy) -> Instant {
        switch kind {
        case .qualify(let level, _, _):
            askedAt.engine + policy.testTimeouts[Int(level.rawValue)]
        case .pair:
            // However long it loads: most of it is the start of two sides.
            askedAt.engine + policy.testTimeouts[Int(QualificationLevel.twoMinutes.rawValue)]
        case .repair(let action):
            askedAt.engine + policy.repairTimeouts[Int(action.rawValue)]
        case .restack:
            // A reboot is the longest part of it.
            askedAt.engine + policy.repairTimeouts[Int(FaultAction.reboot.rawValue)]
        }
    }
}
