/// What a figure is of. Figures are kept in thousandths of their unit.
public enum FigureID: UInt8, CaseIterable, Hashable, Sendable {
    /// Copies from host to device.
    case hostToDevice
    /// Copies from device to host.
    case deviceToHost
    /// Copies within a device's memory, read and written bytes.
    case deviceMemory
    /// Bytes of a device's memory that were filled and read back.
    case deviceMemoryTested
    /// Matrix multiplication by cuBLAS in BF16.
    case multiplyBF16
    /// Matrix multiplication by Muster's own kernel in FP32.
    case multiplyFP32
    /// Copies from one device to another, the slowest pair.
    case peerCopy
    /// The hottest moment of a device.
    case deviceTemperature
    /// The lowest clock of a device under load.
    case deviceClock
    /// The share of load time in which a device slowed down for heat or power faults.
    case deviceSlowed
    /// The highest draw of a device.
    case devicePower
    /// Copies within the host's memory, all cores, read and written bytes.
    case hostMemory
    /// Bytes of the host's memory that were filled and read back.
    case hostMemoryTested
    /// The slowest core's work in proportion to the median core's.
    case coreSpread
    /// The lowest clock of a core under load.
    case coreClock
    /// The hottest moment of the host.
    case hostTemperature
    /// Sequential writing to a local disk.
    case diskWrite
    /// Sequential reading from a local disk.
    case diskRead
    /// The median time of a small write that is flushed.
    case flushMedian
    /// The longest of a hundred of such.
    case flushSlow
    /// TCP, the slower direction.
    case network
    /// The median time there and back.
    case roundTrip
    /// Bus bandwidth of an all-reduce at its largest size.
    case allReduce
    /// Matrix multiplication by PyTorch in BF16.
    case pytorchBF16
}

extension FigureID {
    /// Whether more, less or neither is better.
    public enum Direction: UInt8, Hashable, Sendable {
        /// A threshold is the least that is right.
        case higher
        /// A threshold is the most that is right.
        case lower
        /// It is told and not judged.
        case told
    }

    /// The name in output.
    public var name: String { row.name }
    /// The unit in output.
    public var unit: String { row.unit }
    /// Which way is better.
    public var direction: Direction { row.direction }

    private var row: (name: String, unit: String, direction: Direction) {
        switch self {
        case .hostToDevice: ("hostToDevice", "GB/s", .higher)
        case .deviceToHost: ("deviceToHost", "GB/s", .higher)
        case .deviceMemory: ("deviceMemory", "GB/s", .higher)
        case .deviceMemoryTested: ("deviceMemoryTested", "GiB", .told)
        case .multiplyBF16: ("multiplyBF16", "TFLOP/s", .higher)
        case .multiplyFP32: ("multiplyFP32", "TFLOP/s", .higher)
        case .peerCopy: ("peerCopy", "GB/s", .higher)
        case .deviceTemperature: ("deviceTemperature", "C", .told)
        case .deviceClock: ("deviceClock", "MHz", .told)
        case .deviceSlowed: ("deviceSlowed", "%", .lower)
        case .devicePower: ("devicePower", "W", .told)
        case .hostMemory: ("hostMemory", "GB/s", .higher)
        case .hostMemoryTested: ("hostMemoryTested", "GiB", .told)
        case .coreSpread: ("coreSpread", "%", .higher)
        case .coreClock: ("coreClock", "MHz", .told)
        case .hostTemperature: ("hostTemperature", "C", .told)
        case .diskWrite: ("diskWrite", "MB/s", .higher)
        case .diskRead: ("diskRead", "MB/s", .higher)
        case .flushMedian: ("flushMedian", "us", .lower)
        case .flushSlow: ("flushSlow", "us", .told)
        case .network: ("network", "GB/s", .higher)
        case .roundTrip: ("roundTrip", "us", .lower)
        case .allReduce: ("allReduce", "GB/s", .higher)
        case .pytorchBF16: ("pytorchBF16", "TFLOP/s", .higher)
        }
    }

    /// The figure of a name.
    public init?(name: String) {
        guard let found = FigureID.allCases.first(where: { $0.name == name }) else { return nil }
        self = found
    }
}

/// What was measured.
public struct Figure: Hashable, Sendable {
    /// What it is of.
    public var id: FigureID
    /// The value, in thousandths of the unit.
    public var milli: Int64

    /// Gathers a figure.
    public init(_ id: FigureID, milli: Int64) {
        self.id = id
        self.milli = milli
    }

    /// The value with as many places as are worth reading, and its unit.
    public var text: String { "\(FixedDecimal.text(milli: milli)) \(id.unit)" }
}
