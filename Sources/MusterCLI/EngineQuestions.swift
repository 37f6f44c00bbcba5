import Documents
import FleetModel
import Scheduler
import Simulation

/// Questions to the engine in the middle of a simulation: why a job waits, and what if.
struct EngineQuestions {
    /// When they are asked.
    let at: Instant
    /// The job whose wait is explained.
    let job: String?
    /// The changes that are tried, with the name of their file.
    let changes: WhatIfDocument?

    /// Whether answers are JSON.
    let isJSON: Bool

    /// Asks them of a run that has not begun, and prints the answers.
    func ask(
        _ setup: SimulationRun.Setup, jobNamed: (String) -> JobID?
    ) throws(Failure) {
        let asked = try job.map { name throws(Failure) in try find(name, jobNamed, setup) }
        var run = SimulationRun(setup)
        var engine = run.run(until: at)
        if let asked { try checkWaits(asked, engine, setup) }
        let changes = try resolve(engine, setup, jobNamed)
        var names = setup.workload.names
        if let changes, !changes.submitted.isEmpty {
            while names.count < setup.workload.jobs.count { names.append("") }
            names += changes.submitted
        }
        var verdict: (explanation: Explanation, remedies: [Remedy])?
        if let asked, let explanation = engine.explanation(of: asked) {
            verdict = (explanation, engine.remedies(for: asked))
        }
        var difference: WhatIfAnswer?
        if let changes {
            let answer = engine.whatIf(changes.changes.map(\.value))
            let mistakes = WhatIfDocument.diagnostics(
                answer.inapplicable, of: changes.changes, file: self.changes?.file ?? "")
            guard mistakes.isEmpty else { throw Failure(mistakes, status: .badData) }
            difference = answer
        }
        try show(
            verdict, difference,
            AnswerNames(fleet: setup.fleet, tenants: setup.workload.tenants, jobs: names))
    }

    private func show(
        _ verdict: (explanation: Explanation, remedies: [Remedy])?, _ difference: WhatIfAnswer?,
        _ names: AnswerNames
    ) throws(Failure) {
        if isJSON {
            try Console.write(
                AnswerJSON(names: names).text(at: at, verdict: verdict, difference: difference))
            return
        }
        if let verdict {
            try Console.write(
                VerdictText(names: names, width: Console.width)
                    .text(verdict.explanation, verdict.remedies))
        }
        if let difference {
            if verdict != nil { try Console.write("\n") }
            try Console.write(WhatIfText(names: names, width: Console.width).text(difference))
        }
    }

    private func resolve(
        _ engine: Engine, _ setup: SimulationRun.Setup, _ jobNamed: (String) -> JobID?
    ) throws(Failure) -> WhatIfDocument.Resolved? {
        guard let changes else { return nil }
        return try withoutActuallyEscaping(jobNamed) { jobNamed throws(Failure) in
            try changes.resolve(
                WhatIfDocument.Scope(
                    fleet: setup.fleet, tenants: setup.workload.tenants, policy: setup.policy,
                    now: at, jobNames: setup.workload.names,
                    nextJob: JobID(setup.workload.jobs.count), jobNamed: jobNamed,
                    specification: { engine.specification(of: $0) })
            ).orFail()
        }
    }

    private func find(
        _ name: String, _ jobNamed: (String) -> JobID?, _ setup: SimulationRun.Setup
    ) throws(Failure) -> JobID {
        if let id = jobNamed(name) { return id }
        let count = setup.workload.jobs.count
        let names = setup.workload.names
        let shown = names.prefix(6).joined(separator: ", ") + (names.count > 6 ? ", …" : "")
        throw Failure(
            usage: "--explain: no job is called '\(name)'",
            expected: "the name of a job, or its number from 0 to \(max(0, count - 1))",
            hint: names.isEmpty ? "" : "jobs are called \(shown)")
    }

    /// Fails unless the job waits at the time.
    private func checkWaits(
        _ id: JobID, _ engine: Engine, _ setup: SimulationRun.Setup
    ) throws(Failure) {
        let time = NumberText.duration(seconds: Double(at.nanoseconds) / 1e9)
        func fail(_ what: String, hint: String) throws(Failure) {
            throw Failure(
                [
                    Diagnostic(
                        .notWaiting, message: "at \(time) the job '\(job ?? "")' \(what)",
                        expected: "a job that waits at the time of --at", hint: hint)
                ], status: .badData)
        }
        func text(_ instant: Instant) -> String {
            NumberText.duration(seconds: Double(instant.nanoseconds) / 1e9)
        }
        let submit = setup.workload.jobs[id.index].submit
        switch engine.standing(of: id) {
        case .waiting: return
        case .running(let since, let nodes):
            let place = "\(nodes) node\(nodes == 1 ? "" : "s")"
            try fail(
                "runs on \(place) since \(text(since))",
                hint: since > submit ? "it waited from \(text(submit)) to \(text(since))" : "")
        case .stopping(let since):
            try fail("is being stopped", hint: "it ran since \(text(since))")
        case .ended(let outcome):
            try fail("is over: \(outcome.name)", hint: "it was submitted at \(text(submit))")
        case .unknown:
            let isEarly = submit > at
            try fail(
                isEarly ? "is not submitted yet" : "is over",
                hint: "it is submitted at \(text(submit))")
        }
    }
}

extension JobOutcome {
    /// The outcome in words.
    fileprivate var name: String {
        switch self {
        case .succeeded: "it succeeded"
        case .failed: "it failed"
        case .cancelled: "it was cancelled"
        case .timedOut: "it ran into its time limit"
        case .dependencyFailed: "a job that it depends on did not succeed"
        }
    }
}
