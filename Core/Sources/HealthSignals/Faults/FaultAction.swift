/// What to do about a fault, from the weakest to the strongest.
public enum FaultAction: String, CaseIterable, Hashable, Comparable, Sendable {
    /// Nothing.
    case none
    /// Nobody published what to do, and Muster does not guess.
    case unknown
    /// Keep an eye on it: wear, few spares left.
    case watch
    /// Start the job's program again.
    case restartApplication
    /// Install newer software or firmware.
    case updateSoftware
    /// Restart the Fabric Manager.
    case restartFabricManager
    /// Run the vendor's diagnostics on the device.
    case diagnose
    /// Look at the hardware: seating, cables, cooling.
    case inspect
    /// Drain jobs that use peer access to the device.
    case drainPeerToPeer
    /// Restart the virtual machine.
    case restartVirtualMachine
    /// Reset the device.
    case resetDevice
    /// Let jobs end, then reset the device.
    case drainAndReset
    /// Reset the devices whose links pass the faulty port, else reboot the node.
    case resetLinkedDevices
    /// Reset all devices and switches of the node together, else reboot it.
    case resetFabric
    /// Recover the domain of a multi-node NVLink fabric (IMEX).
    case recoverFabricDomain
    /// Reset the device's bus.
    case resetBus
    /// Reboot the node.
    case rebootNode
    /// Write to the provider: the hardware has to be exchanged or examined.
    case contactProvider

    /// Orders by strength.
    public static func < (left: FaultAction, right: FaultAction) -> Bool {
        left.strength < right.strength
    }

    /// Whether hardware is worked on, so that no job can stay where that happens.
    public var isRepair: Bool {
        switch self {
        case .none, .unknown, .watch, .restartApplication, .updateSoftware,
            .restartFabricManager, .diagnose:
            false
        default: true
        }
    }

    private var strength: Int {
        switch self {
        case .none: 0
        case .unknown: 1
        case .watch: 2
        case .restartApplication: 3
        case .updateSoftware: 4
        case .restartFabricManager: 5
        case .diagnose: 6
        case .inspect: 7
        case .drainPeerToPeer: 8
        case .restartVirtualMachine: 9
        case .resetDevice: 10
        case .drainAndReset: 11
        case .resetLinkedDevices: 12
        case .resetFabric: 13
        case .recoverFabricDomain: 14
        case .resetBus: 15
        case .rebootNode: 16
        case .contactProvider: 17
        }
    }
}

/// How grave a fault is.
public enum FaultSeverity: UInt8, CaseIterable, Hashable, Comparable, Sendable {
    /// Good to know.
    case info
    /// A code without a meaning that anybody published. It never takes hardware out of service.
    case unknown
    /// A sign of trouble: hardware stays in service, under suspicion.
    case warning
    /// The hardware must not go on without a repair.
    case critical
    /// The hardware is gone already.
    case fatal

    /// Orders by gravity.
    public static func < (left: FaultSeverity, right: FaultSeverity) -> Bool {
        left.rawValue < right.rawValue
    }

    /// The word for files and pages.
    public var name: String {
        switch self {
        case .info: "info"
        case .unknown: "unknown"
        case .warning: "warning"
        case .critical: "critical"
        case .fatal: "fatal"
        }
    }

    /// Reads ``name``.
    public init?(name: String) {
        guard let found = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = found
    }
}

/// What to do when the immediate action did not end it: the catalogue's investigatory bucket.
public enum FaultFollowUp: String, CaseIterable, Hashable, Sendable {
    /// Nothing.
    case none
    /// Ask the provider or the vendor.
    case contactProvider
    /// Look for the mistake in the application.
    case checkApplication
    /// Look for the mistake in driver, firmware or who used them.
    case investigateSoftware
    /// It follows from another fault: deal with that one, and ask only if it stands alone.
    case sympathetic
    /// Look whether it repeats on the same part.
    case repetition
    /// Look at the link: cables, seating, telemetry of both ends.
    case inspectLink
    /// The other end of the link was the cause.
    case investigatePeer
    /// Look at the host's other logs.
    case investigateHost
    /// Install newer software or firmware.
    case updateSoftware
}

/// What a fault is about.
public enum FaultScope: String, CaseIterable, Hashable, Sendable {
    /// A process and its work on the device.
    case process
    /// An accelerator.
    case device
    /// A link between accelerators.
    case link
    /// A switch of such links.
    case fabricSwitch
    /// Driver or firmware.
    case driver
    /// A network card, its port or cable.
    case network
    /// The whole node.
    case node
}
