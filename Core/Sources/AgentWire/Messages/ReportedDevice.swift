import HealthSignals

/// A device as its machine sees it.
public struct ReportedDevice: Hashable, Sendable {
    /// Its index, as NVML counts.
    public var index: UInt8
    /// Its UUID.
    public var uuid: String
    /// The serial number of its board.
    public var boardSerial: String
    /// What it is: `NVIDIA H100 80GB HBM3`.
    public var model: String
    /// The slot that it is plugged into, where the machine says so.
    public var slot: String
    /// Where it sits on the bus.
    public var address: PCIAddress?
    /// Where it sits in its rack; nil where its platform does not say.
    public var seat: ReportedSeat?
    /// Which fabric it belongs to; nil where it belongs to none.
    public var fabric: ReportedFabric?

    /// Gathers a device; what is not known is empty.
    public init(
        index: UInt8, uuid: String = "", boardSerial: String = "", model: String = "",
        slot: String = "", address: PCIAddress? = nil, seat: ReportedSeat? = nil,
        fabric: ReportedFabric? = nil
    ) {
        self.index = index
        self.uuid = uuid
        self.boardSerial = boardSerial
        self.model = model
        self.slot = slot
        self.address = address
        self.seat = seat
        self.fabric = fabric
    }
}

/// Where a device sits, as its platform says: what NVML and DCGM (fields 571 to 577) tell from
/// Blackwell on. What is not told is empty or nil.
public struct ReportedSeat: Hashable, Sendable {
    /// The device's own GUID in the fabric.
    public var guid = ""
    /// The serial number of the chassis: of the rack, where its trays are the nodes.
    public var chassisSerial = ""
    /// The slot in the chassis, those of switches counted.
    public var slot: UInt8?
    /// The tray, those of switches not counted.
    public var tray: UInt8?
    /// The node within the slot.
    public var host: UInt8?
    /// What is at the other end of the links: a number of the platform's.
    public var peer: UInt8?
    /// The device within the node.
    public var module: UInt8?

    /// Says nothing.
    public init() {}
}

/// The fabric of NVLinks that a device is registered with.
public struct ReportedFabric: Hashable, Sendable {
    /// The UUID of the cluster; empty for a fabric within one machine.
    public var cluster: String
    /// Which devices of the cluster reach each other.
    public var clique: UInt32

    /// Names a fabric.
    public init(cluster: String, clique: UInt32) {
        self.cluster = cluster
        self.clique = clique
    }
}

extension ReportedDevice {
    /// Appends it to bytes, as a version of the format has it.
    public func write(to writer: inout WireWriter, version: UInt8) {
        writer.byte(index)
        writer.text(uuid)
        writer.text(boardSerial)
        writer.text(model)
        writer.text(slot)
        writer.byte(address == nil ? 0 : 1)
        address?.write(to: &writer)
        guard version >= 2 else { return }
        writer.byte((seat == nil ? 0 : 1) | (fabric == nil ? 0 : 2))
        if let seat {
            writer.text(seat.guid)
            writer.text(seat.chassisSerial)
            for number in [seat.slot, seat.tray, seat.host, seat.peer, seat.module] {
                writer.unsigned(number.map { UInt64($0) + 1 } ?? 0)
            }
        }
        if let fabric {
            writer.text(fabric.cluster)
            writer.unsigned(UInt64(fabric.clique))
        }
    }

    /// Takes one of a version of the format from bytes.
    public init(from reader: inout WireReader, version: UInt8) throws(WireRefusal) {
        self.init(
            index: try reader.byte(), uuid: try reader.text(), boardSerial: try reader.text(),
            model: try reader.text(), slot: try reader.text())
        if try reader.flag() { address = try PCIAddress(from: &reader) }
        guard version >= 2 else { return }
        let parts = try reader.byte()
        guard parts <= 3 else { throw reader.refusal("\(parts) as parts of a device") }
        if parts & 1 != 0 {
            var told = ReportedSeat()
            told.guid = try reader.text()
            told.chassisSerial = try reader.text()
            told.slot = try reader.place()
            told.tray = try reader.place()
            told.host = try reader.place()
            told.peer = try reader.place()
            told.module = try reader.place()
            seat = told
        }
        if parts & 2 != 0 {
            fabric = ReportedFabric(
                cluster: try reader.text(),
                clique: UInt32(try reader.number(of: "a clique", 0...UInt64(UInt32.max))))
        }
    }
}

extension WireReader {
    /// A number of a place in a chassis; nil where it is not told.
    fileprivate mutating func place() throws(WireRefusal) -> UInt8? {
        let number = try number(of: "a place in a chassis", 0...256)
        return number == 0 ? nil : UInt8(number - 1)
    }
}
