import FleetModel

/// One device as its node reports it.
public struct DeviceReport: Hashable, Sendable {
    /// Its index in the node.
    public var index: Int32
    /// Its UUID, the strongest identity that it has.
    public var uuid: IdentityID?
    /// The serial number of its board. Boards with several devices have one for all of them.
    public var boardSerial: IdentityID?
    /// Where it is plugged in. Names a place in the machine and not the device.
    public var slot: IdentityID?
    /// Its GUID in the fabric of NVLinks: it is found by that, and not told apart by it.
    public var guid: IdentityID?
    /// Where it sits in its rack; nil where that is not told.
    public var seat: DeviceSeat?
    /// The fabric that it is registered with; nil where that is not told.
    public var fabric: FabricPlace?

    /// Gathers what a device reports.
    public init(
        index: Int32, uuid: IdentityID? = nil, boardSerial: IdentityID? = nil,
        slot: IdentityID? = nil, guid: IdentityID? = nil, seat: DeviceSeat? = nil,
        fabric: FabricPlace? = nil
    ) {
        self.index = index
        self.uuid = uuid
        self.boardSerial = boardSerial
        self.slot = slot
        self.guid = guid
        self.seat = seat
        self.fabric = fabric
    }
}

/// One network interface as its node reports it.
public struct InterfaceReport: Hashable, Sendable {
    /// Its GUID, one of ``HardwareReport/nics``.
    public var guid: IdentityID
    /// What the kernel calls it. Names a place in the machine and not the interface.
    public var name: IdentityID?
    /// Where it is plugged in.
    public var slot: IdentityID?

    /// Gathers what an interface reports.
    public init(guid: IdentityID, name: IdentityID? = nil, slot: IdentityID? = nil) {
        self.guid = guid
        self.name = name
        self.slot = slot
    }
}

/// What a node reports to be made of.
public struct HardwareReport: Hashable, Sendable {
    /// The serial number of its chassis, the strongest identity of a machine. Many clouds hide it.
    public var chassis: IdentityID?
    /// Its devices, those that answer.
    public var devices: [DeviceReport]
    /// GUIDs of its network interfaces.
    public var nics: [IdentityID]
    /// Which of them is which, as far as that is told: faults name a place and not a GUID.
    public var interfaces: [InterfaceReport] = []
    /// Devices that it should have.
    public var deviceCount: Int32
    /// Whether the hardware lets one device be out of service while the others work.
    public var isolatesDevices: Bool

    /// Gathers a report; as many devices as answer are expected by default.
    public init(
        chassis: IdentityID? = nil, devices: [DeviceReport] = [], nics: [IdentityID] = [],
        deviceCount: Int32? = nil, isolatesDevices: Bool = true
    ) {
        self.chassis = chassis
        self.devices = devices
        self.nics = nics
        self.deviceCount = deviceCount ?? Int32(clamping: devices.count)
        self.isolatesDevices = isolatesDevices
    }

    /// The report without what no engine could work with: indexes outside of a node, the same
    /// index twice, more network interfaces than ``nicsKept``.
    func within(limits most: Int) -> HardwareReport {
        var kept = self
        var seen: UInt64 = 0
        kept.devices = devices.filter { device in
            guard (0..<Int32(most)).contains(device.index), seen & 1 << UInt64(device.index) == 0
            else { return false }
            seen |= 1 << UInt64(device.index)
            return true
        }
        kept.nics = Array(nics.prefix(HardwareReport.nicsKept))
        kept.interfaces = Array(interfaces.prefix(HardwareReport.nicsKept))
        let highest = kept.devices.map { $0.index + 1 }.max() ?? 0
        kept.deviceCount = min(max(deviceCount, highest, 0), Int32(most))
        return kept
    }

    /// Network interfaces of one node that are kept.
    static let nicsKept = 64
}

/// Texts of identities and their ids: the door through which serial numbers come.
public struct IdentityNames: Sendable {
    private var table = NameTable<IdentityID>()

    /// What vendors write where a serial number should be. As identities they would make one
    /// machine of many.
    static let placeholders: Set<String> = [
        "", "0", "N/A", "NA", "NONE", "NULL", "UNKNOWN", "UNDEFINED", "[N/A]", "[UNKNOWN ERROR]",
        "NOT SPECIFIED", "NOT APPLICABLE", "NOT AVAILABLE", "NOT SETTABLE", "NOT PRESENT",
        "SYSTEM SERIAL NUMBER", "CHASSIS SERIAL NUMBER", "SERIAL NUMBER", "DEFAULT STRING",
        "TO BE FILLED BY O.E.M.", "TO BE FILLED BY OEM", "O.E.M.", "OEM", "EMPTY", "XXXXXXXX",
        "0123456789", "123456789", "1234567890", "INVALID",
    ]

    /// Starts without texts.
    public init() {}

    /// How many texts there are.
    public var count: Int { table.count }

    /// The id of a text; nil when it names nothing. Case and blanks around it do not matter.
    public mutating func intern(_ text: String) -> IdentityID? {
        let name = IdentityNames.normalized(text)
        return IdentityNames.isPlaceholder(name) ? nil : table.intern(name)
    }

    /// The id of a text that was interned.
    public func id(of text: String) -> IdentityID? {
        table.id(of: IdentityNames.normalized(text))
    }

    /// The text of an id, or its number when it was not given out here.
    public func text(_ id: IdentityID) -> String {
        (0..<table.count).contains(id.index) ? table[id] : "#\(id)"
    }

    private static func normalized(_ text: String) -> String {
        let blanks: Set<Unicode.Scalar> = [" ", "\t", "\n", "\r", "\0"]
        let scalars = text.unicodeScalars
        guard let first = scalars.firstIndex(where: { !blanks.contains($0) }),
            let last = scalars.lastIndex(where: { !blanks.contains($0) })
        else { return "" }
        return String(scalars[first...last]).uppercased()
    }

    private static func isPlaceholder(_ name: String) -> Bool {
        if placeholders.contains(name) { return true }
        let marks = name.utf8.filter { $0 != UInt8(ascii: "-") && $0 != UInt8(ascii: ":") }
        guard let first = marks.first else { return true }
        let isFill = first == UInt8(ascii: "0") || first == UInt8(ascii: "F")
        return isFill && marks.allSatisfy { $0 == first }
    }
}
