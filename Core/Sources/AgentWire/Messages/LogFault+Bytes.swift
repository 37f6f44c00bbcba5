import FleetModel
import HealthSignals

// Which parts of a fault are there, one bit each.
private enum Part {
    static let device: UInt64 = 1 << 0
    static let identity: UInt64 = 1 << 1
    static let process: UInt64 = 1 << 2
    static let processID: UInt64 = 1 << 3
    static let channel: UInt64 = 1 << 4
    static let link: UInt64 = 1 << 5
    static let engine: UInt64 = 1 << 6
    static let isFatal: UInt64 = 1 << 7
    static let isNonFatal: UInt64 = 1 << 8
    static let recovery: UInt64 = 1 << 9
    static let instance: UInt64 = 1 << 10
    static let gpuInstance: UInt64 = 1 << 11
    static let isDetail: UInt64 = 1 << 12
    static let isFromUserSpace: UInt64 = 1 << 13
    static let uptime: UInt64 = 1 << 14
    static let all: UInt64 = 1 << 15 - 1
}

private let tagXid: UInt8 = 0
private let tagSxid: UInt8 = 1
private let tagEvent: UInt8 = 2

extension LogFault {
    private var parts: UInt64 {
        var parts: UInt64 = 0
        if device != nil { parts |= Part.device }
        if identity != nil { parts |= Part.identity }
        if let process { parts |= Part.process | (process.id == nil ? 0 : Part.processID) }
        if channel != nil { parts |= Part.channel }
        if link != nil { parts |= Part.link }
        if engine != nil { parts |= Part.engine }
        if let declared { parts |= declared == .fatal ? Part.isFatal : Part.isNonFatal }
        if recovery != nil { parts |= Part.recovery }
        if instance != nil { parts |= Part.instance }
        if gpuInstance != nil { parts |= Part.gpuInstance }
        if isDetail { parts |= Part.isDetail }
        if isFromUserSpace { parts |= Part.isFromUserSpace }
        if uptime != nil { parts |= Part.uptime }
        return parts
    }

    func write(to writer: inout WireWriter) {
        switch code {
        case .xid(let number):
            writer.byte(tagXid)
            writer.signed(Int64(number))
        case .sxid(let number):
            writer.byte(tagSxid)
            writer.signed(Int64(number))
        case .event(let event):
            writer.byte(tagEvent)
            writer.text(event.rawValue)
        }
        writer.unsigned(parts)
        device?.write(to: &writer)
        if let identity {
            writer.text(identity.uuid)
            writer.text(identity.serial)
        }
        if let process {
            if let id = process.id { writer.signed(Int64(id)) }
            writer.text(process.name, limit: FaultLimits.nameBytes)
        }
        if let channel { writer.unsigned(UInt64(channel)) }
        if let link { writer.signed(Int64(link)) }
        if let engine {
            writer.unsigned(UInt64(engine.cluster))
            writer.unsigned(UInt64(engine.texture))
            writer.unsigned(UInt64(engine.multiprocessor))
        }
        if let recovery { writer.byte(recovery.rawValue) }
        if let instance { writer.signed(Int64(instance)) }
        if let gpuInstance { writer.signed(Int64(gpuInstance)) }
        if let uptime { writer.signed(uptime.nanoseconds) }
        writer.text(unit, limit: FaultLimits.nameBytes)
        writer.text(interface, limit: FaultLimits.nameBytes)
        writer.list(words, limit: FaultLimits.words) { $0.unsigned(UInt64($1)) }
        writer.text(text, limit: FaultLimits.textBytes)
    }

    init(from reader: inout WireReader) throws(WireRefusal) {
        self.init(try LogFault.code(from: &reader))
        let parts = try reader.unsigned()
        guard parts & ~Part.all == 0, parts & Part.isFatal == 0 || parts & Part.isNonFatal == 0,
            parts & Part.processID == 0 || parts & Part.process != 0
        else { throw reader.refusal("parts of a fault that cannot be together") }
        func has(_ part: UInt64) -> Bool { parts & part != 0 }
        if has(Part.device) { device = try PCIAddress(from: &reader) }
        if has(Part.identity) {
            identity = DeviceIdentity(uuid: try reader.text(), serial: try reader.text())
        }
        if has(Part.process) {
            let id = has(Part.processID) ? try reader.signed32() : nil
            process = FaultedProcess(id: id, name: try reader.text(limit: FaultLimits.nameBytes))
        }
        if has(Part.channel) {
            channel = UInt32(try reader.number(of: "a channel", 0...UInt64(UInt32.max)))
        }
        if has(Part.link) { link = try reader.signed32() }
        if has(Part.engine) { engine = try EnginePlace(from: &reader) }
        if has(Part.isFatal) { declared = .fatal }
        if has(Part.isNonFatal) { declared = .nonFatal }
        if has(Part.recovery) {
            let number = try reader.byte()
            recovery = RecoveryVerdict(rawValue: number)
            if recovery == nil { throw reader.refusal("\(number) as a verdict of the driver") }
        }
        if has(Part.instance) { instance = try reader.signed32() }
        if has(Part.gpuInstance) { gpuInstance = try reader.signed32() }
        if has(Part.uptime) { uptime = TimeSpan(nanoseconds: try reader.signed()) }
        isDetail = has(Part.isDetail)
        isFromUserSpace = has(Part.isFromUserSpace)
        unit = try reader.text(limit: FaultLimits.nameBytes)
        interface = try reader.text(limit: FaultLimits.nameBytes)
        words = try reader.list(of: "words", limit: FaultLimits.words) {
            reader throws(WireRefusal) in
            UInt32(try reader.number(of: "a word", 0...UInt64(UInt32.max)))
        }
        text = try reader.text(limit: FaultLimits.textBytes)
    }

    private static func code(from reader: inout WireReader) throws(WireRefusal) -> FaultCode {
        let tag = try reader.byte()
        switch tag {
        case tagXid: return .xid(try number(from: &reader))
        case tagSxid: return .sxid(try number(from: &reader))
        case tagEvent:
            let name = try reader.text()
            guard let event = FaultEvent(rawValue: name) else {
                throw reader.refusal("'\(name)' as a fault without a number")
            }
            return .event(event)
        default: throw reader.refusal("\(tag) as a kind of fault")
        }
    }

    private static func number(from reader: inout WireReader) throws(WireRefusal) -> Int32 {
        let number = try reader.signed32()
        guard number >= 0 else { throw reader.refusal("\(number) as the number of a fault") }
        return number
    }
}

extension EnginePlace {
    fileprivate init(from reader: inout WireReader) throws(WireRefusal) {
        let most = UInt64(UInt16.max)
        self.init(
            cluster: UInt16(try reader.number(of: "a cluster", 0...most)),
            texture: UInt16(try reader.number(of: "a texture cluster", 0...most)),
            multiprocessor: UInt16(try reader.number(of: "a multiprocessor", 0...most)))
    }
}
