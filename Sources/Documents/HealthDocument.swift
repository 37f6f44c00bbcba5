import FleetModel
import Health

/// A file that says how hardware is taken in, watched, tested and repaired.
///
/// Its keys are those of `HealthPolicy`; what it does not name is as there.
public enum HealthDocument {
    /// The key of the section with the site's rules.
    static let rulesKey = "faultRules"
    /// The key of the section with the spares.
    static let sparesKey = "spares"
    /// The key of the section with how much worse than usual figures may be.
    static let thresholdsKey = "thresholds"

    /// Reads the policy of a file; or every mistake in the file.
    public static func read(_ source: SourceText) -> Result<HealthPolicy, DiagnosticList> {
        file(source).map(\.policy)
    }

    /// Reads a file; or every mistake in it.
    public static func file(_ source: SourceText) -> Result<HealthFile, DiagnosticList> {
        let findings = Findings(file: source.file)
        guard let value = YAMLReader.read(source, findings) else {
            return findings.result(nil)
        }
        var reader = HealthReader(findings: findings)
        reader.read(value)
        // Ranges and what must fit together, where they were written.
        for mistake in reader.policy.mistakes() {
            findings.report(
                mistake.code, line: reader.line(of: mistake), mistake.message,
                expected: mistake.expected)
        }
        return findings.result(reader.file)
    }
}

/// Fills a policy from a document, and remembers where everything stood.
private struct HealthReader {
    private typealias Path<Value> = WritableKeyPath<HealthPolicy, Value> & Sendable

    let findings: Findings
    var file = HealthFile(policy: HealthPolicy())
    var policy: HealthPolicy {
        get { file.policy }
        set { file.policy = newValue }
    }
    private var lines: [String: Int] = [:]

    private static let breakerNumbers: [(String, any Path<Int32>)] = [
        ("fleetMilli", \.breakers.fleetMilli), ("heldMilli", \.breakers.heldMilli),
        ("leastDevices", \.breakers.leastDevices), ("domainMilli", \.breakers.domainMilli),
        ("leastDomainDevices", \.breakers.leastDomainDevices),
        ("domainLevel", \.breakers.domainLevel),
        ("concurrentRepairs", \.breakers.concurrentRepairs),
        ("attemptsPerMachine", \.breakers.attemptsPerMachine),
        ("attemptsPerCause", \.breakers.attemptsPerCause),
    ]
    private static let breakerSpans: [(String, any Path<TimeSpan>)] = [
        ("window", \.breakers.window), ("attemptWindow", \.breakers.attemptWindow),
    ]
    private static let repairNumbers: [(String, any Path<Int32>)] = [
        ("asks", \.repair.asks), ("fruitlessTests", \.repair.fruitlessTests),
    ]
    private static let repairSpans: [(String, any Path<TimeSpan>)] = [
        ("repeatWindow", \.repair.repeatWindow), ("testPause", \.repair.testPause),
        ("drainGrace", \.repair.drainGrace), ("shrunkPatience", \.repair.shrunkPatience),
    ]
    private static let repairFlags: [(String, any Path<Bool>)] = [
        ("shrinksNodes", \.repair.shrinksNodes),
        ("resetsSingleDevices", \.repair.resetsSingleDevices),
    ]
    private static let suspicionNumbers: [(String, any Path<Int32>)] = [
        ("leastPeers", \.suspicion.leastPeers), ("peerLosses", \.suspicion.peerLosses),
    ]
    private static let suspicionSpans: [(String, any Path<TimeSpan>)] = [
        ("findingLifetime", \.suspicion.findingLifetime), ("lifetime", \.suspicion.lifetime),
        ("silence", \.suspicion.silence), ("longSilence", \.suspicion.longSilence),
        ("idleTestInterval", \.suspicion.idleTestInterval),
    ]
    private static let lemonNumbers: [(String, any Path<Int32>)] = [
        ("days", \.suspicion.lemon.days), ("threshold", \.suspicion.lemon.threshold),
        ("leastSoloJobs", \.suspicion.lemon.leastSoloJobs),
    ]
    private static let levels: [(String, QualificationLevel)] = QualificationLevel.allCases.map {
        ("\($0)", $0)
    }
    private static let actions: [(String, Health.FaultAction)] = FaultAction.allCases.map {
        ("\($0)", $0)
    }

    init(findings: Findings) { self.findings = findings }

    /// The line of what a mistake of the policy names, such as `'repair.asks' is 0`.
    func line(of mistake: Diagnostic) -> Int {
        let name = mistake.message.split(separator: "'").first.map(String.init) ?? ""
        var path = String(name.prefix { $0 != "[" && $0 != "," })
        while lines[path] == nil, let dot = path.lastIndex(of: ".") { path = String(path[..<dot]) }
        return lines[path] ?? 0
    }

