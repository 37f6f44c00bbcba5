import FleetModel

extension FaultRules {
    /// All mistakes of the rules at once; none when they can be used.
    ///
    /// - Parameter file: where the rules come from, for the diagnostics.
    public func diagnostics(file: String = "") -> [Diagnostic] {
        mistakes().map { mistake in
            var diagnostic = mistake.diagnostic
            diagnostic.file = file
            return diagnostic
        }
    }

    /// All mistakes of the rules, each with where it is; none when they can be used.
    public func mistakes() -> [FaultRuleMistake] {
        var found: [FaultRuleMistake] = []
        if rules.count > FaultLimits.rules {
            found.append(
                FaultRuleMistake(
                    key: "rules",
                    Diagnostic(
                        .invalidValue, message: "\(rules.count) fault rules",
                        expected: "at most \(FaultLimits.rules)")))
        }
        if !rules.isEmpty, version.isEmpty {
            found.append(
                FaultRuleMistake(
                    key: "version",
                    Diagnostic(
                        .missingKey, message: "the fault rules have no version",
                        expected: "'version', which every decision names",
                        hint: "use the date of the last change")))
        }
        if version.utf8.count > FaultLimits.nameBytes {
            found.append(
                FaultRuleMistake(
                    key: "version",
                    Diagnostic(
                        .invalidValue, message: "the version of the fault rules is too long",
                        expected: "at most \(FaultLimits.nameBytes) bytes")))
        }
        var names: Set<String> = []
        for (index, rule) in rules.enumerated() {
            let what = rule.name.isEmpty ? "fault rule \(index + 1)" : "fault rule '\(rule.name)'"
            if !names.insert(rule.name).inserted, !rule.name.isEmpty {
                found.append(
                    FaultRuleMistake(
                        rule: index, key: "name",
                        Diagnostic(.duplicateName, message: "\(what) is there twice")))
            }
            for problem in rule.problems {
                found.append(
                    FaultRuleMistake(
                        rule: index, key: problem.key,
                        Diagnostic(
                            problem.code, message: "\(what) \(problem.message)",
                            expected: problem.expected, hint: problem.hint)))
            }
            if let earlier = rules.prefix(index).first(where: { $0.hides(rule) }) {
                found.append(
                    FaultRuleMistake(
                        rule: index, key: "",
                        Diagnostic(
                            .invalidValue,
                            message:
                                "\(what) is never reached: '\(earlier.name)' decides before it",
                            expected: "the narrower rule first")))
            }
        }
        return found
    }
}

/// A mistake of fault rules, with where it is.
public struct FaultRuleMistake: Hashable, Sendable {
    /// The rule's place in the list; nil for the rules as a whole.
    public var rule: Int?
    /// The key of the rule, or of the rules, that it is about; empty for all of it.
    public var key: String
    /// What is wrong, without a place.
    public var diagnostic: Diagnostic

    init(rule: Int? = nil, key: String, _ diagnostic: Diagnostic) {
        self.rule = rule
        self.key = key
        self.diagnostic = diagnostic
    }
}

extension FaultRule {
    struct Problem {
        var code = DiagnosticCode.invalidValue
        /// The key in a file that it stands at.
        var key: String
        var message: String
        var expected = ""
        var hint = ""
    }

    var problems: [Problem] {
        var found: [Problem] = []
        if name.isEmpty {
            found.append(
                Problem(
                    code: .missingKey, key: "name", message: "has no name",
                    expected: "'name', which decisions refer to"))
        }
        if codes.isEmpty {
            found.append(
                Problem(
                    code: .missingKey, key: "codes", message: "is about no code",
                    expected: "'codes' such as XID 79, SXID 20034 or nicLinkDown"))
        }
        if Set(codes).count != codes.count {
            found.append(
                Problem(code: .duplicateName, key: "codes", message: "names a code twice"))
        }
        for (key, text) in [("name", name), ("unit", unit ?? "")] + models.map({ ("kinds", $0) })
        where text.utf8.count > FaultLimits.nameBytes {
            found.append(
                Problem(
                    key: key, message: "has a text of \(text.utf8.count) bytes in '\(key)'",
                    expected: "at most \(FaultLimits.nameBytes)"))
        }
        if action == nil, severity == nil {
            found.append(
                Problem(
                    code: .missingKey, key: "", message: "changes nothing",
                    expected: "'action', 'severity' or both"))
        }
        if severity == .unknown || action == .unknown {
            found.append(
                Problem(
                    key: severity == .unknown ? "severity" : "action",
                    message: "makes a fault unknown", expected: "what the fault means",
                    hint: "leave the rule out to have what is published"))
        }
        // A grave fault that asks for nothing would stand in pages and move nobody.
        if let severity, severity >= .critical, let action, !action.isRepair {
            found.append(
                Problem(
                    key: "severity",
                    message: "calls a fault \(severity.name) and asks for \(action.rawValue)",
                    expected: "a repair, or severity 'warning'"))
        }
        if let link, link < -1 || link > 4096 {
            found.append(
                Problem(
                    key: "link", message: "is about link \(link)",
                    expected: "a number from -1 to 4096"))
        }
        return found + (threshold.map { problems(of: $0) } ?? [])
    }

    private func problems(of threshold: FaultThreshold) -> [Problem] {
        var found: [Problem] = []
        let most = FaultLimits.repetitionDepth
        if !(1...most).contains(threshold.count) {
            found.append(
                Problem(
                    key: "threshold", message: "waits for \(threshold.count) times",
                    expected: "1 to \(most)"))
        }
        if threshold.window <= .zero || threshold.window > FaultLimits.repetitionWindow {
            found.append(
                Problem(
                    key: "threshold", message: "has a window of \(threshold.window.wholeSeconds) s",
                    expected: "1 s to \(FaultLimits.repetitionWindow.wholeSeconds) s"))
        }
        return found
    }

    /// Whether another rule behind this one can never decide.
    func hides(_ other: FaultRule) -> Bool {
        threshold == nil && !other.codes.isEmpty && other.codes.allSatisfy { codes.contains($0) }
            && (unit == nil || unit == other.unit) && (link == nil || link == other.link)
            && (declared == nil || declared == other.declared)
            && (models.isEmpty
                || (!other.models.isEmpty && other.models.allSatisfy { models.contains($0) }))
    }
}
