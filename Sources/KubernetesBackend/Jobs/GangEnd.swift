import ControlPlane
import Documents
import FleetModel
import KubernetesJSON
import KubernetesObjects

/// Why a gang is over that did not succeed, by the ends of its pods.
struct GangEnd: Hashable {
    /// What it is for the driver.
    enum Verdict: Hashable {
        /// It failed.
        case failed(FailureCause, suspect: NodeID?, RetryAdvice)
        /// Others made it go.
        case departed(Departure)
    }

    var verdict: Verdict
    /// For people.
    var detail: String

    /// Clocks of nodes differ, and times of ends are whole seconds: what is less apart was at once.
    private static let atOnceMicroseconds: Int64 = 2_000_000

    /// Nil when its pods were taken away and none had failed. A lost node counts before pods that
    /// failed, since the rest of a gang dies of it; of those the one that ended first counts.
    init?(_ job: ClusterJob, _ nodes: NodeBook) {
        if let lost = GangEnd(lost: job, nodes) {
            self = lost
        } else if let (seat, end) = GangEnd.first(of: job) {
            self.init(end, on: seat.hold?.part)
        } else {
            return nil
        }
    }

    // MARK: Lost nodes

    private init?(lost job: ClusterJob, _ nodes: NodeBook) {
        let gone = job.seats.first { seat in
            seat.state == .gone && !(seat.hold.map { nodes.isPresent($0.part) } ?? true)
        }
        if let gone {
            verdict = .failed(.node, suspect: gone.hold?.part, .byCause)
            detail = "its pods went with their node"
            return
        }
        // A taint of a node that is not heard is the node's fault; any other is somebody's wish.
        let unheard = job.seats.first { seat in
            seat.isOver && seat.end?.kind == .tainted
                && (seat.hold.map { GangEnd.isUnheard($0.part, nodes) } ?? false)
        }
        guard let unheard, let end = unheard.end else { return nil }
        verdict = .failed(.node, suspect: unheard.hold?.part, .byCause)
        detail = "its node is not heard: \(end.words)"
    }

    private static func isUnheard(_ part: NodeID, _ nodes: NodeBook) -> Bool {
        guard let facts = nodes.node(of: part).flatMap({ nodes.facts($0) }) else { return true }
        if case .notReady = facts.readiness { return true }
        return false
    }

    // MARK: Ends of pods

    /// The end that counts: the earliest, and of several at once the one that explains the others.
    /// Of those whose times nobody tells, it is the one that was seen first.
    private static func first(of job: ClusterJob) -> (Seat, PodEnd)? {
        let ends = job.seats.compactMap { seat in
            seat.end.flatMap { seat.isOver ? (seat, $0) : nil }
        }
        guard let start = ends.compactMap(\.1.at?.microseconds).min() else {
            return ends.min { order($0) < order($1) }
        }
        return ends.filter { end in
            end.1.at.map { $0.microseconds - start < atOnceMicroseconds } ?? false
        }.min { ($0.1.kind.rawValue, time($0.1)) < ($1.1.kind.rawValue, time($1.1)) }

        func time(_ end: PodEnd) -> Int64 { end.at?.microseconds ?? .max }
        func order(_ end: (Seat, PodEnd)) -> (Int64, Int) {
            (end.0.vacantAt ?? .max, end.1.kind.rawValue)
        }
    }

    /// Exit codes mean what they mean to the local backend where a job says nothing else.
    private init(_ end: PodEnd, on part: NodeID?) {
        detail = end.words
        let codes = ExecutionEntry.ExitCodes()
        switch end.kind {
        case .preempted: verdict = .departed(.preempted)
        case .evicted, .tainted: verdict = .departed(.evicted(end.words))
        // What is wrong with the program's name will be wrong the next time, too.
        case .unstartable: verdict = .failed(.start, suspect: nil, .never)
        case .program, .told:
            if let code = end.code, codes.retryElsewhere.contains(code) {
                verdict = .failed(.node, suspect: part, .elsewhere)
            } else {
                let isDoomed = end.code.map(codes.never.contains) ?? false
                verdict = .failed(.application, suspect: nil, isDoomed ? .never : .byCause)
            }
        }
    }
}

extension Seat {
    /// Whether its pod has ended badly, or went while others ended it.
    fileprivate var isOver: Bool {
        state == .failed || state == .gone && end?.kind.isByOthers == true
    }
}
