import FleetModel
import Health
import HealthSignals

/// What a node says that it is made of, in words: what a backend or an agent can read of it.
public struct HardwareFacts: Hashable, Sendable {
    /// One device.
    public struct Device: Hashable, Sendable {
        /// Its index in the node.
        public var index: Int32
        /// Its UUID; empty when it is not known.
        public var uuid: String
        /// The serial number of its board; empty when it is not known.
        public var boardSerial: String
        /// Its address on the PCI bus, or another name of its place; empty when it is not known.
        public var slot: String

        /// Gathers what is known.
        public init(index: Int32, uuid: String = "", boardSerial: String = "", slot: String = "") {
            self.index = index
            self.uuid = uuid
            self.boardSerial = boardSerial
            self.slot = slot
        }
    }

    /// The serial number of the chassis; empty when it is not known.
    public var chassis: String
    /// The devices that answer.
    public var devices: [Device]
    /// GUIDs of network interfaces.
    public var nics: [String]
    /// Devices that there should be; nil for as many as answer.
    public var deviceCount: Int32?
    /// Whether one device can be out of service while the others work.
    public var isolatesDevices: Bool

    /// Gathers what is known.
    public init(
        chassis: String = "", devices: [Device] = [], nics: [String] = [],
        deviceCount: Int32? = nil, isolatesDevices: Bool = true
    ) {
        self.chassis = chassis
        self.devices = devices
        self.nics = nics
        self.deviceCount = deviceCount
        self.isolatesDevices = isolatesDevices
    }

    /// Of a node of which only the number of devices is known.
    public static func unknown(devices: Int32) -> HardwareFacts {
        HardwareFacts(devices: (0..<max(0, devices)).map { Device(index: $0) })
    }
}

extension HealthNames {
    /// The report in ids; identities that are new get theirs.
    public mutating func report(_ facts: HardwareFacts) -> HardwareReport {
        HardwareReport(
            chassis: identities.intern(facts.chassis),
            devices: facts.devices.map { device in
                DeviceReport(
                    index: device.index, uuid: identities.intern(device.uuid),
                    boardSerial: identities.intern(device.boardSerial),
                    slot: identities.intern(
                        PCIAddress(text: device.slot)?.text ?? device.slot))
            },
            nics: facts.nics.compactMap { identities.intern($0) }, deviceCount: facts.deviceCount,
            isolatesDevices: facts.isolatesDevices)
    }
}
