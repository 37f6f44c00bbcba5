import HealthSignals

/// A network interface as its machine sees it.
public struct ReportedInterface: Hashable, Sendable {
    /// What the kernel calls it: `mlx5_0`.
    public var name: String
    /// Its node GUID, or its MAC address where it has none.
    public var guid: String
    /// The version of its firmware.
    public var firmware: String
    /// Where it sits on the bus.
    public var address: PCIAddress?

    /// Gathers an interface; what is not known is empty.
    public init(
        name: String, guid: String = "", firmware: String = "", address: PCIAddress? = nil
    ) {
        self.name = name
        self.guid = guid
        self.firmware = firmware
        self.address = address
    }
}

/// The version of a part of a machine's software.
public struct ReportedVersion: Hashable, Sendable {
    /// The part: `kernel`, `driver`, `nvml`, `cuda`, `mlx5_core`.
    public var part: String
    /// Its version, as it says itself.
    public var version: String

    /// Pairs a part with its version.
    public init(_ part: String, _ version: String) {
        self.part = part
        self.version = version
    }
}

/// What a machine is made of: the hello of an agent.
public struct MachineReport: Hashable, Sendable {
    /// The version of the agent.
    public var agentVersion = ""
    /// The serial number of the chassis; empty where the firmware hides it.
    public var chassisSerial = ""
    /// What the machine is: `DGX H100`.
    public var product = ""
    /// Devices that answer, in the order of their indexes.
    public var devices: [ReportedDevice] = []
    /// GPUs that are on the bus, those that do not answer included; nil where that is not known.
    public var devicesOnBus: UInt8?
    /// Network interfaces, in the order of their names.
    public var interfaces: [ReportedInterface] = []
    /// Versions, in the order of their parts.
    public var versions: [ReportedVersion] = []

    /// A report that says nothing.
    public init() {}

    /// Appends it to bytes, as a version of the format has it.
    public func write(to writer: inout WireWriter, version: UInt8) {
        writer.text(agentVersion)
        writer.text(chassisSerial)
        writer.text(product)
        writer.list(devices, limit: AgentLimits.devices) { $1.write(to: &$0, version: version) }
        writer.unsigned(devicesOnBus.map { UInt64($0) + 1 } ?? 0)
        writer.list(interfaces, limit: AgentLimits.interfaces) { writer, interface in
            writer.text(interface.name)
            writer.text(interface.guid)
            writer.text(interface.firmware)
            guard version >= 2 else { return }
            writer.byte(interface.address == nil ? 0 : 1)
            interface.address?.write(to: &writer)
        }
        writer.list(versions, limit: AgentLimits.versions) { writer, version in
            writer.text(version.part)
            writer.text(version.version)
        }
    }

    /// Takes one of a version of the format from bytes.
    public init(from reader: inout WireReader, version: UInt8) throws(WireRefusal) {
        agentVersion = try reader.text()
        chassisSerial = try reader.text()
        product = try reader.text()
        devices = try reader.list(of: "devices", limit: AgentLimits.devices) {
            reader throws(WireRefusal) in try ReportedDevice(from: &reader, version: version)
        }
        let count = try reader.number(of: "devices on the bus", 0...256)
        devicesOnBus = count == 0 ? nil : UInt8(count - 1)
        interfaces = try reader.list(of: "interfaces", limit: AgentLimits.interfaces) {
            reader throws(WireRefusal) in
            var interface = ReportedInterface(
                name: try reader.text(), guid: try reader.text(), firmware: try reader.text())
            if version >= 2, try reader.flag() {
                interface.address = try PCIAddress(from: &reader)
            }
            return interface
        }
        versions = try reader.list(of: "versions", limit: AgentLimits.versions) {
            reader throws(WireRefusal) in ReportedVersion(try reader.text(), try reader.text())
        }
    }
}

extension PCIAddress {
    /// Appends it to bytes.
    func write(to writer: inout WireWriter) {
        writer.unsigned(UInt64(domain))
        writer.byte(bus)
        writer.byte(device)
        writer.byte(function)
    }

    /// Takes one from bytes.
    init(from reader: inout WireReader) throws(WireRefusal) {
        self.init(
            domain: UInt32(try reader.number(of: "a PCI domain", 0...UInt64(UInt32.max))),
            bus: try reader.byte(), device: try reader.byte(), function: try reader.byte())
    }
}
