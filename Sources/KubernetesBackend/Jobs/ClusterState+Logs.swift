import ControlPlane
import FleetModel
import KubernetesJSON
import KubernetesObjects

/// The end of a pod's log that is to be read.
struct LogRequest: Hashable {
    /// The member of the job.
    var rank: Int
    var pod: PodKey
    var container: String
}

// What the logs of pods say of the end of their gang, before it is told.
extension ClusterState {
    /// Pods of a gang whose logs are read: those that ended first.
    static let logsOfGang = 16

    /// Has the logs of a job's failed pods read, if its program is what failed; else tells its end
    /// at once.
    mutating func judge(_ job: ClusterJob, _ ending: GangEnd) {
        let requests = logRequests(of: job)
        guard case .failed(.application, _, _) = ending.verdict, !rules.isDryRun,
            !requests.isEmpty
        else { return tell(ending, of: job, AttemptEvidence()) }
        jobs[job.key]?.phase = .reading(ending)
        call(.readLogs(job: job.key, job.attempt, requests))
    }

    private func logRequests(of job: ClusterJob) -> [LogRequest] {
        let failed = job.seats.enumerated().filter { _, seat in
            // What is not there any more has no log.
            seat.state == .failed && seat.pod.map { sights[$0] != nil } == true
                && seat.end?.container.isEmpty == false
        }
        func time(_ seat: Seat) -> (Int64, Int64) {
            (seat.end?.at?.microseconds ?? .max, seat.vacantAt ?? .max)
        }
        // The sort is stable, so that those at once come in the order of ranks.
        return failed.sorted { time($0.element) < time($1.element) }
            .prefix(ClusterState.logsOfGang).compactMap { rank, seat in
                guard let pod = seat.pod, let container = seat.end?.container else { return nil }
                return LogRequest(rank: rank, pod: pod, container: container)
            }
    }

    /// Takes in what was read of the logs of a job that is over.
    mutating func logsRead(
        job key: String, _ attempt: Attempt, _ asked: [LogRequest], _ evidence: AttemptEvidence
    ) {
        guard let job = jobs[key], job.attempt == attempt, case .reading(let ending) = job.phase
        else { return }
        // A pod that went meanwhile may have a namesake, whose log that was.
        var evidence = evidence
        evidence.keep(signsOf: Set(asked.filter { sights[$0.pod] != nil }.map(\.rank)))
        tell(ending, of: job, evidence)
    }

    private mutating func tell(
        _ ending: GangEnd, of job: ClusterJob, _ evidence: AttemptEvidence
    ) {
        switch ending.verdict {
        case .failed(let cause, let suspect, let retry):
            guard let number = job.number else { break }
            if !evidence.isEmpty { report(.evidence(number, job.attempt, evidence)) }
            report(
                .failed(
                    number, job.attempt, cause, suspect: suspect, retry: retry,
                    exits: job.exits, detail: ending.detail))
        case .departed(let departure): report(.vanished(key: job.key, departure))
        }
        end(job)
    }
}