    mutating func read(_ value: YAMLValue) {
        let keys = [
            "arrival", "breakers", "repair", "suspicion", "network", "historyKept", "decisionsKept",
            HealthDocument.rulesKey, HealthDocument.sparesKey, HealthDocument.thresholdsKey,
        ]
        guard let form = Form(value, "the health file", keys: keys, allowsExtras: true, findings)
        else { return }
        for key in keys where form.has(key) { lines[key] = form.line(of: key) }
        number(form, "historyKept", \.historyKept)
        number(form, "decisionsKept", \.decisionsKept)
        readArrival(form)
        readBreakers(form)
        readRepair(form)
        readSuspicion(form)
        readNetwork(form)
        readRules(form)
        if let value = form.value(HealthDocument.sparesKey) {
            file.spares = SpareDocument.read(value, findings)
        }
        if let value = form.value(HealthDocument.thresholdsKey) {
            file.drops = DropDocument.read(value, findings)
        }
    }

    /// Rules in place, or the name of a file that has them.
    private mutating func readRules(_ form: Form) {
        guard let value = form.value(HealthDocument.rulesKey) else { return }
        if let path = value.text, !path.isEmpty {
            file.rulesFile = Located(path, line: value.line)
        } else {
            file.rules = FaultRuleDocument.read(value, findings)
        }
    }

    private mutating func section(_ form: Form, _ name: String, _ keys: [String]) -> Form? {
        guard let value = form.value(name) else { return nil }
        guard let section = Form(value, "'\(name)'", keys: keys, findings) else { return nil }
        for key in keys where section.has(key) { lines["\(name).\(key)"] = section.line(of: key) }
        return section
    }

    private mutating func readArrival(_ form: Form) {
        let kinds: [(String, WritableKeyPath<HealthPolicy, ArrivalAction>)] = [
            ("new", \.arrival.new), ("knownGood", \.arrival.knownGood),
            ("knownBad", \.arrival.knownBad), ("knownBadRenamed", \.arrival.knownBadRenamed),
            ("contradictory", \.arrival.contradictory),
        ]
        let keys = kinds.map(\.0) + ["level", "proofLifetime"]
        guard let section = section(form, "arrival", keys) else { return }
        let choices = ArrivalAction.allCases.map { ("\($0)", $0) }
        for (key, path) in kinds { choose(section, key, path, among: choices) }
        choose(section, "level", \.arrival.level, among: HealthReader.levels)
        span(section, "proofLifetime", \.arrival.proofLifetime)
    }

    private mutating func readBreakers(_ form: Form) {
        let keys =
            HealthReader.breakerNumbers.map(\.0) + HealthReader.breakerSpans.map(\.0)
            + ["reset", "attemptReset"]
        guard let section = section(form, "breakers", keys) else { return }
        for (key, path) in HealthReader.breakerNumbers { number(section, key, path) }
        for (key, path) in HealthReader.breakerSpans { span(section, key, path) }
        reset(section, "reset", \.breakers.reset)
        reset(section, "attemptReset", \.breakers.attemptReset)
    }

    private mutating func readRepair(_ form: Form) {
        let keys =
            HealthReader.repairNumbers.map(\.0) + HealthReader.repairSpans.map(\.0)
            + HealthReader.repairFlags.map(\.0) + [
                "tries", "levels", "testTimeouts", "repairTimeouts", "strongest",
                "afterFailedTest", "drainPatience",
            ]
        guard let section = section(form, "repair", keys) else { return }
        for (key, path) in HealthReader.repairNumbers { number(section, key, path) }
        for (key, path) in HealthReader.repairSpans { span(section, key, path) }
        for (key, path) in HealthReader.repairFlags {
            if let flag = section.boolean(key) { policy[keyPath: path] = flag }
        }
        choose(section, "strongest", \.repair.strongest, among: HealthReader.actions)
        choose(section, "afterFailedTest", \.repair.afterFailedTest, among: HealthReader.actions)
        spanOrNever(section, "drainPatience", \.repair.drainPatience)
        let actions = HealthReader.actions
        each(section, "tries", actions.map(\.0)) { policy, form, key, index in
            if let tries = form.integer(key, 0...100) {
                policy.repair.tries[index] = Int32(tries.value)
            }
        }
        each(section, "levels", actions.map(\.0)) { policy, form, key, index in
            if let level = form.choice(key, among: HealthReader.levels) {
                policy.repair.levels[index] = level
            }
        }
        each(section, "testTimeouts", HealthReader.levels.map(\.0)) { policy, form, key, index in
            if let span = form.duration(key) { policy.repair.testTimeouts[index] = span }
        }
        each(section, "repairTimeouts", actions.map(\.0)) { policy, form, key, index in
            if let span = form.duration(key) { policy.repair.repairTimeouts[index] = span }
        }
    }

