import Health

/// A whole run with what the machine is that it tested: enough to judge it anew.
public struct MachineRun: Hashable, Sendable {
    /// What the machine is.
    public var facts: MachineFacts
    /// What was found.
    public var verdict: RunVerdict
    /// Whether it ran in a container, where libraries are those of its image.
    public var isContained: Bool

    /// Gathers a run.
    public init(facts: MachineFacts, verdict: RunVerdict, isContained: Bool = false) {
        self.facts = facts
        self.verdict = verdict
        self.isContained = isContained
    }

    /// The run as it is when its figures are held against learned bounds, in place of published
    /// ones, and the machine against a stack: what the command itself makes of `--baseline` and
    /// `--stack`. What it found by itself stays.
    ///
    /// - Parameter devices: How many devices the machine has: who saw fewer was given some of them.
    public func judged(
        learned: LearnedBounds, stack: StackDeclaration?, devices: Int32? = nil
    ) -> MachineRun {
        var judged = self
        let declared = stack.map { visible(of: $0, devices: devices) }
        judged.verdict.results = verdict.results.map { told in
            let own = declared.map { compared(told, with: $0) } ?? told
            return own.held(against: learned, facts.key(for: own))
        }
        return judged
    }

    /// What speaks against the hardware: the check, its device and the reason of each.
    public var faults: [String] {
        verdict.results.filter(RunVerdict.isFault).map { result in
            let device = result.device.map { " of device \(name(of: $0))" } ?? ""
            let reason = result.notes.first.map { ": \($0)" } ?? ""
            return "\(result.check.name)\(device)\(reason)"
        }
    }

    /// What is said of its versions, when they differ from what is declared or do not go together.
    public var differences: [String] {
        verdict.results.filter { $0.check == .versions && $0.status == .degraded }
            .flatMap(\.notes)
    }

    /// A device by its UUID, since who was given some of them only counts from zero; else by its
    /// number.
    private func name(of device: Int32) -> String {
        guard facts.devices.indices.contains(Int(device)) else { return "\(device)" }
        let uuid = facts.devices[Int(device)].uuid
        return uuid.isEmpty ? "\(device)" : uuid
    }

    /// Takes what it measured into `bounds`, if all of it is right: what failed is no example. Says
    /// what was taken in.
    ///
    /// - Parameter identity: What the machine is known by where the run does not say.
    public func teach(
        _ bounds: inout LearnedBounds, identity: String
    ) -> [(key: FigureKey, figure: FigureID, machine: String)] {
        guard verdict.outcome.verdict == .passed else { return [] }
        var facts = facts
        if facts.chassis.isEmpty { facts.chassis = identity }
        var taken: [(FigureKey, FigureID, String)] = []
        for result in verdict.results where result.isExample {
            let (key, machine) = (facts.key(for: result), facts.machine(of: result))
            for figure in result.figures where figure.id.direction != .told {
                bounds.learn(figure, of: machine, key)
                taken.append((key, figure.id, machine))
            }
        }
        return taken
    }

    /// What a stack says of what the run could see: in a container neither other libraries than
    /// those of its image, nor devices that it was not given.
    private func visible(of stack: StackDeclaration, devices: Int32?) -> StackDeclaration {
        var stack = stack
        if isContained { stack.rules.removeAll { $0.part.isLibrary } }
        if let devices, facts.deviceCount < devices, isContained { stack.deviceCount = nil }
        return stack
    }

    /// A result with what a stack adds to it.
    private func compared(_ told: CheckResult, with stack: StackDeclaration) -> CheckResult {
        guard told.status != .error, told.status != .notRun,
            let plain = FactChecks(facts, stack: StackDeclaration()).result(of: told.check),
            var declared = FactChecks(facts, stack: stack).result(of: told.check),
            declared != plain
        else { return told }
        // A pool gets its stack by a rollout, and not by losing the nodes that have another.
        if told.check == .versions, declared.status == .failed { declared.status = .degraded }
        let added = declared.notes.filter { !plain.notes.contains($0) && !told.notes.contains($0) }
        guard told.status.worse(declared.status) == declared.status else {
            var own = told
            own.notes = Array((told.notes + added).prefix(CheckResult.notesKept))
            return own
        }
        let kept = told.notes.filter { !plain.notes.contains($0) && !declared.notes.contains($0) }
        declared.notes = Array((declared.notes + kept).prefix(CheckResult.notesKept))
        declared.milliseconds = told.milliseconds
        return declared
    }
}

extension CheckResult {
    /// The result when learned bounds take the place of published ones.
    fileprivate func held(against learned: LearnedBounds, _ key: FigureKey) -> CheckResult {
        guard status == .passed || status == .degraded || status == .failed else { return self }
        let bounds = figures.compactMap { learned.threshold($0.id, key) }
        guard isComparable, !bounds.isEmpty else { return self }
        var own = self
        for old in thresholds where !old.source.isLearned {
            let isReplaced = bounds.contains { $0.figure == old.figure }
            guard isReplaced, let figure = figure(old.figure) else { continue }
            own.thresholds.removeAll { $0 == old }
            let words = old.words(about: figure)
            // The worst stands first, so this is what made it what it is.
            if own.notes.first == words, old.judge(figure) == own.status { own.status = .passed }
            own.notes.removeAll { $0 == words }
        }
        // What stays may have been as bad.
        for kept in own.thresholds {
            guard let figure = figure(kept.figure) else { continue }
            own.status = own.status.worse(kept.judge(figure))
        }
        own.judge(against: bounds)
        return own
    }
}
