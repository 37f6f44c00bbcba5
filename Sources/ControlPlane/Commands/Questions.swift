import Documents
import FleetModel
import Scheduler
import Store

/// Why a job waits, with what would start it now.
public struct VerdictAnswer: Sendable {
    /// The reasons and the evidence.
    public var explanation: Explanation
    /// What would start it now.
    public var remedies: [Remedy]
    /// Names for the answer.
    public var view: FleetView
}

/// What some changes would bring.
public struct WhatIfResult: Sendable {
    /// The difference.
    public var answer: WhatIfAnswer
    /// The names of submitted jobs, whose ids begin at `firstNew`.
    public var submitted: [String]
    /// The first id of a job that is not there yet.
    public var firstNew: JobID
    /// Names for the answer.
    public var view: FleetView
}

extension ControlPlane {
    /// Why a job waits; nil when it does not. The estimate is the last one that was told, at most
    /// a few minutes old; ``estimate(of:)`` makes a new one.
    public func verdict(on job: JobID) async throws -> VerdictAnswer? {
        let asked = try await perform { driver -> (Explanation, Engine, FleetView)? in
            guard var explanation = driver.engine.explanation(of: job, withEstimate: false) else {
                return nil
            }
            explanation.estimate = driver.view.jobs[job.index]?.estimate(at: driver.now)
            return (explanation, driver.engine, driver.view)
        }
        guard let (explanation, engine, view) = asked else { return nil }
        // Trying changes out takes longer than looking, so it is done beside the driver.
        return VerdictAnswer(
            explanation: explanation, remedies: engine.remedies(for: job), view: view)
    }

    /// When a waiting job is expected to start, worked out anew; nil when nothing is known or it
    /// does not wait. O(state), beside the driver.
    public func estimate(of job: JobID) async throws -> StartEstimate? {
        let engine = try await perform { driver in driver.engine }
        return engine.estimate(job)
    }

    /// What would be different if these changes were made now. O(state), beside the driver.
    ///
    /// Throws a refusal with diagnostics for changes that cannot be made.
    public func whatIf(_ document: WhatIfDocument) async throws -> WhatIfResult {
        let (engine, view, next) = try await perform { driver in
            (driver.engine, driver.view, JobID(rawValue: driver.nextJob))
        }
        var copy = engine
        let resolved = document.resolve(
            WhatIfDocument.Scope(
                fleet: view.directory.fleet, tenants: view.directory.tenants,
                policy: engine.policy, now: view.now, jobNames: [], nextJob: next,
                jobNamed: { text in
                    if let id = view.newestJob(named: text) { return id }
                    return Int32(text).flatMap { number in
                        number >= 0 && view.jobs[Int(number)] != nil
                            ? JobID(rawValue: number) : nil
                    }
                }, specification: { engine.specification(of: $0) }))
        switch resolved {
        case .failure(let list): throw OperatingError(refused: "the changes", list.diagnostics)
        case .success(let changes):
            let answer = copy.whatIf(changes.changes.map(\.value))
            let mistakes = WhatIfDocument.diagnostics(
                answer.inapplicable, of: changes.changes, file: "changes")
            guard mistakes.isEmpty else {
                throw OperatingError(refused: "the changes", mistakes)
            }
            return WhatIfResult(
                answer: answer, submitted: changes.submitted, firstNew: next, view: view)
        }
    }
}
