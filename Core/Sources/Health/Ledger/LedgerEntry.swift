import FleetModel

/// Something that the ledger has taken down, for who keeps it for longer than the ledger does in
/// detail. See ``HealthEngine/takeEntries()``.
public struct LedgerEntry: Hashable, Sendable {
    /// What was taken down.
    public enum Record: Hashable, Sendable {
        /// A fault of a machine, or of one of its devices.
        case fault(FaultRecord)
        /// A test of a machine, or of one of its devices.
        case test(TestRecord)
        /// A repair of a machine, or of one of its devices.
        case repair(RepairRecord)
        /// A job that ended on a machine, under the name of this node.
        case job(JobEndRecord, NodeID)
        /// A machine or device came to a place.
        case place(PlaceRecord)
        /// A machine is not there any more, or a device stands in its place no more.
        case left(NodeID, at: Moment)
    }

    /// The machine.
    public var machine: MachineID
    /// The device; nil for the machine as a whole.
    public var part: PartID?
    /// What was taken down.
    public var record: Record
    /// The line of a log that told it, where there is one.
    public var line: String?
    /// The GUID of the network interface that it is of, where it is of one that is known.
    public var interface: IdentityID?
}

extension HardwareLedger {
    /// Hands an entry on, where somebody takes them.
    mutating func hand(
        _ record: LedgerEntry.Record?, of machine: MachineID, _ part: PartID? = nil
    ) {
        guard handsOn, let record else { return }
        fresh.append(LedgerEntry(machine: machine, part: part, record: record, line: nil))
    }
}

extension HealthEngine {
    /// From now on everything that the ledger takes down is kept until ``takeEntries()``. That is
    /// no part of the state: a replay hands nothing on, since all of it was taken then.
    public mutating func handOnEntries() { ledger.handsOn = true }

    /// What the ledger has taken down since the last time, in order.
    public mutating func takeEntries() -> [LedgerEntry] {
        defer { ledger.fresh.removeAll(keepingCapacity: true) }
        return ledger.fresh
    }

    /// Entries that nobody has taken yet.
    public var entryCount: Int { ledger.fresh.count }

    /// Says of faults from an entry on which network interface they are of.
    public mutating func locate(_ interface: IdentityID, from first: Int) {
        for index in ledger.fresh.indices.dropFirst(first) {
            if case .fault = ledger.fresh[index].record {
                ledger.fresh[index].interface = interface
            }
        }
    }

    /// Gives faults from an entry on the line that told them.
    public mutating func cite(_ line: String, from first: Int) {
        for index in ledger.fresh.indices.dropFirst(first) {
            if case .fault = ledger.fresh[index].record { ledger.fresh[index].line = line }
        }
    }
}
