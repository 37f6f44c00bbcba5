import FleetModel
import Journal

/// Gathers the faults of one node into bursts, and says what each means as a whole.
///
/// A burst ends after a silence. What must not wait is told at once, and refined when the burst
/// ends. Pure: time comes in, and a time that lies before the last one (or before the origin)
/// counts as that. Bounded by ``FaultLimits`` whatever comes.
public struct FaultBursts: Sendable {
    /// What faults mean.
    public private(set) var catalogue: FaultCatalogue
    /// How faults are gathered.
    public let settings: BurstSettings
    /// The kind of the node's accelerators, for rules that name one.
    public var model: String

    private var open: OpenBurst?
    private var repetitions = RepetitionBook()
    private var bursts: UInt64 = 0
    /// What explains the rest of a burst that was cut off, until there was a silence.
    private var explanation: BurstExplanation?
    private var now = Instant.zero

    /// A node without faults.
    public init(
        catalogue: FaultCatalogue = FaultCatalogue(), settings: BurstSettings = BurstSettings(),
        model: String = ""
    ) {
        self.catalogue = catalogue
        self.settings = settings
        self.model = model
    }

    /// When ``advance(to:into:)`` has something to do; nil while no burst is open.
    public var wakeAt: Instant? {
        open.map { min($0.last + settings.silence, $0.opened + settings.longest) }
    }

    /// The part that a fault is of, if something that takes it out was told of it in the burst that
    /// is open.
    public func toldPart(of fault: LogFault) -> FaultedPart? {
        open?.toldPart(of: fault)
    }

    /// What is noted next of the part that a fault is of is told again, even if it says no more
    /// than what was told.
    public mutating func tellAnew(_ fault: LogFault) { open?.tellAnew(fault) }

    /// Exchanges the site's rules. Bursts that are open keep what was decided; what was counted
    /// for a rule that is still there goes on to count, wherever it stands now.
    public mutating func use(_ rules: FaultRules) {
        let old = catalogue.rules.rules
        catalogue.rules = rules
        let places = old.map { rules.rules.firstIndex(of: $0) }
        repetitions.move(to: places)
        open?.move(to: places)
    }

    /// Says what faults mean to what was read back.
    package mutating func restore(_ rules: FaultRules) { catalogue.rules = rules }

    /// Takes a fault in, and appends the verdicts that it brings.
    public mutating func note(
        _ fault: LogFault, at time: Instant, into verdicts: inout [FaultVerdict]
    ) {
        advance(to: time, into: &verdicts)
        // Names and good news explain a burst; they do not make one, nor keep one open.
        if fault.code == .event(.identity) || fault.code == .event(.nicLinkUp) {
            if let identity = fault.identity, let device = fault.device {
                open?.merge(identity, of: device)
            }
            return
        }
        if open == nil {
            bursts += 1
            var burst = OpenBurst(number: bursts, opened: now)
            burst.continued = explanation.flatMap { now < $0.until ? $0.code : nil }
            explanation = nil
            open = burst
        }
        let decision = decide(fault)
        guard let told = open?.note(fault, decision, at: now) else { return }
        guard let verdict = open?.urgent(about: told, version: catalogue.version) else { return }
        verdicts.append(verdict)
    }

    /// Lets time pass, and appends the verdict on a burst that has ended by then.
    public mutating func advance(to time: Instant, into verdicts: inout [FaultVerdict]) {
        now = max(now, time)
        guard let wakeAt, now >= wakeAt, let burst = open else { return }
        verdicts.append(burst.verdict(.final, version: catalogue.version))
        open = nil
        // Cut off and not over: what follows is still explained by what it began with.
        explanation = burst.explanation.map {
            BurstExplanation(code: $0, until: burst.last + settings.silence)
        }
    }

    /// What one fault means that belongs to no burst: rules count it, and nothing waits for it.
    public mutating func judge(_ fault: LogFault, at time: Instant) -> FaultVerdict {
        now = max(now, time)
        let kept = open
        open = OpenBurst(number: 0, opened: now)
        let decision = decide(fault)
        var burst = open ?? OpenBurst(number: 0, opened: now)
        open = kept
        _ = burst.note(fault, decision, at: now)
        return burst.verdict(.final, version: catalogue.version)
    }

    /// What one fault means now: the site's first rule whose threshold is reached, else the base
    /// with its repetitions.
    private mutating func decide(_ fault: LogFault) -> FaultDecision {
        var decision = FaultCatalogue.baseDecision(for: fault)
        let base = repeated(fault, decision)
        var rule: FaultRule?
        for (index, candidate) in catalogue.rules.rules.enumerated()
        where candidate.isAbout(fault, model: model) {
            // Every rule counts, also behind the one that decides: its turn may come.
            let isReached =
                candidate.threshold.map { count(fault, .site(index), $0) >= $0.count } ?? true
            if isReached, rule == nil { rule = candidate }
        }
        if let rule {
            decision = decision.overridden(by: rule)
        } else if let base {
            decision = base
        }
        guard decision.takesOutOfService, rule == nil else { return decision }
        let repairs = count(fault, .repairs, BaseRepetition.repairs)
        if repairs >= BaseRepetition.repairs.count {
            decision.action = .contactProvider
            decision.rule = .repeatedRepairs(count: repairs)
        }
        return decision
    }

    /// What the base makes of a repetition; nil when there is none.
    private mutating func repeated(
        _ fault: LogFault, _ decision: FaultDecision
    ) -> FaultDecision? {
        for (index, rule) in BaseRepetition.all.enumerated() where rule.codes.contains(fault.code) {
            // Registers that say that nothing is wrong do not say it louder by repetition.
            guard decision.nature > .cascade else { continue }
            let times = count(fault, .base(index), rule.threshold)
            guard times >= rule.threshold.count else { continue }
            let parts = repetitions.parts(
                of: .base(index), at: now, within: rule.threshold.window)
            guard !rule.wanders || parts == 1 else { continue }
            var stronger = decision
            stronger.severity = max(decision.severity, rule.severity)
            stronger.action = max(decision.action, rule.action)
            stronger.rule = .repetition(fault.code, count: times)
            if rule.wanders { stronger.nature = .hardware }
            return stronger
        }
        return nil
    }

    /// How often a fault came by a threshold's rule, this time included.
    private mutating func count(
        _ fault: LogFault, _ rule: RepetitionKey.Rule, _ threshold: FaultThreshold
    ) -> Int {
        guard let key = RepetitionKey(rule, fault, at: threshold.place) else { return 0 }
        let isNew = !fault.isDetail && (threshold.countsLines || open?.count(key) == true)
        return isNew
            ? repetitions.note(key, at: now, within: threshold.window)
            : repetitions.count(key, at: now, within: threshold.window)
    }
}

/// What explains the rest of a burst that was cut off.
private struct BurstExplanation {
    var code: FaultCode
    var until: Instant
}

extension BurstExplanation: RecordValue {
    static var blank: BurstExplanation { BurstExplanation(code: .blank, until: .zero) }
    mutating func pass(through coder: inout RecordCoder) {
        coder.field(&code)
        coder.field(&until)
    }
}

/// What was seen. The catalogue and the settings are not in it: whoever reads it back has them.
extension FaultBursts: RecordValue {
    package static var blank: FaultBursts { FaultBursts() }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&model)
        coder.field(&open)
        coder.field(&repetitions)
        coder.field(&bursts)
        coder.field(&explanation)
        coder.field(&now)
    }
}
