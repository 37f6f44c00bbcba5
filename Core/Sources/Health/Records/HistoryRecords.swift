import FleetModel
import Journal

// The ledger of hardware.

extension FaultRecord: RecordValue {
    package static var blank: FaultRecord {
        FaultRecord(
            cause: .blank, severity: .blank, action: .blank, at: .zero, seenAt: .zero,
            node: .blank, rule: .blank, version: 0)
    }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&cause)
        coder.field(&severity)
        coder.field(&action)
        coder.field(&at)
        coder.field(&seenAt)
        coder.field(&node)
        coder.field(&rule)
        coder.field(&version)
    }
}

extension OpenFault: RecordValue {
    package static var blank: OpenFault {
        OpenFault(
            cause: .blank, action: .blank, components: [], first: .zero, last: .zero, count: 0)
    }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&cause)
        coder.field(&action)
        coder.field(&components)
        coder.field(&first)
        coder.field(&last)
        coder.field(&count)
    }
}

extension TestRecord: RecordValue {
    package static var blank: TestRecord { TestRecord(outcome: .blank, at: .zero, node: .blank) }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&outcome)
        coder.field(&at)
        coder.field(&node)
    }
}

extension RepairRecord: RecordValue {
    package static var blank: RepairRecord { RepairRecord(action: .blank, at: .zero, node: .blank) }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&action)
        coder.field(&cause)
        coder.field(&outcome)
        coder.field(&at)
        coder.field(&node)
    }
}

extension JobEndRecord: RecordValue {
    package static var blank: JobEndRecord {
        JobEndRecord(job: .blank, cause: .blank, isSuspect: false, at: .zero)
    }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&job)
        coder.field(&cause)
        coder.field(&isSuspect)
        coder.field(&at)
    }
}

extension PlaceRecord: RecordValue {
    package static var blank: PlaceRecord {
        PlaceRecord(node: .blank, machine: .blank, from: .zero)
    }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&node)
        coder.field(&machine)
        coder.field(&index)
        // Where in a rack came with the sixth version.
        if coder.version >= 6 { coder.field(&seat) }
        coder.field(&from)
        coder.field(&until)
    }
}

extension HistoryCounts: RecordValue {
    package static var blank: HistoryCounts { HistoryCounts() }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&faults)
        coder.field(&severeFaults)
        coder.field(&passedTests)
        coder.field(&failedTests)
        coder.field(&inconclusiveTests)
        coder.field(&repairs)
        coder.field(&jobs)
        coder.field(&blamedJobs)
        coder.field(&places)
        coder.field(&outages)
    }
}

extension HardwareHistory: RecordValue {
    package static var blank: HardwareHistory { HardwareHistory() }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&counts)
        coder.field(&faults)
        coder.field(&tests)
        coder.field(&repairs)
        coder.field(&jobs)
        coder.field(&places)
        coder.field(&open)
        coder.field(&lastProof)
        coder.field(&repairedAt)
        coder.field(&isRetired)
    }
}

extension PartRecord: RecordValue {
    package static var blank: PartRecord { PartRecord(id: .blank, index: 0) }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&id)
        coder.field(&uuid)
        coder.field(&boardSerial)
        coder.field(&machine)
        coder.field(&index)
        coder.field(&slot)
        if coder.version >= 6 {
            coder.field(&guid)
            coder.field(&seat)
            coder.field(&fabric)
        }
        coder.field(&history)
    }
}

extension RepairAttempt: RecordValue {
    package static var blank: RepairAttempt { RepairAttempt(at: .zero) }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&cause)
        coder.field(&at)
    }
}

extension MachineRecord: RecordValue {
    package static var blank: MachineRecord { MachineRecord(id: .blank, nics: [], parts: []) }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&id)
        coder.field(&chassis)
        coder.field(&nics)
        coder.field(&parts)
        coder.field(&node)
        coder.field(&lastNode)
        coder.field(&lastArrival)
        coder.field(&history)
        coder.field(&signals)
        coder.field(&attempts)
    }
}
