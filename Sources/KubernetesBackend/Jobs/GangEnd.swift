import ControlPlane
import Documents
import FleetModel
import KubernetesObjects

/// Why a gang is over that did not succeed, by the ends of its pods.
struct GangEnd: Equatable {
    /// Whose fault it is.
    var cause: FailureCause
    /// The node to keep away from.
    var suspect: NodeID?
    /// What to do about it.
    var retry = RetryAdvice.byCause
    /// For people.
    var detail: String

    /// Nil when its pods were taken away and none had failed. A lost node counts before pods that
    /// failed, since the rest of a gang dies of it; of those the one that was over first counts.
    init?(_ job: ClusterJob, _ nodes: NodeBook) {
        let lost = job.seats.first { seat in
            seat.state == .gone && !(seat.hold.map { nodes.isPresent($0.part) } ?? true)
        }
        if let lost {
            self.init(lost: lost)
            return
        }
        let failed = job.seats.filter { $0.state == .failed }
        let first = failed.min { ($0.vacantAt ?? .max) < ($1.vacantAt ?? .max) }
        guard let first else { return nil }
        self.init(failed: first)
    }

    private init(lost seat: Seat) {
        (cause, suspect) = (.node, seat.hold?.part)
        detail = "its pods went with their node"
    }

    /// Exit codes mean what they mean to the local backend where a job says nothing else.
    private init(failed seat: Seat) {
        let pod = seat.pod.map { "the pod \($0.name)" } ?? "a pod"
        cause = .application
        guard let code = seat.exitCode, code != 0 else {
            detail = "\(pod) failed"
            return
        }
        detail = "\(pod) ended with exit code \(code)"
        let codes = ExecutionEntry.ExitCodes()
        if codes.never.contains(code) { retry = .never }
        if codes.retryElsewhere.contains(code) {
            (cause, suspect, retry) = (.node, seat.hold?.part, .elsewhere)
        }
    }
}
