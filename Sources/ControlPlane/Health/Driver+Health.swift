import FleetModel
import Health
import HealthControl
import HealthSignals
import Store

// The health engine beside the scheduler's. What it is told is journalled in the transaction of
// what follows from it. Its state, which says what is outstanding, is its outbox: whatever was not
// done when the process died is asked for again by `resumed`, under the same id.
extension Driver {
    /// Rounds of directives and what follows from them in one batch; the rest is left to the next.
    private static let healthRounds = 16

    /// Tells the health engine one thing, at the time of the last input: what is one event to the
    /// books is one instant. What it asks for is done by ``settleHealth()``.
    func tellHealth(_ input: DeskInput) {
        // The time of this input, too, counts for silence only as far as agents could be heard.
        listen()
        take(input)
    }

    /// Tells it without looking whether agents could be heard.
    func take(_ input: DeskInput) {
        desk.apply(input, at: now, into: &healthDirectives)
        pending.health.append(DeskRecord(at: now, input: input))
        keepHardware(desk.takeEntries())
        hasNewHealth = true
        hasSpareNews = true
        if input.mayExplainEnds { openEnds.hasNews = true }
    }

    /// Before the backend's nodes are looked at. A fleet that works already is taken over as it
    /// is: what ran there without a test goes on.
    func beginHealth(_ policy: HealthPolicy, _ rules: FaultRules = FaultRules(), isNew: Bool) {
        now = max(now, clock.now())
        excuseOutage()
        var first = carriedOut(policy)
        if !isNew, desk.engine.nodes.isEmpty { first.arrival.new = .admit }
        if desk.engine.policy != first { tellHealth(.engine(.setPolicy(first))) }
        setFaultRules(rules)
    }

    /// What faults mean from now on. That is told like everything else that decisions rest on, so
    /// that a replay decides by the rules of the time.
    private func setFaultRules(_ rules: FaultRules) {
        let old = desk.rules
        guard old != rules else { return }
        tellHealth(.setRules(rules))
        let text =
            rules.rules.isEmpty
            ? "faults mean what is published: the site has no rules any more"
            : "the site's fault rules of version '\(rules.version)' decide from now on"
        let isUnnamed = !rules.rules.isEmpty && old.version == rules.version
        tell(
            EventRow(
                kind: "health", at: now,
                text: text + (isUnnamed ? "; they differ from those of the same version" : "")))
    }

    /// The limits without what nobody here can do: idle nodes stay as they are where no backend
    /// tests them.
    private func carriedOut(_ policy: HealthPolicy) -> HealthPolicy {
        var policy = policy
        if !hasCare { policy.suspicion.idleTestPeriod = nil }
        return policy
    }

    /// After a start, or once the storage takes something again: the limits that are asked for,
    /// and everything outstanding once more.
    func resumeHealth(_ asked: HealthPolicy, _ rules: FaultRules = FaultRules()) {
        let policy = carriedOut(asked)
        excuseOutage()
        if desk.engine.policy != policy { tellHealth(.engine(.setPolicy(policy))) }
        setFaultRules(rules)
        view.nodes.forEach { node in
            if !node.occupants.isEmpty { occupancyChanges.insert(node.row.spec.id) }
            return true
        }
        for case .some(let node) in desk.engine.nodes where node.isBusy {
            occupancyChanges.insert(node.id)
        }
        // What is asked for anew need not be done twice.
        healthDirectives.removeAll { directive in
            switch directive {
            case .tell, .refuse, .propose: false
            default: true
            }
        }
        tellHealth(.engine(.resumed))
        beginToListen()
        dropOrders()
    }

    /// Wakes the health engine if its time has come.
    func wakeHealth() {
        now = max(now, clock.now())
        for (token, at) in healthWakes.sorted(by: { $0.key < $1.key }) where at <= now {
            healthWakes[token] = nil
            tellHealth(.engine(.wake(token: token)))
        }
    }

    /// When the health engine next wants to be woken.
    var nextHealthWake: Instant? { healthWakes.values.min() }

    /// Does what the health engine has asked for, and tells it what follows from that.
    func settleHealth() throws {
        now = max(now, clock.now())
        for _ in 0..<Driver.healthRounds {
            tellOccupancy()
            guard !healthDirectives.isEmpty else { break }
            try carryOutHealth()
        }
        settleLessons()
        // Each operation was ordered, so that more orders than operations are too many.
        if careOrders.count > desk.engine.operations.count { dropOrders() }
        tellStackNews()
        keepHealthNames()
        try settleSpares()
    }

    /// Does what the health engine has asked for so far: what is bad is closed before what an
    /// attempt leaves behind is given to others.
    func carryOutHealth() throws {
        let directives = healthDirectives
        healthDirectives = []
        for directive in directives.closingFirst { try carryOut(directive) }
    }

    /// Tells what of nodes is in use where that has changed.
    private func tellOccupancy() {
        for node in occupancyChanges.sorted() {
            guard let known = desk.engine[node], let present = view.nodes[node.index] else {
                continue
            }
            let devices = devicesInUse(present, known)
            let isBusy = !present.occupants.isEmpty
            guard known.busyDevices != devices || known.isBusy != isBusy else { continue }
            tellHealth(.engine(.occupied(node, devices: devices, isBusy: isBusy)))
        }
        occupancyChanges.removeAll(keepingCapacity: true)
    }

    private func keepHealthNames() {
        let names = desk.names
        let count = HealthNameCounts(names)
        func keep(_ kind: NameKind, _ range: Range<Int>, _ name: (Int) -> String) {
            for id in range {
                pending.names.append(PendingWrites.NewName(kind: kind, id: id, name: name(id)))
            }
        }
        keep(.identity, keptNames.identities..<count.identities) {
            names.identities.text(IdentityID($0))
        }
        keep(.cause, keptNames.causes..<count.causes) { names.causes[CauseID($0)] }
        keep(.faultRule, keptNames.rules..<count.rules) { names.rules[RuleID($0)] }
        keep(.rulesVersion, keptNames.versions..<count.versions) {
            names.versions[RulesVersionID($0)]
        }
        keep(.test, keptNames.tests..<count.tests) { names.tests[TestID($0)] }
        keep(.actor, keptNames.actors..<count.actors) { names.actors[ActorID($0)] }
        keptNames = count
    }
}

/// How many names of each kind a desk has.
struct HealthNameCounts: Hashable {
    var identities = 0
    var causes = 0
    var rules = 0
    var versions = 0
    var tests = 0
    var actors = 0

    init(_ names: HealthNames) {
        identities = names.identities.count
        causes = names.causes.count
        rules = names.rules.count
        versions = names.versions.count
        tests = names.tests.count
        actors = names.actors.count
    }
}
