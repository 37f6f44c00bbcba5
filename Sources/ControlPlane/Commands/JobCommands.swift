import Documents
import FleetModel
import Scheduler
import Store

/// What somebody wants of a job.
public enum JobAction: String, Sendable {
    case cancel
    case hold
    case release
}

extension ControlPlane {
    /// The id of a job by its number, or by its name: the newest one. Nil when there is none.
    public func job(called text: String) throws -> JobID? {
        // As we write numbers ourselves: nothing else, such as 007, is one.
        if let number = Int32(text), number >= 0, String(number) == text {
            let id = JobID(rawValue: number)
            if view.jobs[id.index] != nil { return id }
            if try store.read({ try $0.job(id) }) != nil { return id }
        }
        if let id = view.newestJob(named: text) { return id }
        return try store.read { try $0.newestJob(named: text) }
    }

    /// A job as it is now, or as it is kept.
    public func job(_ id: JobID) throws -> JobView? {
        if let view = view.jobs[id.index] { return view }
        return try store.read { try $0.job(id) }.map { JobView(row: $0) }
    }

    /// Cancels, holds or releases a job. Throws `M0611` when it is over.
    public func act(
        _ action: JobAction, on job: JobID, reason: String, by caller: Caller
    ) async throws -> JobView {
        try await perform { driver in
            guard let present = driver.view.jobs[job.index], !present.row.state.isOver else {
                throw OperatingError(
                    .jobIsOver, "job \(job) is over", hint: "submit it again as a new job")
            }
            driver.audit(
                caller, action.rawValue, "job \(job) \(present.row.name)", detail: reason)
            switch action {
            case .cancel: try driver.apply(.cancel(job))
            case .hold: try driver.apply(.hold(job))
            case .release: try driver.apply(.release(job))
            }
        }
        guard let after = try self.job(job) else {
            throw OperatingError(.notFound, "there is no job \(job)")
        }
        return after
    }

    /// Takes in how far an attempt says it is. What is not the present attempt is passed over.
    public func progress(
        of job: JobID, _ attempt: Attempt, _ told: JobProgress
    ) async throws {
        try await perform { driver in try driver.takeProgress(job, attempt, told) }
    }
}

extension ControlPlane {
    /// The jobs that a job waits for, or waited for; `entries` are what its document says.
    ///
    /// The engine knows those of a job that is open. Of others the names are looked up as they
    /// were at the submission: the newest job of the name that is older than the job itself.
    public func dependencies(
        of job: JobID, _ entries: [DependencyEntry]
    ) async throws -> [Dependency] {
        guard !entries.isEmpty else { return [] }
        // While the storage takes nothing, this is read like all else.
        let known = try? await perform { driver in driver.engine.specification(of: job) }
        if let known { return known.dependencies }
        return try store.read { reader in
            try entries.compactMap { entry in
                let text = entry.job.value
                let found =
                    try reader.newestJob(named: text, before: job)
                    ?? Int32(text).map { JobID(rawValue: $0) }
                return found.map { Dependency(job: $0, mustSucceed: entry.mustSucceed) }
            }
        }
    }
}
