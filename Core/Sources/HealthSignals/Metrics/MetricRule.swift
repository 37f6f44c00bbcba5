import FleetModel

/// What a value is of, on its node.
public enum MetricPlace: Hashable, Comparable, Sendable {
    /// The machine as a whole.
    case host
    /// A device, by its index.
    case device(UInt8)
    /// A port of a network card, or an interface: `mlx5_0/1`, `eth0`.
    case named(String)
}

/// What is measured.
public enum MetricSignal: Hashable, Sendable {
    /// A metric of a device, by DCGM's number of the field (``DeviceMetric``).
    case field(Int32)
    /// A counter or state, by the name of its file in sysfs (``NetworkCounter``).
    case counter(String)
}

/// A value as it is now.
public struct MetricReading: Hashable, Sendable {
    /// What it is of.
    public var place: MetricPlace
    /// What it says.
    public var signal: MetricSignal
    /// How much; nil when it cannot be read any more.
    public var value: Int64?

    /// Gathers a reading.
    public init(_ place: MetricPlace, _ signal: MetricSignal, _ value: Int64?) {
        self.place = place
        self.signal = signal
        self.value = value
    }
}

/// When values mean something, and what: see ``MetricRules``.
public struct MetricRule: Hashable, Sendable {
    /// What a value has to be.
    public enum Predicate: Hashable, Sendable {
        /// So much, or more.
        case atLeast(Int64)
        /// So much, or less.
        case atMost(Int64)
        /// With one of these bits.
        case anyBit(UInt64)
        /// Anything but this, which it was before.
        case left(Int64)
        /// So much above the median of the devices that are as busy, at least three of them.
        case aboveBusyPeers(Int64)
    }

    /// How much growth is too much.
    public enum Limit: Hashable, Sendable {
        /// So much.
        case fixed(Int64)
        /// What DCGM allows a PCIe link of the device's generation and width.
        case replaysOfLink
    }

    /// When a rule is met. A value that was high once meets none but ``isAtLeast(_:)``, which is
    /// for what the driver itself concludes.
    public enum Condition: Hashable, Sendable {
        /// The value is so much, or more.
        case isAtLeast(Int64)
        /// It was so for such a share (thousandths) of a window.
        case holds(Predicate, shareMilli: Int64, window: TimeSpan)
        /// A counter grew by so much for each span, over so many windows one after the other.
        case rate(Limit, per: TimeSpan, window: TimeSpan, windows: Int)
        /// A counter grew between readings so many times within a span.
        case grows(times: Int, within: TimeSpan)
    }

    /// The name that decisions and states refer to.
    public var name: String
    /// What is measured.
    public var signal: MetricSignal
    /// When it is met.
    public var condition: Condition
    /// What that is called. Its row in the catalogue says how grave it is, and what to do.
    public var event: FaultEvent
    /// Who published the limit.
    public var source: String

    init(
        _ name: String, _ signal: MetricSignal, _ condition: Condition, _ event: FaultEvent,
        _ source: String
    ) {
        self.name = name
        self.signal = signal
        self.condition = condition
        self.event = event
        self.source = source
    }
}
