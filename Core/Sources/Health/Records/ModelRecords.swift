import FleetModel
import Journal

// What the engine is told of, in the words of its model.

extension IdentityID: RecordValue {}
extension MachineID: RecordValue {}
extension PartID: RecordValue {}
extension CauseID: RecordValue {}
extension RuleID: RecordValue {}
extension ActorID: RecordValue {}
extension TestID: RecordValue {}
extension StackID: RecordValue {}
extension PoolID: RecordValue {}

extension FaultSeverity: RecordValue {}
extension FaultAction: RecordValue {}
extension FaultUrgency: RecordValue {}
extension QualificationLevel: RecordValue {}
extension QualificationVerdict: RecordValue {}
extension RepairOutcome: RecordValue {}
extension RestartCause: RecordValue {}
extension HealthState: RecordValue {}
extension ArrivalHold: RecordValue {}
extension DecisionRule: RecordValue {}
extension RestackOrder.Phase: RecordValue {}

extension OperationID: RecordValue {
    package static var blank: OperationID { OperationID(0) }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&rawValue)
    }
}

extension Moment: RecordValue {
    package static var blank: Moment { .zero }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&engine)
        coder.field(&wall)
    }
}

extension ComponentSet: RecordValue {
    package static var blank: ComponentSet { [] }
    package mutating func pass(through coder: inout RecordCoder) {
        self = ComponentSet(rawValue: coder.part(rawValue))
    }
}

extension FaultScope: RecordValue {
    package static var blank: FaultScope { .node }
    package mutating func pass(through coder: inout RecordCoder) {
        var device: Int32? = if case .device(let index) = self { index } else { nil }
        coder.field(&device)
        self = device.map { .device($0) } ?? .node
    }
}

extension Finding: RecordValue {
    package static var blank: Finding {
        Finding(
            scope: .node, cause: .failedTest, severity: .unknown, action: .nothing,
            rule: RuleID(0), version: 0, seenAt: .zero)
    }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&scope)
        coder.field(&cause)
        coder.field(&severity)
        coder.field(&action)
        coder.field(&urgency)
        coder.field(&components)
        coder.field(&rule)
        coder.field(&version)
        coder.field(&seenAt)
        coder.field(&inputs)
    }
}

extension DeviceSeat: RecordValue {
    package static var blank: DeviceSeat { DeviceSeat() }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&chassis)
        coder.field(&slot)
        coder.field(&tray)
        coder.field(&host)
        coder.field(&module)
        coder.field(&peer)
    }
}

extension FabricPlace: RecordValue {
    package static var blank: FabricPlace { FabricPlace(cluster: .blank, clique: 0) }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&cluster)
        coder.field(&clique)
    }
}

extension DeviceReport: RecordValue {
    package static var blank: DeviceReport { DeviceReport(index: 0) }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&index)
        coder.field(&uuid)
        coder.field(&boardSerial)
        coder.field(&slot)
        // Where in a rack and a fabric came with the sixth version.
        guard coder.version >= 6 else { return }
        coder.field(&guid)
        coder.field(&seat)
        coder.field(&fabric)
    }
}

extension InterfaceReport: RecordValue {
    package static var blank: InterfaceReport { InterfaceReport(guid: .blank) }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&guid)
        coder.field(&name)
        coder.field(&slot)
    }
}

extension HardwareReport: RecordValue {
    package static var blank: HardwareReport { HardwareReport() }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&chassis)
        coder.field(&devices)
        coder.field(&nics)
        coder.field(&deviceCount)
        coder.field(&isolatesDevices)
        if coder.version >= 6 { coder.field(&interfaces) }
    }
}

extension Arrival: RecordValue {
    package static var blank: Arrival { Arrival(report: .blank) }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&report)
        coder.field(&domains)
        // Pools came with the fourth version.
        if coder.version >= 4 { coder.field(&pool) }
    }
}

extension PeerSample: RecordValue {
    package static var blank: PeerSample { PeerSample(node: .blank, cost: 0) }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&node)
        coder.field(&cost)
    }
}

extension AttemptEnd: RecordValue {
    package static var blank: AttemptEnd { AttemptEnd(job: .blank, nodes: [], cause: .blank) }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&job)
        coder.field(&nodes)
        coder.field(&cause)
        coder.field(&suspect)
        coder.field(&fault)
        coder.field(&excluded)
        coder.field(&gpuSeconds)
        coder.field(&lostGPUSeconds)
    }
}

extension QualificationOutcome: RecordValue {
    package static var blank: QualificationOutcome {
        QualificationOutcome(
            verdict: .blank, level: .blank, isLoaded: false, components: [], devices: 0)
    }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&verdict)
        coder.field(&level)
        coder.field(&isLoaded)
        coder.field(&components)
        coder.field(&devices)
        coder.field(&failedDevices)
        coder.field(&failedTests)
        coder.field(&version)
        // Nodes that cannot be reached came with the sixth version.
        if coder.version >= 6 { coder.field(&isUnreached) }
    }
}
