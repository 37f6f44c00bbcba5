/// What goes wrong in a fleet, by what it does to the work there.
public enum FaultKind: UInt8, CaseIterable, Hashable, Sendable {
    /// One device is out of service until it is repaired; gangs that hold it break.
    case device
    /// A node is gone until it is repaired; gangs on it break.
    case node
    /// A node has lost its network: gangs that span nodes break; once that is understood the node
    /// takes no new work until it is repaired.
    case link
    /// All nodes of one domain of the finest level are gone at once: power or a leaf switch.
    case rack
    /// The program of one gang crashes, through no fault of the hardware and for no fault of its
    /// own that would strike again.
    case software
    /// A device computes wrong results that are noticed hours later; what was done since is lost.
    case corruption
    /// A node is slow, and every gang on it as slow as the node; it is noticed hours later,
    /// drained by a deadline and repaired.
    case slowNode

    /// The name in reports and files.
    public var name: String {
        switch self {
        case .device: "device"
        case .node: "node"
        case .link: "link"
        case .rack: "rack"
        case .software: "software"
        case .corruption: "corruption"
        case .slowNode: "slowNode"
        }
    }

    /// Whether it strikes one node; otherwise one domain.
    public var strikesNode: Bool { self != .rack }
}
