import FleetModel

/// What comes next in the life of a fault.
public enum FaultStep: UInt8, Hashable, Sendable {
    /// Somebody knows of it, or of its cause.
    case noticed
    /// What it struck is taken out of the fleet to be mended.
    case repairBegins
    /// It is repaired.
    case ends
}

/// What a fault does at a moment of its life. Who runs the world brings it about, in the order in
/// which it is given; which gangs are on a node is looked up then.
public enum FaultEffect: Hashable, Sendable {
    /// Gangs with a member on these nodes can go no further: all of them, or those that hold one of
    /// the devices. The change that follows says so to the engine.
    case hits([NodeID], devices: UInt64?)
    /// The fleet is another from now on: nodes come or go, are closed or opened, and devices break
    /// or are healed.
    case changes([Input])
    /// Gangs on the node break, through its fault: all of them, or those that span nodes.
    case breaks(on: NodeID, spanningOnly: Bool)
    /// The program of this job crashes.
    case crashes(JobID)
    /// What gangs on the node compute is wrong from now on.
    case taints(NodeID)
    /// Gangs on the node go on at another speed.
    case changesSpeed(on: NodeID)
    /// Gangs on the node have to leave it by a deadline.
    case evacuates(NodeID)
    /// The fault goes on to the next step of its life.
    case continues(FaultStep, after: TimeSpan)
}

/// What a gang meets on the nodes where it starts.
public enum FaultEncounter: Hashable, Sendable {
    /// What it computes is wrong.
    case taints
    /// It breaks after a while, unless the fault has gone by then.
    case breaks(fault: Int, after: TimeSpan)
}
