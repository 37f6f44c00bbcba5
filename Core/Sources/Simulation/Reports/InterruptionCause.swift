import FleetModel

/// Why an attempt of a job was cut short, as reports tell it.
public enum InterruptionCause: UInt8, CaseIterable, Hashable, Sendable {
    /// A device failed under it.
    case device
    /// A node failed under it.
    case node
    /// A node of its lost the network.
    case link
    /// A whole rack went.
    case rack
    /// Its program crashed for once.
    case software
    /// Its results had been wrong for a while.
    case corruption
    /// A node was slow; or what that slowness cost.
    case slowNode
    /// Nodes or devices went as planned, with what ran on them.
    case planned
    /// Its own program failed.
    case program
    /// It was stopped for another job.
    case preemption
    /// It was stopped because its node had to be empty.
    case maintenance

    /// The name in JSON and tables.
    public var name: String {
        switch self {
        case .device: "device"
        case .node: "node"
        case .link: "link"
        case .rack: "rack"
        case .software: "software"
        case .corruption: "corruption"
        case .slowNode: "slowNode"
        case .planned: "planned"
        case .program: "program"
        case .preemption: "preemption"
        case .maintenance: "maintenance"
        }
    }

    /// Whether something broke, so that the time until the gang runs again is time to repair.
    public var isFailure: Bool { self != .preemption && self != .maintenance }

    /// The cause behind an attempt that broke by a fault.
    init(_ kind: FaultKind) {
        switch kind {
        case .device: self = .device
        case .node: self = .node
        case .link: self = .link
        case .rack: self = .rack
        case .software: self = .software
        case .corruption: self = .corruption
        case .slowNode: self = .slowNode
        }
    }

    /// The cause behind an attempt that ended without a fault.
    init(_ cause: FailureCause) {
        switch cause {
        case .application: self = .program
        case .node, .device: self = .planned
        case .start: self = .software
        case .preemption: self = .preemption
        case .maintenance: self = .maintenance
        }
    }
}
