import FleetModel
import Fuzzing
import Glibc
import Scheduler

/// Runs one case again, makes its failure small, and tells of it.
struct Examination {
    /// The command's exit codes.
    enum ExitCode: Int32 {
        case fine = 0, usage = 2, invariant = 3, liveness = 4, weak = 5, trap = 6
    }

    /// Longest that shrinking takes.
    static let shrinkSeconds = 60
    /// The longest that a case may take before it counts as without an end.
    static let caseSeconds: UInt32 = 120

    let arguments: Arguments
    let number: Int

    private var seed: UInt64 { arguments.seed(of: number) }

    /// Runs the case and gives the exit code.
    func run() -> ExitCode {
        let progress = SharedNumbers(count: 1)
        let first = Child(seconds: Examination.caseSeconds) { runOnce(progress).rawValue }
        switch first.end() {
        case .exited(let code): return ExitCode(rawValue: code) ?? .trap
        case .trapped where arguments.goesOn:
            say("muster-fuzz: a trap, or no end, in case \(number) at step \(progress[0])")
            return .trap
        case .trapped:
            if arguments.only == .signals {
                tellTrapOfSignals(at: progress[0])
            } else if arguments.isLiveness(number) {
                tellTrapOfPlan()
            } else {
                tellTrap(at: progress[0])
            }
            return .trap
        }
    }

    private func runOnce(_ progress: SharedNumbers) -> ExitCode {
        if arguments.only == .signals { return runSignals(progress) }
        if arguments.isLiveness(number) { return runPlan() }
        var run = CaseRun(Engine.self, seed: seed, order: arguments.order)
        run.run { _ in progress[0] += 1 }
        guard let failure = run.failure else {
            say("case \(number): \(run.steps.count) steps, nothing broken")
            return .fine
        }
        // What broke is known: the time that shrinking takes is bounded by itself.
        alarm(0)
        tell(failure)
        let code = failure.kind.isAboutTime ? ExitCode.liveness : .invariant
        if arguments.goesOn { return code }
        let steps = Array(run.steps.prefix(failure.step))
        if failure.kind == .replay {
            list(run.setup, steps)
        } else if failure.kind == .liveness {
            shrink(run.setup, steps) { setup, steps in
                var spent = 0
                return CaseReplay.forgets(
                    after: steps, setup: setup, Engine.self, spent: &spent)
            }
        } else {
            shrink(run.setup, steps) { setup, steps in
                var spent = 0
                let found = CaseReplay.failure(
                    of: steps, setup: setup, Engine.self, spent: &spent)
                return failure.isLike(found)
            }
        }
        return code
    }

    private func runPlan() -> ExitCode {
        let plan = LivenessPlan(seed: seed, order: arguments.order)
        var run = LivenessRun(Engine.self, plan: plan, items: plan.items)
        run.run()
        guard let failure = run.failure else {
            say("case \(number): \(run.steps) steps, nothing broken")
            return .fine
        }
        alarm(0)
        tell(failure)
        let code = failure.kind.isAboutTime ? ExitCode.liveness : .invariant
        if arguments.goesOn { return code }
        let deadline = monotonicSeconds() + Examination.shrinkSeconds
        let items = Shrinker.shrink(
            plan.items,
            isSpent: { !arguments.shrinks || monotonicSeconds() > deadline },
            fails: { items in
                var run = LivenessRun(Engine.self, plan: plan, items: items)
                run.run()
                return failure.isLike(run.failure)
            })
        var last = LivenessRun(Engine.self, plan: plan, items: items)
        last.run()
        let message = last.failure?.message ?? ""
        say("  \(items.count) of \(plan.items.count) events are left: \(message)")
        say("  engine: \(StepText.line(plan.setup))")
        say("  \(StepText.text(.setTenants(plan.tenants)))")
        say("  \(StepText.text(.addNodes(plan.nodes)))")
        for item in items { say("  \(StepText.line(item))") }
        tellCommand()
        return code
    }

    func tell(_ failure: FuzzFailure) {
        say(
            "muster-fuzz: \(failure.kind.name) in case \(number) after \(failure.step) steps: "
                + failure.message)
    }

    func tellCommand() { say("repeat: \(arguments.command(repeating: number))") }

    /// A trap takes the process with it, so that every try is a process of its own.
    private func tellTrap(at step: Int) {
        say("muster-fuzz: a trap, or no end, in case \(number) at step \(step)")
        var run = CaseRun(Engine.self, seed: seed, order: arguments.order)
        run.runUp(to: step)
        shrink(run.setup, run.steps) { setup, steps in
            let child = Child(seconds: 2) { replay(setup, steps) }
            if case .trapped = child.end() { return true }
            return false
        }
    }

    private func tellTrapOfPlan() {
        say("muster-fuzz: a trap, or no end, in case \(number)")
        let child = Child(seconds: 30, isQuiet: false) { runPlan().rawValue }
        _ = child.end()
        tellCommand()
    }

    private func replay(_ setup: FuzzSetup, _ steps: [FuzzStep]) -> Int32 {
        var spent = 0
        _ = CaseReplay.failure(of: steps, setup: setup, Engine.self, spent: &spent)
        return 0
    }

    private func shrink(
        _ setup: FuzzSetup, _ steps: [FuzzStep],
        fails: @escaping (FuzzSetup, [FuzzStep]) -> Bool
    ) {
        guard arguments.shrinks else { return list(setup, steps) }
        guard fails(setup, steps) else {
            say("  the same inputs alone do not break it")
            return list(setup, steps)
        }
        let deadline = monotonicSeconds() + Examination.shrinkSeconds
        var shrinker = CaseShrinker(
            setup: setup, steps: steps, isSpent: { monotonicSeconds() > deadline }, fails: fails)
        shrinker.run()
        say("  \(shrinker.steps.count) of \(steps.count) inputs are left:")
        list(shrinker.setup, shrinker.steps)
        let child = Child(seconds: 30, isQuiet: false) {
            var spent = 0
            let found = CaseReplay.failure(
                of: shrinker.steps, setup: shrinker.setup, Engine.self, spent: &spent)
            if let found { say("  \(found.kind.name): \(found.message)") }
            return 0
        }
        _ = child.end()
    }

    private func list(_ setup: FuzzSetup, _ steps: [FuzzStep]) {
        say("  engine: \(StepText.line(setup))")
        for step in steps { say("  \(StepText.line(step))") }
        tellCommand()
    }
}
