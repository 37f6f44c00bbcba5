import FleetModel
import Journal

// Faults as lines tell them.

extension FaultAction: RecordValue {}
extension FaultSeverity: RecordValue {}
extension FaultFollowUp: RecordValue {}
extension FaultNature: RecordValue {}
extension FaultEvent: RecordValue {}
extension DeclaredSeverity: RecordValue {}
extension RecoveryVerdict: RecordValue {}

extension FaultCode: RecordValue {
    package static var blank: FaultCode { .xid(0) }
    package mutating func pass(through coder: inout RecordCoder) {
        var name = coder.isReading ? "" : text
        coder.field(&name)
        // What could not be read again is not written either.
        guard let known = FaultCode(text: name), known.text == name else {
            return coder.fail("'\(name)' is no code", expected: "such as XID 79")
        }
        self = known
    }
}

extension PCIAddress: RecordValue {
    package static var blank: PCIAddress { PCIAddress(bus: 0) }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&domain)
        coder.field(&bus)
        coder.field(&device)
        coder.field(&function)
    }
}

extension DeviceIdentity: RecordValue {
    package static var blank: DeviceIdentity { DeviceIdentity() }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&uuid)
        coder.field(&serial)
    }
}

extension FaultedProcess: RecordValue {
    package static var blank: FaultedProcess { FaultedProcess() }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&id)
        coder.field(&name)
    }
}

extension EnginePlace: RecordValue {
    package static var blank: EnginePlace { EnginePlace(cluster: 0, texture: 0, multiprocessor: 0) }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&cluster)
        coder.field(&texture)
        coder.field(&multiprocessor)
    }
}

extension LogFault: RecordValue {
    package static var blank: LogFault { LogFault(.blank) }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&code)
        coder.field(&device)
        coder.field(&identity)
        coder.field(&process)
        coder.field(&channel)
        coder.field(&link)
        coder.field(&engine)
        coder.field(&unit)
        coder.field(&declared)
        coder.field(&words)
        coder.field(&recovery)
        coder.field(&instance)
        coder.field(&gpuInstance)
        coder.field(&interface)
        coder.field(&isDetail)
        coder.field(&isFromUserSpace)
        coder.field(&uptime)
        coder.field(&text)
    }
}
