import FleetModel

extension FaultRules {
    /// All mistakes of the rules at once; none when they can be used.
    ///
    /// - Parameter file: where the rules come from, for the diagnostics.
    public func diagnostics(file: String = "") -> [Diagnostic] {
        var found: [Diagnostic] = []
        if rules.count > FaultLimits.rules {
            found.append(
                Diagnostic(
                    .invalidValue, file: file, message: "\(rules.count) fault rules",
                    expected: "at most \(FaultLimits.rules)"))
        }
        if !rules.isEmpty, version.isEmpty {
            found.append(
                Diagnostic(
                    .missingKey, file: file, message: "the fault rules have no version",
                    expected: "'version', which every decision names",
                    hint: "use the date of the last change"))
        }
        var names: Set<String> = []
        for (index, rule) in rules.enumerated() {
            let what = rule.name.isEmpty ? "fault rule \(index + 1)" : "fault rule '\(rule.name)'"
            if !names.insert(rule.name).inserted, !rule.name.isEmpty {
                found.append(
                    Diagnostic(.duplicateName, file: file, message: "\(what) is there twice"))
            }
            for problem in rule.problems {
                found.append(
                    Diagnostic(
                        problem.code, file: file, message: "\(what) \(problem.message)",
                        expected: problem.expected, hint: problem.hint))
            }
            if let earlier = rules.prefix(index).first(where: { $0.hides(rule) }) {
                found.append(
                    Diagnostic(
                        .invalidValue, file: file,
                        message: "\(what) is never reached: '\(earlier.name)' decides before it",
                        expected: "the narrower rule first"))
            }
        }
        return found
    }
}

extension FaultRule {
    struct Problem {
        var code = DiagnosticCode.invalidValue
        var message: String
        var expected = ""
        var hint = ""
    }

    var problems: [Problem] {
        var found: [Problem] = []
        if name.isEmpty {
            found.append(
                Problem(
                    code: .missingKey, message: "has no name",
                    expected: "'name', which decisions refer to"))
        }
        if codes.isEmpty {
            found.append(
                Problem(
                    code: .missingKey, message: "is about no code",
                    expected: "'codes' such as XID 79, SXID 20034 or nicLinkDown"))
        }
        if Set(codes).count != codes.count {
            found.append(Problem(code: .duplicateName, message: "names a code twice"))
        }
        if action == nil, severity == nil {
            found.append(
                Problem(
                    code: .missingKey, message: "changes nothing",
                    expected: "'action', 'severity' or both"))
        }
        if severity == .unknown || action == .unknown {
            found.append(
                Problem(
                    message: "makes a fault unknown", expected: "what the fault means",
                    hint: "leave the rule out to have what is published"))
        }
        // A grave fault that asks for nothing would stand in pages and move nobody.
        if let severity, severity >= .critical, let action, !action.isRepair {
            found.append(
                Problem(
                    message: "calls a fault \(severity.name) and asks for \(action.rawValue)",
                    expected: "a repair, or severity 'warning'"))
        }
        if let link, link < -1 || link > 4096 {
            found.append(
                Problem(message: "is about link \(link)", expected: "a number from -1 to 4096"))
        }
        return found + (threshold.map { problems(of: $0) } ?? [])
    }

    private func problems(of threshold: FaultThreshold) -> [Problem] {
        var found: [Problem] = []
        let most = FaultLimits.repetitionDepth
        if !(1...most).contains(threshold.count) {
            found.append(
                Problem(
                    message: "waits for \(threshold.count) times", expected: "1 to \(most)"))
        }
        if threshold.window <= .zero || threshold.window > FaultLimits.repetitionWindow {
            found.append(
                Problem(
                    message: "has a window of \(threshold.window.wholeSeconds) s",
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