    private mutating func readNetwork(_ form: Form) {
        let flags: [(String, WritableKeyPath<HealthPolicy, Bool>)] = [
            ("arrival", \.network.arrival), ("repair", \.network.repair),
            ("idle", \.network.idle),
        ]
        let keys = flags.map(\.0) + ["heldMilli", "patience"]
        guard let section = section(form, "network", keys) else { return }
        for (key, path) in flags {
            if let flag = section.boolean(key) { policy[keyPath: path] = flag }
        }
        number(section, "heldMilli", \.network.heldMilli)
        span(section, "patience", \.network.patience)
    }

    private mutating func readSuspicion(_ form: Form) {
        let keys =
            HealthReader.suspicionNumbers.map(\.0) + HealthReader.suspicionSpans.map(\.0) + [
                "testsIdleSuspects", "idleLevel", "idleTestPeriod", "peerDeviationMilli",
                "peerShareMilli", "lemon",
            ]
        guard let section = section(form, "suspicion", keys) else { return }
        for (key, path) in HealthReader.suspicionNumbers { number(section, key, path) }
        for (key, path) in HealthReader.suspicionSpans { span(section, key, path) }
        if let flag = section.boolean("testsIdleSuspects") {
            policy.suspicion.testsIdleSuspects = flag
        }
        choose(section, "idleLevel", \.suspicion.idleLevel, among: HealthReader.levels)
        spanOrNever(section, "idleTestPeriod", \.suspicion.idleTestPeriod)
        if let number = section.integer("peerDeviationMilli", 0...1_000_000_000) {
            policy.suspicion.peerDeviationMilli = number.value
        }
        if let number = section.integer("peerShareMilli", 0...1_000_000_000) {
            policy.suspicion.peerShareMilli = number.value
        }
        let signals = LemonSignal.allCases.map { "\($0)" }
        guard let value = section.value("lemon"),
            let lemon = Form(
                value, "'lemon'", keys: HealthReader.lemonNumbers.map(\.0) + signals, findings)
        else { return }
        for (key, path) in HealthReader.lemonNumbers { number(lemon, key, path) }
        for (index, signal) in signals.enumerated() {
            guard let value = lemon.value(signal),
                let weight = Form(value, "'\(signal)'", keys: ["weight", "cap"], findings)
            else { continue }
            if let number = weight.integer("weight", 0...1000) {
                policy.suspicion.lemon.signals[index].weight = Int32(number.value)
            }
            if let number = weight.integer("cap", 0...10_000) {
                policy.suspicion.lemon.signals[index].cap = Int32(number.value)
            }
        }
    }

    // MARK: Values

    private mutating func number(
        _ form: Form, _ key: String, _ path: WritableKeyPath<HealthPolicy, Int32>
    ) {
        guard let number = form.integer(key, 0...Int64(Int32.max)) else { return }
        policy[keyPath: path] = Int32(number.value)
    }

    private mutating func span(
        _ form: Form, _ key: String, _ path: WritableKeyPath<HealthPolicy, TimeSpan>
    ) {
        if let span = form.duration(key) { policy[keyPath: path] = span }
    }

    private mutating func spanOrNever(
        _ form: Form, _ key: String, _ path: WritableKeyPath<HealthPolicy, TimeSpan?>
    ) {
        guard let value = form.value(key) else { return }
        if value.text == "never" {
            policy[keyPath: path] = nil
        } else if let span = form.duration(key) {
            policy[keyPath: path] = span
        }
    }

    private mutating func reset(
        _ form: Form, _ key: String, _ path: WritableKeyPath<HealthPolicy, BreakerReset>
    ) {
        guard let value = form.value(key) else { return }
        if value.text == "manual" {
            policy[keyPath: path] = .manual
        } else if let span = form.duration(key) {
            policy[keyPath: path] = .after(span)
        }
    }

    private mutating func choose<Choice>(
        _ form: Form, _ key: String, _ path: WritableKeyPath<HealthPolicy, Choice>,
        among choices: [(String, Choice)]
    ) {
        if let choice = form.choice(key, among: choices) { policy[keyPath: path] = choice }
    }

    /// A mapping with one value for each of these.
    private mutating func each(
        _ form: Form, _ key: String, _ keys: [String],
        _ take: (inout HealthPolicy, Form, String, Int) -> Void
    ) {
        guard let value = form.value(key),
            let section = Form(value, "'\(key)'", keys: keys, findings)
        else { return }
        for (index, key) in keys.enumerated() where section.has(key) {
            take(&policy, section, key, index)
        }
    }
}

extension Form {
    /// One of these words.
    fileprivate func choice<Choice>(_ key: String, among choices: [(String, Choice)]) -> Choice? {
        guard let value = value(key) else { return nil }
        if let text = value.text, let choice = choices.first(where: { $0.0 == text }) {
            return choice.1
        }
        findings.report(
            .invalidValue, line: value.line, "'\(key)' is \(value.described)",
            expected: choices.map(\.0).joined(separator: ", "))
        return nil
    }
}
