import FleetModel

/// How bad a fault is.
public enum FaultSeverity: UInt8, CaseIterable, Hashable, Sendable {
    /// Nobody knows the code. Counted and told, and never a reason to take anything out.
    case unknown
    /// Worth keeping.
    case information
    /// Worth watching.
    case warning
    /// Something does not work.
    case error
    /// Nothing works until it is repaired.
    case fatal
}

/// What a fault asks for, from least to most; each includes the proof that comes after it.
public enum FaultAction: UInt8, CaseIterable, Hashable, Comparable, Sendable {
    /// Nothing.
    case nothing
    /// The program starts again; the hardware stays.
    case restart
    /// A suspicion: watched, and no reason to take anything out.
    case watch
    /// Out of service until a test under load says otherwise.
    case prove
    /// A reset of the device.
    case reset
    /// A reboot of the node.
    case reboot
    /// Other hardware.
    case replace

    /// Orders from least to most.
    public static func < (left: FaultAction, right: FaultAction) -> Bool {
        left.rawValue < right.rawValue
    }

    /// Whether it takes the hardware out of service.
    public var takesOut: Bool { self >= .prove }
}

/// When a fault has to be acted on.
public enum FaultUrgency: UInt8, CaseIterable, Hashable, Sendable {
    /// When what runs there has ended.
    case afterJob
    /// At once.
    case now
}

/// What of a machine a fault is about or a test has loaded.
public struct ComponentSet: OptionSet, Hashable, Sendable {
    /// The bits.
    public let rawValue: UInt16
    /// Wraps bits.
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// Arithmetic units, caches and firmware of the device.
    public static let device = ComponentSet(rawValue: 1)
    /// Memory of the device.
    public static let deviceMemory = ComponentSet(rawValue: 2)
    /// Links between devices, and their switches.
    public static let deviceLink = ComponentSet(rawValue: 4)
    /// From the host to the device.
    public static let pcie = ComponentSet(rawValue: 8)
    /// Network interfaces and cables.
    public static let network = ComponentSet(rawValue: 16)
    /// Processor and memory of the host.
    public static let host = ComponentSet(rawValue: 32)
    /// Local disks.
    public static let disk = ComponentSet(rawValue: 64)

    /// Every component.
    public static let all = ComponentSet(rawValue: 127)
    /// What fails with one device and leaves the others working.
    public static let ofOneDevice: ComponentSet = [.device, .deviceMemory, .pcie]
}

/// What a fault is of.
public enum FaultScope: Hashable, Sendable {
    /// The whole node.
    case node
    /// One device, by its index in the node.
    case device(Int32)
}

/// One classified fault, with what the classification rested on.
public struct Finding: Hashable, Sendable {
    /// What it is of.
    public var scope: FaultScope
    /// The root code.
    public var cause: CauseID
    /// How bad it is.
    public var severity: FaultSeverity
    /// What it asks for.
    public var action: FaultAction
    /// When that is to be done.
    public var urgency: FaultUrgency
    /// What of the machine has to be proved afterwards.
    public var components: ComponentSet
    /// The rule that decided.
    public var rule: RuleID
    /// The version of the rules.
    public var version: Int32
    /// When it was seen on the machine, by the wall's clock.
    public var seenAt: Instant
    /// What it was read from: numbers of lines or samples that the source keeps.
    public var inputs: [Int64]

    /// Gathers a finding.
    public init(
        scope: FaultScope, cause: CauseID, severity: FaultSeverity, action: FaultAction,
        urgency: FaultUrgency = .now, components: ComponentSet = .device, rule: RuleID,
        version: Int32, seenAt: Instant, inputs: [Int64] = []
    ) {
        self.scope = scope
        self.cause = cause
        self.severity = severity
        self.action = action
        self.urgency = urgency
        self.components = components
        self.rule = rule
        self.version = version
        self.seenAt = seenAt
        self.inputs = inputs
    }

    /// What may be done about it: an unknown fault never takes anything out.
    public var permittedAction: FaultAction {
        severity == .unknown ? min(action, .restart) : action
    }
}
