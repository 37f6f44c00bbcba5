import FleetModel
import Journal

/// A burst that is not over.
struct OpenBurst {
    private(set) var number: UInt64
    private(set) var opened: Instant
    private(set) var last: Instant
    /// What explains it, when it is the rest of a burst that was cut off.
    var continued: FaultCode?
    private var parts: [BurstPart] = []
    /// Repetitions that were counted in it, in order.
    private var counted: [RepetitionKey] = []
    private var faults: UInt64 = 0
    private var omitted: UInt64 = 0

    init(number: UInt64, opened: Instant) {
        self.number = number
        self.opened = opened
        last = opened
    }

    /// Whether a repetition counts for the first time in this burst.
    mutating func count(_ key: RepetitionKey) -> Bool {
        guard counted.count < FaultLimits.repetitions, !counted.contains(key) else { return false }
        counted.append(key)
        return true
    }

    /// Rules of the site stand at other places now, or nowhere.
    mutating func move(to places: [Int?]) {
        counted = counted.compactMap { $0.moved(to: places) }
    }

    /// Attaches a device's identity.
    mutating func merge(_ identity: DeviceIdentity, of device: PCIAddress) {
        guard let index = parts.firstIndex(where: { $0.key == .device(device) }) else { return }
        var known = parts[index].part.identity ?? DeviceIdentity()
        known.merge(identity)
        parts[index].part.identity = known
    }

    /// Takes a fault in, and says on which part it was.
    mutating func note(_ fault: LogFault, _ decision: FaultDecision, at now: Instant) -> Int? {
        last = now
        faults &+= 1
        let key = PartKey(fault)
        var index = parts.firstIndex { $0.key == key }
        if index == nil {
            guard parts.count < FaultLimits.parts else {
                omitted &+= 1
                return nil
            }
            parts.append(BurstPart(fault))
            index = parts.count - 1
        }
        guard let index else { return nil }
        if !parts[index].note(fault, decision, at: now, order: faults) { omitted &+= 1 }
        return index
    }

    /// The part that a fault is of, if something was told of it and the fault takes it out itself.
    func toldPart(of fault: LogFault) -> FaultedPart? {
        let key = PartKey(fault)
        guard let part = parts.first(where: { $0.key == key }), part.told != nil else { return nil }
        let known = part.entries.first { $0.code == fault.code }?.decision
        let decision = known ?? FaultCatalogue.baseDecision(for: fault)
        return decision.takesOutOfService ? part.part : nil
    }

    /// Forgets what was told of the part that a fault is of.
    mutating func tellAnew(_ fault: LogFault) {
        let key = PartKey(fault)
        if let index = parts.firstIndex(where: { $0.key == key }) { parts[index].told = nil }
    }

    /// A verdict to tell at once; nil unless the part has to go and that is news.
    mutating func urgent(about index: Int, version: String) -> FaultVerdict? {
        guard let root = parts[index].root else { return nil }
        let decision = parts[index].decision(root: root)
        guard decision.takesOutOfService,
            parts[index].told.map({ decision.isStronger(than: $0) }) ?? true
        else { return nil }
        let verdict = verdict(.urgent, version: version)
        parts[index].told = decision
        return verdict
    }

    /// The code that explains the burst, if hardware that has to go does.
    var explanation: FaultCode? {
        if let root = main?.root, root.decision.takesOutOfService { return root.code }
        return continued
    }

    private var main: (part: Int, root: BurstEntry)? {
        var best: (part: Int, root: BurstEntry)?
        for (index, part) in parts.enumerated() {
            guard let root = part.root, best.map({ root.explains($0.root) }) ?? true else {
                continue
            }
            best = (index, root)
        }
        return best
    }

    func verdict(_ stage: FaultVerdict.Stage, version: String) -> FaultVerdict {
        guard let main else { preconditionFailure("a burst without a fault") }
        var verdicts: [PartVerdict] = []
        for index in [main.part] + parts.indices.filter({ $0 != main.part }) {
            verdicts.append(verdict(of: parts[index], main.root, stage))
        }
        let lead =
            verdicts.filter { $0.takesOutOfService }.reduce(nil as PartVerdict?) { best, part in
                guard let best else { return part }
                return part.action > best.action ? part : best
            } ?? verdicts[0]
        return FaultVerdict(
            burst: number, stage: stage, opened: opened, last: last, root: main.root.code,
            part: parts[main.part].part, severity: verdicts.map(\.severity).max() ?? .info,
            action: lead.action, followUp: lead.followUp, rule: lead.rule, parts: verdicts,
            inputs: inputs, faults: faults, omitted: omitted, catalogueVersion: version)
    }

    private func verdict(
        of part: BurstPart, _ main: BurstEntry, _ stage: FaultVerdict.Stage
    ) -> PartVerdict {
        guard let root = part.root else { preconditionFailure("a part without a fault") }
        var decision = part.decision(root: root)
        if let cause = cause(of: root, main) {
            decision.severity = .info
            decision.action = .none
            decision.rule = .follows(cause)
        } else if stage == .final, root.code == .xid(45), main.code == .xid(45),
            decision.rule == .catalogue(.xid(45))
        {
            decision.severity = .warning
            decision.action = .restartFabricManager
            decision.rule = .unexplainedRemoval
        }
        return PartVerdict(
            part: part.part, root: root.code, nature: root.decision.nature,
            severity: decision.severity, action: decision.action, followUp: decision.followUp,
            rule: decision.rule, faults: part.faults,
            isTold: part.told == decision)
    }

    /// The hardware fault that an error of a program, a torn-down channel or a link's weak signal
    /// follows from: it was there before, on whatever part of the node.
    private func cause(of root: BurstEntry, _ main: BurstEntry) -> FaultCode? {
        guard case .xid = root.code, root.decision.mayFollow else { return nil }
        guard root.order != main.order, main.decision.takesOutOfService,
            main.decision.nature == .hardware
        else { return continued }
        return main.order < root.order || root.decision.nature == .cascade ? main.code : nil
    }

    private var inputs: [VerdictInput] {
        let entries = parts.flatMap(\.entries)
        // Those that explain most are kept; people read them in order of time.
        return entries.sorted { $0.explains($1) }.prefix(FaultLimits.inputs)
            .sorted { $0.order < $1.order }
            .map {
                VerdictInput(
                    fault: $0.sample, count: $0.count, first: $0.first, last: $0.last,
                    decision: $0.decision)
            }
    }
}

extension OpenBurst: RecordValue {
    static var blank: OpenBurst { OpenBurst(number: 0, opened: .zero) }
    mutating func pass(through coder: inout RecordCoder) {
        coder.field(&number)
        coder.field(&opened)
        coder.field(&last)
        coder.field(&continued)
        coder.list(&parts, limit: FaultLimits.parts, of: "parts of a burst")
        coder.list(&counted, limit: FaultLimits.repetitions, of: "repetitions of a burst")
        coder.field(&faults)
        coder.field(&omitted)
        if parts.isEmpty { coder.fail("a burst without a part", expected: "one at least") }
    }
}
