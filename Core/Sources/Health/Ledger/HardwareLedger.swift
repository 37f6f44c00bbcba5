import FleetModel

/// What arrived, as the ledger sees it.
public struct LedgerArrival: Hashable, Sendable {
    /// The machine.
    public var machine: MachineID
    /// Its devices by index; nil where none answers.
    public var parts: [PartID?]
    /// Everything that does not fit.
    public var contradictions: [Contradiction]
    /// What is known.
    public var standing: Standing
    /// Whether it had another name before.
    public var isRenamed: Bool
    /// Devices that stand where another stood before, by index.
    public var replacedDevices: UInt64

    /// Whether another node has to go, or somebody has to speak, before it can be taken in: it has
    /// a device that another node has, or nothing but the chassis of another node.
    public var isContested: Bool
}

/// All hardware that ever was in the fleet, by what it calls itself.
///
/// Nodes come and go with their names; what fails is hardware. Machines and devices get an id when
/// they are first seen and keep it for ever. Nothing is ever deleted here.
public struct HardwareLedger: Hashable, Sendable {
    /// All machines, by id.
    public internal(set) var machines: [MachineRecord] = []
    /// All devices, by id.
    public internal(set) var parts: [PartRecord] = []
    /// Identities that turned out to name nothing, in order.
    public internal(set) var shared: [IdentityID] = []
    /// Events that are kept in detail for each.
    var kept: Int32

    // Derived from the above; looked up and never iterated over.
    var machineOfChassis: [IdentityID: MachineID] = [:]
    var machineOfNic: [IdentityID: MachineID] = [:]
    var partOfUUID: [IdentityID: PartID] = [:]
    var partOfSerial: [IdentityID: PartID] = [:]
    var machineOfName: [NodeID: MachineID] = [:]
    /// Arrivals so far.
    var arrivals: Int64 = 0

    /// Whether somebody takes what is taken down.
    var handsOn = false
    /// What was taken down and nobody has taken yet; empty where nobody takes it.
    var fresh: [LedgerEntry] = []

    /// Starts empty; `kept` events are kept in detail for each piece of hardware.
    public init(kept: Int32 = 16) { self.kept = max(1, kept) }

    /// Rebuilds a ledger from its records.
    init(machines: [MachineRecord], parts: [PartRecord], shared: [IdentityID], kept: Int32) {
        self.init(kept: kept)
        self.machines = machines
        self.parts = parts
        self.shared = shared
        for machine in machines {
            if let chassis = machine.chassis { machineOfChassis[chassis] = machine.id }
            for nic in machine.nics { machineOfNic[nic] = machine.id }
        }
        for part in parts {
            if let uuid = part.uuid { partOfUUID[uuid] = part.id }
            if let serial = part.boardSerial, partOfSerial[serial] == nil {
                partOfSerial[serial] = part.id
            }
        }
        for machine in machines.sorted(by: { $0.lastArrival < $1.lastArrival }) {
            if let node = machine.lastNode { machineOfName[node] = machine.id }
        }
        arrivals = machines.map(\.lastArrival).max() ?? 0
    }

    /// The machine with a chassis serial, UUID, board serial or GUID. O(devices) for the GUID of a
    /// device, and for what nobody has.
    public func machine(with identity: IdentityID) -> MachineID? {
        machineOfChassis[identity] ?? machineOfNic[identity]
            ?? part(with: identity).flatMap { parts[$0.index].machine }
    }

    /// The machine that a node of this name was last, of those that have had no other name since.
    func machine(lastOf node: NodeID) -> MachineID? { machineOfName[node] }

    /// A machine goes by a name from now on; whoever had its old name before has that again, as
    /// after a restore. O(1) but for a machine that is renamed.
    mutating func name(_ machine: MachineID, _ node: NodeID) {
        let old = machines[machine.index].lastNode
        machines[machine.index].node = node
        machines[machine.index].lastNode = node
        arrivals += 1
        machines[machine.index].lastArrival = arrivals
        machineOfName[node] = machine
        guard let old, old != node, machineOfName[old] == machine else { return }
        machineOfName[old] =
            machines.filter { $0.lastNode == old }.max { $0.lastArrival < $1.lastArrival }?.id
    }

    /// The device with a UUID, board serial or GUID. O(devices) for a GUID, and for what nobody
    /// has.
    public func part(with identity: IdentityID) -> PartID? {
        partOfUUID[identity] ?? partOfSerial[identity]
            ?? parts.first { $0.guid == identity }?.id
    }

    /// Whether a network interface of some machine has this GUID.
    public func isInterface(_ identity: IdentityID) -> Bool { machineOfNic[identity] != nil }

    /// What is known against a machine and the devices that belong to it.
    public func reasons(against machine: MachineID) -> [BadReason] {
        let record = machines[machine.index]
        var reasons: [BadReason] = record.history.isRetired ? [.retiredMachine] : []
        reasons += record.history.open.map { .openFault($0) }
        for case .some(let part) in record.parts {
            let history = parts[part.index].history
            if history.isRetired { reasons.append(.retiredDevice(part)) }
            reasons += history.open.map { .openDeviceFault(part, $0) }
        }
        return reasons
    }

