import HealthSignals

/// What a sample is of.
public enum SampleSubject: Hashable, Comparable, Sendable {
    /// The machine as a whole.
    case host
    /// A device, by the index that ``ReportedDevice/index`` has.
    case device(UInt8)
    /// A port of a network interface, or what else has a name: `mlx5_0/1`, `eth0`, `x86_pkg_temp`.
    case named(String)
    /// What sits at an address of the PCI buses.
    case bus(PCIAddress)
}

/// What is sampled.
public enum SampleSignal: Hashable, Comparable, Sendable {
    /// A metric of a device, by DCGM's number of the field (``DeviceMetric``).
    case field(Int32)
    /// A counter or state, by the name of its file in sysfs (``NetworkCounter``).
    case counter(String)
}

/// What a sample is of, and what of it.
public struct SampleKey: Hashable, Comparable, Sendable {
    /// What it is of.
    public var subject: SampleSubject
    /// What of it.
    public var signal: SampleSignal

    /// Pairs both.
    public init(_ subject: SampleSubject, _ signal: SampleSignal) {
        self.subject = subject
        self.signal = signal
    }

    /// Orders by what it is of, then by what of it.
    public static func < (left: SampleKey, right: SampleKey) -> Bool {
        left.subject == right.subject
            ? left.signal < right.signal : left.subject < right.subject
    }
}

/// A value that has changed. Values are as they are now, not differences: one that comes twice does
/// no harm. Shares that DCGM gives between 0 and 1 (fields 1001 to 1005) are in thousandths.
public struct AgentSample: Hashable, Sendable {
    /// What of what.
    public var key: SampleKey
    /// The value; nil when it cannot be read any more.
    public var value: Int64?

    /// Pairs a key with its value.
    public init(_ key: SampleKey, _ value: Int64?) {
        self.key = key
        self.value = value
    }

    private enum Tag {
        static let host: UInt8 = 0
        static let device: UInt8 = 1
        static let named: UInt8 = 2
        static let bus: UInt8 = 3
        static let field: UInt8 = 0
        static let counter: UInt8 = 4
        static let isGone: UInt8 = 8
        static let all: UInt8 = 15
    }

    /// Appends it to bytes.
    public func write(to writer: inout WireWriter) {
        var tag: UInt8 = value == nil ? Tag.isGone : 0
        if case .counter = key.signal { tag |= Tag.counter }
        switch key.subject {
        case .host: writer.byte(tag | Tag.host)
        case .device(let index):
            writer.byte(tag | Tag.device)
            writer.byte(index)
        case .named(let name):
            writer.byte(tag | Tag.named)
            writer.text(name)
        case .bus(let address):
            writer.byte(tag | Tag.bus)
            address.write(to: &writer)
        }
        switch key.signal {
        case .field(let number): writer.signed(Int64(number))
        case .counter(let name): writer.text(name)
        }
        if let value { writer.signed(value) }
    }

    /// Takes one from bytes.
    public init(from reader: inout WireReader) throws(WireRefusal) {
        let tag = try reader.byte()
        guard tag <= Tag.all else { throw reader.refusal("\(tag) as a kind of sample") }
        let subject: SampleSubject
        switch tag & 3 {
        case Tag.host: subject = .host
        case Tag.device: subject = .device(try reader.byte())
        case Tag.named: subject = .named(try reader.text())
        default: subject = .bus(try PCIAddress(from: &reader))
        }
        let signal: SampleSignal =
            tag & Tag.counter == 0 ? .field(try reader.signed32()) : .counter(try reader.text())
        let value = tag & Tag.isGone == 0 ? try reader.signed() : nil
        self.init(SampleKey(subject, signal), value)
    }
}
