import FleetModel

/// What would be done if a breaker allowed it, or if the policy left it to the engine.
public enum ProposedAction: Hashable, Sendable {
    /// Take the node out of service.
    case takeOut
    /// Take these devices out of service.
    case takeOutDevices(UInt64)
    /// Repair it.
    case repair(FaultAction)
    /// Test it, since no test that is good enough has come to an end.
    case prove
    /// Hand it back: nothing is left to try.
    case giveUp
    /// Look after an agent that is silent.
    case lookAfterAgent
    /// Bring it to this stack of versions.
    case restack(StackID)
}

/// What the health engine asks the driver to do. Carrying one out twice is harmless.
public enum HealthDirective: Hashable, Sendable {
    /// No new work for the node, in Muster's own name.
    case cordon(NodeID)
    /// Muster's own cordon goes; others' stay.
    case uncordon(NodeID)
    /// As `cordon`; what still runs there at the deadline is stopped, or nothing when it is nil.
    case drain(NodeID, deadline: Instant?)
    /// These devices of the node are out of service and no others.
    case setDevices(NodeID, unhealthy: UInt64)
    /// Test the node, or these devices of it, and answer with the operation's id.
    case qualify(
        NodeID, OperationID, QualificationLevel, devices: UInt64, components: ComponentSet)
    /// Test the network between the node and another one, which is free for it, and answer with
    /// the operation's id as to a test. Passed with the network among the components says that
    /// both are in order, failed that something between them or in one of them is not.
    case pair(NodeID, OperationID, QualificationLevel, with: NodeID)
    /// Repair the node, or one device of it, and answer with the operation's id.
    case repair(NodeID, OperationID, FaultAction, device: Int32?)
    /// Bring the node to a stack of versions, and answer with the operation's id as to a repair.
    case restack(NodeID, OperationID, StackID)
    /// The node is not taken in, for these reasons.
    case refuse(NodeID, Evidence)
    /// This would be done, but is left to people.
    case propose(NodeID, ProposedAction, why: HoldReason)
    /// Something that people may want to know.
    case tell(HealthEvent)
    /// Send ``HealthInput/wake(token:)`` at this time, by the wall's clock.
    case wake(at: Instant, token: Int64)
}
