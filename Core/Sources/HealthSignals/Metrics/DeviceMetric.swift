/// A metric of a device, by DCGM's number of the field. DCGM 4.6 renamed most fields and kept the
/// numbers, so a metric is found by its number or by either name. The number is the safer one: a
/// `…_RATIO` that replaced a percentage still holds one.
public struct DeviceMetric: Hashable, Sendable {
    /// The number of the field.
    public var field: Int32
    /// Its name from DCGM 4.6 on.
    public var name: String
    /// Its name before; the same where it was not renamed.
    public var formerName: String
    /// What it says.
    public var kind: DeviceMetricKind
    /// What is published about its limits, the gravest first.
    public var limits: [MetricLimit]

    init(
        _ field: Int32, _ name: String, _ formerName: String, _ kind: DeviceMetricKind,
        _ limits: [MetricLimit] = []
    ) {
        self.field = field
        self.name = "DCGM_FI_" + name
        self.formerName = "DCGM_FI_" + formerName
        self.kind = kind
        self.limits = limits
    }

    init(
        _ field: Int32, _ name: String, _ kind: DeviceMetricKind, _ limits: [MetricLimit] = []
    ) {
        self.init(field, name, name, kind, limits)
    }

    /// The metric of a field's number.
    public static func field(_ number: Int32) -> DeviceMetric? {
        all.first { $0.field == number }
    }

    /// The metric of a name, old or new.
    public static func named(_ name: String) -> DeviceMetric? {
        byName[name].map { all[$0] }
    }

    private static let byName: [String: Int] = {
        var places: [String: Int] = [:]
        for (place, metric) in all.enumerated() {
            places[metric.name] = place
            places[metric.formerName] = place
        }
        return places
    }()

    /// Replays of a PCIe lane in a minute that are still normal, in hundredths, by the link's
    /// generation from 1 to 6; times the lanes, rounded up (DCGM 72fa3fe).
    public static let replaysPerLaneMinuteHundredths = [15, 30, 48, 96, 192, 384]

    /// The replays in a minute that a PCIe link may have; nil for a generation that is not known.
    public static func replaysPerMinute(generation: Int, lanes: Int) -> Int? {
        guard (1...6).contains(generation), (1...64).contains(lanes) else { return nil }
        return (replaysPerLaneMinuteHundredths[generation - 1] * lanes + 99) / 100
    }
}

/// What a metric says.
public enum DeviceMetricKind: String, CaseIterable, Hashable, Sendable {
    /// Who the device is.
    case identity
    /// An error that a count or a flag tells.
    case error
    /// A temperature or a margin.
    case temperature
    /// Why clocks are low, and for how long.
    case clocks
    /// The fabric's state.
    case fabric
    /// How busy something is.
    case utilisation
    /// The link to the host.
    case bus
}

/// A limit that somebody published.
public struct MetricLimit: Hashable, Sendable {
    /// How a value is compared.
    public enum Comparison: String, Hashable, Sendable {
        /// The value itself, at least so much.
        case atLeast
        /// The value itself, at most so much.
        case atMost
        /// Its growth in a second, at least so much.
        case growsPerSecond
        /// Its growth in a minute, at least so much.
        case growsPerMinute
        /// Its growth in an hour, at least so much.
        case growsPerHour
        /// Any growth.
        case grows
        /// Anything but so much.
        case isNot
    }

    /// How a value is compared.
    public var comparison: Comparison
    /// With how much.
    public var value: Int64
    /// What it means.
    public var severity: FaultSeverity
    /// What to do.
    public var action: FaultAction
    /// Who says so.
    public var source: String

    init(
        _ comparison: Comparison, _ value: Int64, _ severity: FaultSeverity, _ action: FaultAction,
        _ source: String
    ) {
        self.comparison = comparison
        self.value = value
        self.severity = severity
        self.action = action
        self.source = source
    }
}

/// What is wrong with a device's place in the fabric: bits of field 174 and of NVML's health mask.
/// Each condition has two bits, of which the lower one says that it is so and the upper one that it
/// is not; the last has four, whose value is 1 for a configuration that is right.
public struct FabricHealth: OptionSet, Hashable, Sendable {
    /// One bit each.
    public var rawValue: UInt64

    /// Wraps bits.
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// The links carry less than they should.
    public static let degradedBandwidth = FabricHealth(rawValue: 0x1)
    /// A route is being repaired.
    public static let routeRecovery = FabricHealth(rawValue: 0x4)
    /// A route is bad.
    public static let routeUnhealthy = FabricHealth(rawValue: 0x10)
    /// A timeout of accesses is being recovered from.
    public static let accessTimeoutRecovery = FabricHealth(rawValue: 0x40)
    /// The configuration is wrong, in any of the ways that have a number above 1.
    public static let wrongConfiguration = FabricHealth(rawValue: 0xE00)
    /// Those that say that something is wrong.
    public static let troubled: FabricHealth = [
        .degradedBandwidth, .routeRecovery, .routeUnhealthy, .accessTimeoutRecovery,
        .wrongConfiguration,
    ]
}

/// Why clocks are low: bits of field 112 and of NVML's clock event reasons.
public struct ClockReasons: OptionSet, Hashable, Sendable {
    /// One bit each.
    public var rawValue: UInt64

    /// Wraps bits.
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// Nothing runs.
    public static let idle = ClockReasons(rawValue: 0x1)
    /// The clocks that an application asked for.
    public static let applicationClocks = ClockReasons(rawValue: 0x2)
    /// The software's power cap.
    public static let powerCap = ClockReasons(rawValue: 0x4)
    /// The hardware slowed down.
    public static let hardwareSlowdown = ClockReasons(rawValue: 0x8)
    /// Synchronised with other GPUs.
    public static let syncBoost = ClockReasons(rawValue: 0x10)
    /// Too hot, by software.
    public static let softwareThermal = ClockReasons(rawValue: 0x20)
    /// Too hot, by hardware.
    public static let hardwareThermal = ClockReasons(rawValue: 0x40)
    /// An external power brake.
    public static let powerBrake = ClockReasons(rawValue: 0x80)
    /// A display's clocks.
    public static let display = ClockReasons(rawValue: 0x100)
    /// Those that say that something is wrong with power or cooling.
    public static let troubled: ClockReasons = [
        .hardwareSlowdown, .softwareThermal, .hardwareThermal, .powerBrake,
    ]
}
