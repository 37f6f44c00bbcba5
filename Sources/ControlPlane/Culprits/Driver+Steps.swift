import FleetModel
import Health
import HealthControl
import Store

/// How long the steps of a job's members took since they were last compared.
struct StepBook {
    /// The attempt.
    var attempt: Attempt
    /// Since when steps are added up.
    var since: Instant
    /// By rank: microseconds, and how many reports they are the sum of.
    var sums: [Int32: (microseconds: Int64, count: Int64)] = [:]

    /// Steps are added up for so long before they are compared: a single slow one says nothing.
    static let span = TimeSpan.seconds(600)
}

extension Driver {
    /// Takes in how long a step of a member took. Every ten minutes the nodes of the job are
    /// compared by the mean of their slowest members, once each has told something.
    func takeStep(of job: JobID, _ attempt: Attempt, rank: Int32, microseconds: Int64) {
        guard let present = view.jobs[job.index], present.row.attempt == attempt,
            present.row.state == .running,
            present.members.contains(where: { $0.rank == rank })
        else { return }
        now = max(now, clock.now())
        var book = stepBooks[job] ?? StepBook(attempt: attempt, since: now)
        if book.attempt != attempt { book = StepBook(attempt: attempt, since: now) }
        var sum = book.sums[rank] ?? (0, 0)
        sum.microseconds = sum.microseconds.addingReportingOverflow(microseconds).partialValue
        sum.count += 1
        book.sums[rank] = sum
        stepBooks[job] = book
        guard now - book.since >= StepBook.span,
            let samples = book.samples(of: present.members)
        else { return }
        stepBooks[job] = StepBook(attempt: attempt, since: now)
        tellHealth(.engine(.compared(job, samples)))
    }
}

extension StepBook {
    /// What each node's slowest member needed for a step; nil while a node has told nothing.
    func samples(of members: [RankedMember]) -> [PeerSample]? {
        var samples: [PeerSample] = []
        for member in members.sorted(by: { $0.placement.node < $1.placement.node }) {
            let node = member.placement.node
            if samples.last?.node != node { samples.append(PeerSample(node: node, cost: -1)) }
            guard let sum = sums[member.rank], sum.count > 0 else { continue }
            let last = samples.count - 1
            samples[last].cost = max(samples[last].cost, sum.microseconds / sum.count)
        }
        return samples.allSatisfy { $0.cost >= 0 } ? samples : nil
    }
}

extension ControlPlane {
    /// Takes in how long a step of a member of the present attempt took.
    public func step(
        of job: JobID, _ attempt: Attempt, rank: Int32, microseconds: Int64
    ) async throws {
        try await perform { driver in
            driver.takeStep(of: job, attempt, rank: rank, microseconds: microseconds)
        }
    }
}
