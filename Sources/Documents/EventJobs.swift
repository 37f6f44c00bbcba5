import FleetModel
import Simulation

/// The jobs of a scenario as its events see them: by name, copy by copy, through time.
struct EventJobs {
    /// One copy of a job of the document.
    struct Copy: Hashable {
        /// The job's position in the document.
        var job: Int
        /// Which copy; 0 for a job that is not repeated.
        var number: Int
    }

    /// What is wrong with an event.
    struct Mistake {
        var message: String
        var expected = "an event that changes something"
        var hint = ""
    }

    /// What the events so far did to a copy.
    private struct History {
        var isHeld: Bool
        var cancelledOnLine = 0
    }

    /// The names of the document's jobs.
    let names: [String]

    private let jobs: [JobDocument]
    private var positions: [String: Int] = [:]
    /// Ids by the name of the copy; empty when the jobs had mistakes.
    private var ids: [String: JobID] = [:]
    private var histories: [Copy: History] = [:]

    /// Takes the jobs of a document, and the workload that came of it, if one did.
    init(document: JobsDocument?, workload: Workload?) {
        jobs = document?.jobs ?? []
        names = jobs.map(\.name.value)
        for (position, job) in jobs.enumerated() { positions[job.name.value] = position }
        for (index, name) in (workload?.names ?? []).enumerated() { ids[name] = JobID(index) }
    }

    /// The copies that a name stands for; nil when nothing has the name.
    func copies(of name: String) -> [Copy]? {
        if let job = positions[name] {
            let count = jobs[job].simulation.repetition?.count ?? 1
            // Beyond the limit of jobs, the exact number makes no difference: it is a mistake.
            return (0..<min(count, DocumentLimits.jobs)).map { Copy(job: job, number: $0) }
        }
        guard let dash = name.lastIndex(of: "-"), let job = positions[String(name[..<dash])],
            let number = Int(name[name.index(after: dash)...]),
            let repetition = jobs[job].simulation.repetition, number < repetition.count
        else { return nil }
        let copy = Copy(job: job, number: number)
        return self.name(of: copy) == name ? [copy] : nil
    }

    /// The id of a copy; nil when the jobs had mistakes.
    func id(of copy: Copy) -> JobID? { ids[name(of: copy)] }

    /// Notes what an event does to copies; returns what is wrong with it, if anything.
    mutating func follow(_ event: EventDocument, _ copies: [Copy]) -> Mistake? {
        var mistake: Mistake?
        for copy in copies {
            let found = follow(event, copy)
            mistake = mistake ?? found
        }
        return mistake
    }

    private mutating func follow(_ event: EventDocument, _ copy: Copy) -> Mistake? {
        let known = "the job '\(name(of: copy))'"
        guard let submission = submission(of: copy), submission < event.at else {
            return Mistake(
                message: known + " is not submitted before this time",
                expected: "an event later than the submission",
                hint: event.action == .hold
                    ? "write 'hold: true' in the job to hold it from the start" : "")
        }
        var history = histories[copy] ?? History(isHeld: jobs[copy.job].held)
        defer { histories[copy] = history }
        if history.cancelledOnLine > 0 {
            return Mistake(
                message: known + " is cancelled already",
                hint: "by the event on line \(history.cancelledOnLine)")
        }
        switch event.action {
        case .hold:
            defer { history.isHeld = true }
            return history.isHeld ? Mistake(message: known + " is held already") : nil
        case .release:
            defer { history.isHeld = false }
            return history.isHeld ? nil : Mistake(message: known + " is not held at this time")
        default:
            history.cancelledOnLine = event.line
            return nil
        }
    }

    /// When the copy is submitted; nil when that is too late to count.
    private func submission(of copy: Copy) -> TimeSpan? {
        let simulation = jobs[copy.job].simulation
        let every = simulation.repetition?.every.nanoseconds ?? 0
        let (offset, isTooLate) = every.multipliedReportingOverflow(by: Int64(copy.number))
        let (sum, isBeyond) = simulation.submit.nanoseconds.addingReportingOverflow(offset)
        return isTooLate || isBeyond ? nil : TimeSpan(nanoseconds: sum)
    }

    private func name(of copy: Copy) -> String {
        let job = jobs[copy.job]
        return job.simulation.repetition == nil
            ? job.name.value : "\(job.name.value)-\(copy.number)"
    }
}
