import FleetModel
import Journal

/// Which part of a node a fault is about.
enum PartKey: Hashable {
    case device(PCIAddress)
    case interface(String)
    case fabricSwitch(Int32)
    case node

    init(_ fault: LogFault) {
        if let device = fault.device {
            self = .device(device)
        } else if !fault.interface.isEmpty {
            self = .interface(fault.interface)
        } else if case .sxid = fault.code, let number = fault.instance {
            self = .fabricSwitch(number)
        } else {
            self = .node
        }
    }
}

/// One code on a part of an open burst.
struct BurstEntry {
    var code: FaultCode
    var decision: FaultDecision
    var sample: LogFault
    var count: UInt64
    var first: Instant
    var last: Instant
    /// Its place in the burst.
    var order: UInt64

    /// How much it explains: hardware that must go first, then by nature. What the driver asks for
    /// explains nothing: it comes of another fault.
    var rank: Int {
        if code == .xid(154) { return 0 }
        let isGrave = decision.nature == .hardware && decision.severity >= .critical
        return Int(decision.nature.rawValue) + (isGrave ? 2 : 1)
    }

    /// Whether it explains more than another one, or as much and came before it.
    func explains(_ other: BurstEntry) -> Bool {
        rank == other.rank ? order < other.order : rank > other.rank
    }

    var isSite: Bool {
        if case .site = decision.rule { return true }
        return false
    }
}

/// What an open burst knows of one part.
struct BurstPart {
    private(set) var key: PartKey
    var part: FaultedPart
    private(set) var entries: [BurstEntry] = []
    var faults: UInt64 = 0
    /// The last thing that the driver asked for; *none* takes nothing back, because it comes after
    /// the repair.
    var recovery: RecoveryVerdict?
    /// What was told of the part already.
    var told: FaultDecision?

    init(_ fault: LogFault) {
        key = PartKey(fault)
        part = FaultedPart()
        part.device = fault.device
        if fault.device == nil {
            part.interface = fault.interface
            if case .fabricSwitch(let number) = key { part.fabricSwitch = number }
        }
    }

    /// Takes a fault in. False when it had no room and was only counted.
    mutating func note(
        _ fault: LogFault, _ decision: FaultDecision, at now: Instant, order: UInt64
    ) -> Bool {
        faults &+= 1
        if let identity = fault.identity {
            var known = part.identity ?? DeviceIdentity()
            known.merge(identity)
            part.identity = known
        }
        if part.interface.isEmpty { part.interface = fault.interface }
        if let asked = fault.recovery, asked != .none { recovery = asked }
        if let index = entries.firstIndex(where: { $0.code == fault.code }) {
            entries[index].count &+= 1
            entries[index].last = now
            if decision.isStronger(than: entries[index].decision) {
                entries[index].decision = decision
                entries[index].sample = fault
            }
            return true
        }
        let entry = BurstEntry(
            code: fault.code, decision: decision, sample: fault, count: 1, first: now, last: now,
            order: order)
        guard entries.count >= FaultLimits.codes else {
            entries.append(entry)
            return true
        }
        // What explains least makes room for what explains more.
        guard let least = entries.indices.max(by: { entries[$0].explains(entries[$1]) }),
            entry.rank > entries[least].rank
        else { return false }
        entries[least] = entry
        return false
    }

    /// What explains most.
    var root: BurstEntry? {
        entries.reduce(nil) { best, entry in
            guard let best else { return entry }
            return entry.explains(best) ? entry : best
        }
    }

    func has(_ code: FaultCode) -> Bool { entries.contains { $0.code == code } }

    /// What the part's faults mean together: the root's decision; what the driver asks for over
    /// that, unless a rule of the site decided; and whatever is stronger beside it.
    func decision(root: BurstEntry) -> FaultDecision {
        var decision = root.decision
        let verdict = entries.first { $0.code == .xid(154) }
        let asked = root.isSite || verdict?.isSite == true ? nil : recovery
        if let verdict, verdict.isSite, !root.isSite {
            decision = verdict.decision
        } else if let asked {
            decision.action = asked.action
            decision.severity = max(decision.severity, asked.severity)
            decision.rule = .recoveryVerdict(asked)
        }
        for entry in entries where entry.order != root.order && entry.code != .xid(154) {
            guard entry.decision.nature == .hardware, asked == nil || entry.isSite,
                entry.decision.isStronger(than: decision)
            else { continue }
            decision = entry.decision
        }
        let isBase = if case .catalogue = decision.rule { true } else { false }
        if isBase, has(.xid(48)), has(.xid(63)) || has(.xid(64)),
            decision.action == .resetDevice
        {
            decision.action = .drainAndReset
            decision.rule = .memoryErrorWithRemapping
        }
        return decision
    }
}

extension BurstEntry: RecordValue {
    static var blank: BurstEntry {
        BurstEntry(
            code: .blank, decision: .blank, sample: .blank, count: 0, first: .zero, last: .zero,
            order: 0)
    }
    mutating func pass(through coder: inout RecordCoder) {
        coder.field(&code)
        coder.field(&decision)
        coder.field(&sample)
        coder.field(&count)
        coder.field(&first)
        coder.field(&last)
        coder.field(&order)
    }
}

extension BurstPart: RecordValue {
    static var blank: BurstPart { BurstPart(.blank) }
    mutating func pass(through coder: inout RecordCoder) {
        coder.field(&key)
        coder.field(&part)
        coder.list(&entries, limit: FaultLimits.codes, of: "codes of a part")
        coder.field(&faults)
        coder.field(&recovery)
        coder.field(&told)
        if entries.isEmpty { coder.fail("a part without a code", expected: "one at least") }
    }
}