    /// What is known, for a ticket.
    public func evidence(of machine: MachineID, node: NodeID, at moment: Moment) -> Evidence {
        let record = machines[machine.index]
        let blamed = record.parts.compactMap { $0 }.map { parts[$0.index] }.filter {
            $0.history.isBad || $0.history.counts.faults > 0
        }
        return Evidence(
            node: node, machine: machine, chassis: record.chassis, nics: record.nics,
            reasons: reasons(against: machine), history: record.history, parts: blamed, at: moment)
    }

    /// The machine is not there any more.
    mutating func leave(_ machine: MachineID, at moment: Moment) {
        if let node = machines[machine.index].node {
            hand(.left(node, at: moment), of: machine)
        }
        machines[machine.index].node = nil
        machines[machine.index].history.leave(at: moment)
        for case .some(let part) in machines[machine.index].parts {
            parts[part.index].history.leave(at: moment)
        }
    }

    /// Lets open faults of a machine stand against another as well; whether there are any.
    mutating func copyOpenFaults(of machine: MachineID, to other: MachineID) -> Bool {
        let open = machines[machine.index].history.open
        for fault in open {
            machines[other.index].history.open(
                fault.cause, fault.action, fault.components, at: fault.last)
        }
        return !open.isEmpty
    }

    /// The same for the devices in one place, or for the machine where there is none now.
    mutating func copyOpenFaults(
        of part: PartID, to other: PartID?, or machine: MachineID
    ) -> Bool {
        let open = parts[part.index].history.open
        guard other != part else { return false }
        for fault in open {
            let (cause, action, at) = (fault.cause, fault.action, fault.last)
            if let other {
                parts[other.index].history.open(cause, action, fault.components, at: at)
            } else {
                machines[machine.index].history.open(cause, action, fault.components, at: at)
            }
        }
        return !open.isEmpty
    }

    mutating func setKept(_ count: Int32) { kept = max(1, count) }

    /// What identifies a machine names nothing: other machines say the same.
    mutating func share(_ identity: IdentityID) {
        guard !shared.contains(identity) else { return }
        shared.append(identity)
        machineOfChassis[identity] = nil
        machineOfNic[identity] = nil
        partOfUUID[identity] = nil
        partOfSerial[identity] = nil
        for index in machines.indices {
            if machines[index].chassis == identity { machines[index].chassis = nil }
            machines[index].nics.removeAll { $0 == identity }
        }
        for index in parts.indices {
            if parts[index].uuid == identity { parts[index].uuid = nil }
            if parts[index].boardSerial == identity { parts[index].boardSerial = nil }
            if parts[index].guid == identity { parts[index].guid = nil }
        }
    }

    func fold(into hasher: inout StateHasher) {
        hasher.add(machines.count)
        for machine in machines {
            hasher.add(machine.chassis?.rawValue ?? -1)
            hasher.add(machine.node?.rawValue ?? -1)
            hasher.add(machine.lastNode?.rawValue ?? -1)
            hasher.add(machine.lastArrival)
            for nic in machine.nics { hasher.add(nic.rawValue) }
            for part in machine.parts { hasher.add(part?.rawValue ?? -1) }
            for attempt in machine.attempts { hasher.add(attempt.at.nanoseconds) }
            machine.signals.fold(into: &hasher)
            machine.history.fold(into: &hasher)
        }
        hasher.add(parts.count)
        for part in parts {
            hasher.add(part.uuid?.rawValue ?? -1)
            hasher.add(part.boardSerial?.rawValue ?? -1)
            hasher.add(part.machine?.rawValue ?? -1)
            hasher.add(part.index)
            if let guid = part.guid { hasher.add(guid.rawValue) }
            part.seat?.fold(into: &hasher)
            if let fabric = part.fabric {
                hasher.add(fabric.cluster.rawValue)
                hasher.add(fabric.clique)
            }
            part.history.fold(into: &hasher)
        }
        for identity in shared { hasher.add(identity.rawValue) }
    }
}

extension HardwareHistory {
    func fold(into hasher: inout StateHasher) {
        for count in [
            counts.faults, counts.severeFaults, counts.passedTests, counts.failedTests,
            counts.inconclusiveTests, counts.repairs, counts.jobs, counts.blamedJobs,
            counts.places, counts.outages,
        ] { hasher.add(count) }
        for fault in open {
            hasher.add(fault.cause.rawValue)
            hasher.add(Int32(fault.action.rawValue))
            hasher.add(Int32(fault.components.rawValue))
            hasher.add(fault.count)
        }
        hasher.add(lastProof?.at.engine.nanoseconds ?? -1)
        hasher.add(repairedAt?.engine.nanoseconds ?? -1)
        hasher.add(Int32(isRetired ? 1 : 0))
    }
}
