/// What the driver itself asks for (XID 154; NVML's GPU recovery action, DCGM field 1523).
public enum RecoveryVerdict: UInt8, CaseIterable, Hashable, Sendable {
    /// Nothing, or nothing any more.
    case none = 0
    /// Reset the GPU.
    case resetDevice = 1
    /// Reboot the node.
    case rebootNode = 2
    /// Drain jobs that use peer access.
    case drainPeerToPeer = 3
    /// Drain, then reset.
    case drainAndReset = 4
    /// Recover the IMEX domain.
    case recoverFabricDomain = 5
    /// Reset the bus.
    case resetBus = 6
    /// Reboot the system.
    case rebootSystem = 7

    /// The action that it asks for.
    public var action: FaultAction {
        switch self {
        case .none: .none
        case .resetDevice: .resetDevice
        case .rebootNode, .rebootSystem: .rebootNode
        case .drainPeerToPeer: .drainPeerToPeer
        case .drainAndReset: .drainAndReset
        case .recoverFabricDomain: .recoverFabricDomain
        case .resetBus: .resetBus
        }
    }

    /// How grave that makes the fault: a reboot means that the device is lost until then.
    public var severity: FaultSeverity {
        switch self {
        case .none: .info
        case .rebootNode, .rebootSystem: .fatal
        default: .critical
        }
    }
}
