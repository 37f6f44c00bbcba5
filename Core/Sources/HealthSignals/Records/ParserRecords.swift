import FleetModel
import Journal

// What a parser remembers from line to line.

extension KnownDevice: RecordValue {
    static var blank: KnownDevice { KnownDevice(device: .blank, identity: .blank) }
    mutating func pass(through coder: inout RecordCoder) {
        coder.field(&device)
        coder.field(&identity)
    }
}

extension UnfinishedSentence: RecordValue {
    static var blank: UnfinishedSentence { UnfinishedSentence(device: .blank, lines: 0) }
    mutating func pass(through coder: inout RecordCoder) {
        coder.field(&device)
        coder.field(&lines)
    }
}

extension KernelLogParser.Counts: RecordValue {
    package static var blank: Self { Self() }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&lines)
        coder.field(&faults)
        coder.field(&noise)
    }
}

extension KernelLogParser: RecordValue {
    package static var blank: KernelLogParser { KernelLogParser() }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&counts)
        coder.list(&identities, limit: FaultLimits.identities, of: "devices")
        coder.list(&switchFaults, limit: FaultLimits.switches, of: "switches")
        coder.field(&unfinished)
    }
}
