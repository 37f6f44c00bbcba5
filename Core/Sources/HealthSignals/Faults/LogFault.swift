import FleetModel

/// One fault that a line of a kernel log, or of a daemon beside it, told.
///
/// Only what the line says; what it means is the catalogue's and the burst's business.
public struct LogFault: Hashable, Sendable {
    /// What it is called.
    public var code: FaultCode
    /// The device that it is about, as far as the line has an address.
    public var device: PCIAddress?
    /// Who the device is, if the log has said so before.
    public var identity: DeviceIdentity?
    /// The process that the driver named.
    public var process: FaultedProcess?
    /// The channel.
    public var channel: UInt32?
    /// The link or port; −1 is what the driver prints when it does not know.
    public var link: Int32?
    /// Which part of a GPU's graphics engine.
    public var engine: EnginePlace?
    /// The unit that found it: `RLW_SRC_TRACK`.
    public var unit = ""
    /// What the line itself says about its gravity.
    public var declared: DeclaredSeverity?
    /// Registers, in the order of the line; at most ``FaultLimits/words``.
    public var words: [UInt32] = []
    /// What the driver asks for, in XID 154.
    public var recovery: RecoveryVerdict?
    /// The number of a switch (`nvidia-nvswitch3`) or GPU (`GPU4 GSP`).
    public var instance: Int32?
    /// The instance of a GPU that is cut into several (MIG): `GPU-I:05`.
    public var gpuInstance: Int32?
    /// A network interface: `ib6`.
    public var interface = ""
    /// Whether the line only adds to the fault of the same code before it: `Data {…}`.
    public var isDetail = false
    /// Whether the line came through the kernel's log but from a program. Tools for testing write
    /// such lines, and need root to do so.
    public var isFromUserSpace = false
    /// The time since the machine's start, if the line has it.
    public var uptime: TimeSpan?
    /// The rest of the line, without control characters, at most ``FaultLimits/textBytes`` of it.
    public var text = ""

    /// A fault of which only the code is known.
    public init(_ code: FaultCode, device: PCIAddress? = nil) {
        self.code = code
        self.device = device
    }
}

/// What of a device's identity a kernel log prints.
public struct DeviceIdentity: Hashable, Sendable {
    /// The GPU's UUID: `GPU-509665ad-…`; empty when it is not known.
    public var uuid: String
    /// The board's serial number; empty when it is not known.
    public var serial: String

    /// Gathers both.
    public init(uuid: String = "", serial: String = "") {
        self.uuid = uuid
        self.serial = serial
    }

    /// Takes what the other knows, over what is known here.
    mutating func merge(_ other: DeviceIdentity) {
        if !other.uuid.isEmpty { uuid = other.uuid }
        if !other.serial.isEmpty { serial = other.serial }
    }
}

/// A process that the driver names in a fault.
public struct FaultedProcess: Hashable, Sendable {
    /// Its number; nil for `<unknown>`.
    public var id: Int32?
    /// Its name; empty for `<unknown>`.
    public var name: String

    /// Gathers both.
    public init(id: Int32? = nil, name: String = "") {
        self.id = id
        self.name = name
    }
}

/// A part of a GPU's graphics engine.
public struct EnginePlace: Hashable, Sendable {
    /// The graphics processing cluster.
    public var cluster: UInt16
    /// The texture processing cluster in it.
    public var texture: UInt16
    /// The streaming multiprocessor in that.
    public var multiprocessor: UInt16

    /// Gathers the parts.
    public init(cluster: UInt16, texture: UInt16, multiprocessor: UInt16) {
        self.cluster = cluster
        self.texture = texture
        self.multiprocessor = multiprocessor
    }
}

/// What a line says about its own gravity.
public enum DeclaredSeverity: String, CaseIterable, Hashable, Sendable {
    /// `Fatal`.
    case fatal
    /// `Nonfatal` or `Non-fatal`.
    case nonFatal
}

/// Bounds on what the parsers keep, whatever a log says.
public enum FaultLimits {
    /// Bytes of a line that are looked at. The kernel's own lines have at most about a thousand.
    public static let lineBytes = 4096
    /// Bytes of a line that a fault keeps.
    public static let textBytes = 160
    /// Bytes of a process's, unit's or interface's name.
    public static let nameBytes = 64
    /// Registers of a fault.
    public static let words = 16
    /// Devices whose identity is remembered: more than one machine has.
    public static let identities = 128
    /// Switches whose last fault is remembered.
    public static let switches = 32
    /// Devices, interfaces and the like of one burst.
    public static let parts = 96
    /// Different codes for each of them.
    public static let codes = 24
    /// Faults that a verdict lists.
    public static let inputs = 32
    /// Places whose repetitions are counted.
    public static let repetitions = 512
    /// Repetitions that are remembered for each: the largest count that a rule can ask for.
    public static let repetitionDepth = 16
    /// The longest window of a repetition.
    public static let repetitionWindow = TimeSpan.seconds(30 * 86_400)
    /// Site rules.
    public static let rules = 1_000
}
