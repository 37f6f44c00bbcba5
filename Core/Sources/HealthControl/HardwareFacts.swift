import FleetModel
import Health
import HealthSignals

/// What a node says that it is made of, in words: what a backend or an agent can read of it.
public struct HardwareFacts: Hashable, Sendable {
    /// Where a device sits in its rack and fabric; what is not known is empty or nil.
    public struct Place: Hashable, Sendable {
        /// The device's own GUID in the fabric.
        public var guid = ""
        /// The serial number of the chassis that it sits in.
        public var chassis = ""
        /// Where in that it sits; its chassis is in ``chassis``.
        public var seat = DeviceSeat()
        /// The UUID of the cluster that its fabric is.
        public var cluster = ""
        /// Which devices of the cluster reach each other.
        public var clique: Int64 = 0

        /// Nothing is known.
        public init() {}
    }

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
        /// Where it sits in its rack and fabric; nil when nothing says.
        public var place: Place?

        /// Gathers what is known.
        public init(
            index: Int32, uuid: String = "", boardSerial: String = "", slot: String = "",
            place: Place? = nil
        ) {
            self.index = index
            self.uuid = uuid
            self.boardSerial = boardSerial
            self.slot = slot
            self.place = place
        }
    }

    /// One network interface.
    public struct Interface: Hashable, Sendable {
        /// Its GUID, one of ``HardwareFacts/nics``.
        public var guid: String
        /// What the kernel calls it; empty when it is not known.
        public var name: String
        /// Its address on the PCI bus; empty when it is not known.
        public var slot: String

        /// Gathers what is known.
        public init(guid: String, name: String = "", slot: String = "") {
            self.guid = guid
            self.name = name
            self.slot = slot
        }
    }

    /// The serial number of the chassis; empty when it is not known.
    public var chassis: String
    /// The devices that answer.
    public var devices: [Device]
    /// GUIDs of network interfaces.
    public var nics: [String]
    /// Which of them is which, as far as that is told.
    public var interfaces: [Interface] = []
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

extension HardwareFacts {
    /// Whether both may be of one machine: nothing that both say is another.
    public func agrees(with other: HardwareFacts) -> Bool {
        func differ(_ own: String, _ others: String) -> Bool {
            !own.isEmpty && !others.isEmpty && own != others
        }
        if differ(chassis, other.chassis) { return false }
        for device in devices {
            guard let same = other.devices.first(where: { $0.index == device.index }) else {
                continue
            }
            if differ(device.uuid, same.uuid) || differ(device.boardSerial, same.boardSerial) {
                return false
            }
        }
        return nics.isEmpty || other.nics.isEmpty || nics.contains(where: other.nics.contains)
    }

    /// What it says, and what `other` says of the same machine where it is silent.
    ///
    /// - Parameter isNewer: Whether it was said after the other: which devices answer is the newer
    ///   one's word.
    public func filled(from other: HardwareFacts, isNewer: Bool) -> HardwareFacts {
        var whole = self
        if chassis.isEmpty { whole.chassis = other.chassis }
        if nics.isEmpty { (whole.nics, whole.interfaces) = (other.nics, other.interfaces) }
        whole.deviceCount = deviceCount ?? other.deviceCount
        whole.isolatesDevices = isolatesDevices && other.isolatesDevices
        let (newer, older) = isNewer ? (devices, other.devices) : (other.devices, devices)
        whole.devices = (newer.isEmpty ? older : newer).map { device in
            let own = devices.first { $0.index == device.index } ?? device
            let others = other.devices.first { $0.index == device.index } ?? device
            func text(_ path: KeyPath<Device, String>) -> String {
                own[keyPath: path].isEmpty ? others[keyPath: path] : own[keyPath: path]
            }
            return Device(
                index: device.index, uuid: text(\.uuid), boardSerial: text(\.boardSerial),
                slot: text(\.slot), place: own.place ?? others.place)
        }
        return whole
    }
}

extension HealthNames {
    /// What a report says, in words.
    public func facts(_ report: HardwareReport) -> HardwareFacts {
        func text(_ id: IdentityID?) -> String { id.map { identities.text($0) } ?? "" }
        var facts = HardwareFacts(
            chassis: text(report.chassis),
            devices: report.devices.map {
                HardwareFacts.Device(
                    index: $0.index, uuid: text($0.uuid), boardSerial: text($0.boardSerial),
                    slot: text($0.slot), place: place($0))
            }, nics: report.nics.map { text($0) }, deviceCount: report.deviceCount,
            isolatesDevices: report.isolatesDevices)
        facts.interfaces = report.interfaces.map {
            HardwareFacts.Interface(
                guid: text($0.guid), name: text($0.name), slot: text($0.slot))
        }
        return facts
    }

    private func place(_ device: DeviceReport) -> HardwareFacts.Place? {
        guard device.guid != nil || device.seat != nil || device.fabric != nil else { return nil }
        var place = HardwareFacts.Place()
        place.guid = device.guid.map { identities.text($0) } ?? ""
        place.seat = device.seat ?? DeviceSeat()
        place.chassis = place.seat.chassis.map { identities.text($0) } ?? ""
        place.seat.chassis = nil
        place.cluster = device.fabric.map { identities.text($0.cluster) } ?? ""
        place.clique = device.fabric?.clique ?? 0
        return place
    }

    /// The report in ids; identities that are new get theirs.
    public mutating func report(_ facts: HardwareFacts) -> HardwareReport {
        var made = HardwareReport(
            chassis: identities.intern(facts.chassis),
            devices: facts.devices.map { report($0) },
            nics: facts.nics.compactMap { identities.intern($0) }, deviceCount: facts.deviceCount,
            isolatesDevices: facts.isolatesDevices)
        made.interfaces = facts.interfaces.compactMap { told in
            identities.intern(told.guid).map {
                InterfaceReport(
                    guid: $0, name: identities.intern(told.name),
                    slot: identities.intern(told.slot))
            }
        }
        return made
    }

    private mutating func report(_ device: HardwareFacts.Device) -> DeviceReport {
        var report = DeviceReport(
            index: device.index, uuid: identities.intern(device.uuid),
            boardSerial: identities.intern(device.boardSerial),
            slot: identities.intern(PCIAddress(text: device.slot)?.text ?? device.slot))
        guard let place = device.place else { return report }
        report.guid = identities.intern(place.guid)
        var seat = place.seat
        seat.chassis = identities.intern(place.chassis)
        if seat != DeviceSeat() { report.seat = seat }
        report.fabric = identities.intern(place.cluster).map {
            FabricPlace(cluster: $0, clique: place.clique)
        }
        return report
    }
}
