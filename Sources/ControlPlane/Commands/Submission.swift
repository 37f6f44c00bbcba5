import Documents
import FleetModel
import Scheduler
import Store

/// A job that somebody wants to run.
public struct Submission: Sendable {
    /// The job's document.
    public var document: JobDocument
    /// The same as it was written; this is what is kept.
    public var text: String
    /// Who submits it.
    public var caller: Caller
    /// Says that repeated submissions are the same job.
    public var key: String?
    /// A digest of the text, to tell a repeated submission from another one with the same key.
    public var digest: String
    /// Whether the job is only checked.
    public var isDryRun: Bool

    /// Gathers a submission.
    public init(
        document: JobDocument, text: String, caller: Caller, key: String? = nil,
        digest: String = "", isDryRun: Bool = false
    ) {
        self.document = document
        self.text = text
        self.caller = caller
        self.key = key
        self.digest = digest
        self.isDryRun = isDryRun
    }
}

/// What became of a submission.
public struct SubmissionAnswer: Sendable {
    /// The job; in a dry run as it would be.
    public var job: JobView
    /// Whether the job is new; false for a repeated key and for a dry run.
    public var isNew: Bool
    /// The view after the submission.
    public var view: FleetView
}

extension ControlPlane {
    /// Takes a job in. It is kept when this returns.
    ///
    /// Throws a refusal with diagnostics for a document that does not fit the fleet or the quota
    /// tree, `M0606` for a key that stands for another document.
    public func submit(_ submission: Submission) async throws -> SubmissionAnswer {
        let (job, isNew, early) = try await perform { driver in try driver.submit(submission) }
        let view = view
        return SubmissionAnswer(job: view.jobs[job.index] ?? early, isNew: isNew, view: view)
    }
}

extension Driver {
    fileprivate func submit(
        _ submission: Submission
    ) throws -> (job: JobID, isNew: Bool, early: JobView) {
        if let known = try repeated(submission) { return (known.row.id, false, known) }
        now = max(now, clock.now())
        let id = JobID(rawValue: nextJob)
        let spec = try specification(submission.document, id: id)
        let row = JobRow(
            spec: spec, name: submission.document.name.value, owner: submission.caller.name,
            at: now)
        if submission.isDryRun { return (id, false, JobView(row: row)) }
        try admit(JobView(row: row, spec: spec), spec, submission.document, text: submission.text)
        audit(submission.caller, "submit", "job \(id) \(row.name)")
        if let key = submission.key {
            let owner = submission.caller.name
            keys[owner + "\u{0}" + key] = (submission.digest, id)
            let (digest, now) = (submission.digest, now)
            pending.others.append {
                try $0.putIdempotency(owner: owner, key: key, digest: digest, job: id, at: now)
            }
        }
        return (id, true, JobView(row: row))
    }

    /// The job that the key of a submission stands for already.
    private func repeated(_ submission: Submission) throws -> JobView? {
        guard let key = submission.key else { return nil }
        let owner = submission.caller.name
        let pending = keys[owner + "\u{0}" + key]
        guard
            let known = try pending
                ?? store.read({ try $0.idempotency(owner: owner, key: key) })
        else { return nil }
        guard known.digest == submission.digest else {
            throw OperatingError(
                .conflictingKey, "the idempotency key was used for another job",
                detail: "it stands for job \(known.job)",
                hint: "use a new key for each job; repeat a key only with the same document")
        }
        if let view = view.jobs[known.job.index] { return view }
        let row = try store.read { try $0.job(known.job) }
        guard let row else {
            throw OperatingError(
                .conflictingKey, "the idempotency key stands for a job that is forgotten")
        }
        return JobView(row: row)
    }

    /// The job as the engine is told of it.
    func specification(_ document: JobDocument, id: JobID) throws -> JobSpec {
        if hasStaleDoor {
            door = JobDoor(fleet: view.directory.fleet, tenants: view.directory.tenants)
            hasStaleDoor = false
        }
        let result = door.spec(
            of: document, id: id, file: "job", origin: now,
            jobNamed: { self.jobNamed($0) }, familyNamed: { self.family($0) })
        switch result {
        case .success(let spec): return spec
        case .failure(let list): throw OperatingError(refused: "the job", list.diagnostics)
        }
    }

    private func jobNamed(_ text: String) -> JobID? {
        if let id = view.newestJob(named: text) { return id }
        if let number = Int32(text), engine.knows(JobID(rawValue: number)) {
            return JobID(rawValue: number)
        }
        return nil
    }

    private func family(_ name: String) -> FamilyID {
        let count = view.directory.families.count
        let id = view.directory.families.intern(name)
        if id.index == count {
            pending.names.append(PendingWrites.NewName(kind: .family, id: count, name: name))
        }
        return id
    }

    /// Takes a job in; with places it runs there already, in place of others. Throws when the
    /// engine refuses it.
    func admit(
        _ job: JobView, _ spec: JobSpec, _ document: JobDocument, text: String,
        standing places: [MemberPlacement] = [], inPlaceOf gone: [JobID] = [],
        suspects: [NodeID] = []
    ) throws {
        let id = spec.id
        nextJob += 1
        view.jobs[id.index] = job
        view.counts[job.row.state.rawValue] += 1
        view.openJobs += 1
        usage.add(job)
        pending.newJobs.append((job.row, text))
        pending.documents[id] = document
        pending.touchedJobs.insert(id)
        let told = pending.events.count
        tell(event("submitted", job.row, text: "submitted by \(job.row.owner)"))
        if places.isEmpty {
            try apply(
                suspects.isEmpty ? .submit(spec) : .resubmit(spec, suspects: suspects))
        } else if gone.isEmpty {
            try apply(.adopt(spec, Attempt(1), places))
        } else {
            try apply(.replace(gone, spec, Attempt(1), places))
        }
        for case .reject(id, let reason) in directives {
            usage.remove(job)
            view.openJobs -= 1
            view.counts[job.row.state.rawValue] -= 1
            view.jobs[id.index] = nil
            nextJob -= 1
            pending.newJobs.removeLast()
            pending.documents[id] = nil
            pending.touchedJobs.remove(id)
            // Others may have ended, and started, all the same.
            pending.events.remove(at: told)
            if pending.events.count == told { nextEvent -= 1 }
            throw OperatingError(
                .invalidValue, "the engine refuses the job", detail: String(describing: reason))
        }
    }
}
