import HealthSignals
import KubernetesJSON
import KubernetesObjects

/// What the status of a pod says of why it ended, or is being ended.
struct PodEnd: Hashable {
    /// Who ended it. Of ends at the same time an earlier case explains a later one.
    enum Kind: Int, Hashable {
        /// Somebody took it from a node that is gone, or has a taint that it does not bear.
        case tainted
        /// It had to go for a pod of higher priority.
        case preempted
        /// Its node did not take or keep it, or somebody emptied the node.
        case evicted
        /// Its program could not be started.
        case unstartable
        /// Its program ended by itself.
        case program
        /// A signal of the kind that others send ended its program; nobody says who sent it.
        case told

        /// Whether others ended it, for no fault of its own.
        var isByOthers: Bool { rawValue <= Kind.evicted.rawValue }
    }

    var kind: Kind
    /// The container that tells it; empty for none.
    var container: String
    var code: Int32?
    var signal: Int32?
    /// When, in whole seconds of the clock of who said so.
    var at: Timestamp?
    /// A sentence for people.
    var words: String

    /// Nil while nothing ended badly and nobody ends it.
    init?(_ pod: Pod) {
        let first = PodEnd.first(of: pod.failures)
        let since = pod.disruption?.since
        // What a program did before others came is its own.
        let isEarlier = first?.finishedAt.flatMap { at in since.map { at < $0 } } ?? false
        if !isEarlier, let others = PodEnd.others(pod) {
            self.init(
                kind: others, code: first?.code, signal: first?.signal,
                at: since ?? first?.finishedAt, words: PodEnd.words(others, pod))
        } else if let first {
            self.init(first, of: pod)
        } else if pod.phase == .failed {
            self.init(withoutContainer: pod)
        } else {
            return nil
        }
    }

    private init(
        kind: Kind, container: String = "", code: Int32? = nil, signal: Int32? = nil,
        at: Timestamp? = nil, words: String
    ) {
        (self.kind, self.container, self.words) = (kind, container, words)
        (self.code, self.signal, self.at) = (code, signal, at)
    }

    // MARK: Others

    /// Who else ends a pod: its condition `DisruptionTarget` (Kubernetes 1.26 and later), and the
    /// words that kubelets and controllers write into the status by themselves.
    private static func others(_ pod: Pod) -> Kind? {
        let reason = pod.disruption?.reason
        let status = pod.phase == .failed ? pod.statusReason : ""
        if reason == "PreemptionByScheduler" || status == "Preempting" { return .preempted }
        if reason == "DeletionByTaintManager" || reason == "DeletionByPodGC"
            || pod.statusReason == "NodeLost"
        {
            return .tainted
        }
        if reason != nil || shutdowns.contains(status) || rejections.contains(status)
            || status.hasPrefix("OutOf")
        {
            return .evicted
        }
        // Who used more disk than its own limit is evicted as well, and says no word of the node.
        return status == "Evicted" && pod.statusMessage.contains("The node ") ? .evicted : nil
    }

    /// What kubelets write on pods of a machine that goes down.
    private static let shutdowns: Set<String> = ["NodeShutdown", "Shutdown", "Terminated"]
    /// What they write on pods that they do not take though the scheduler meant them for it.
    private static let rejections: Set<String> = [
        "UnexpectedAdmissionError", "NodeAffinity", "NodePorts", "TopologyAffinityError",
        "VolumeAttachmentLimitExceeded",
    ]

    private static func words(_ kind: Kind, _ pod: Pod) -> String {
        let reason = pod.disruption?.reason ?? pod.statusReason
        let message = pod.statusMessage.isEmpty ? pod.disruption?.message ?? "" : pod.statusMessage
        let node = pod.nodeName.map { " on the node \($0)" } ?? ""
        let who = kind == .preempted ? "for one of higher priority" : "by others"
        return "the pod \(pod.metadata.name)\(node) was ended \(who) (\(reason))"
            + (message.isEmpty ? "" : ": \(clipped(message))")
    }

    private static func clipped(_ message: String) -> String {
        var text = message.prefix(300)
        while let last = text.last, last == "." || last == " " { text.removeLast() }
        return String(text)
    }

    // MARK: The pod's own

    /// Reasons of containers whose program never ran.
    private static let startReasons: Set<String> = ["StartError", "ContainerCannotRun"]

    private static let unknown = "ContainerStatusUnknown"

    /// The container that ended first, and of several in the same second the one that says most.
    /// Those of which no time is known come last.
    private static func first(of failures: [Pod.ContainerEnd]) -> Pod.ContainerEnd? {
        failures.min { left, right in
            if left.finishedAt == right.finishedAt {
                return kind(of: left).rawValue < kind(of: right).rawValue
            }
            return (left.finishedAt?.microseconds ?? .max)
                < (right.finishedAt?.microseconds ?? .max)
        }
    }

    private static func kind(of failure: Pod.ContainerEnd) -> Kind {
        if startReasons.contains(failure.reason) { return .unstartable }
        if case .stopped = exit(failure) { return .told }
        return failure.reason == unknown ? .told : .program
    }

    private static func exit(_ failure: Pod.ContainerEnd) -> ExitClass {
        ExitClass(
            ProcessExit(
                code: failure.code, signal: failure.signal,
                ranOutOfMemory: failure.reason == "OOMKilled"))
    }

    private init(_ failure: Pod.ContainerEnd, of pod: Pod) {
        self.init(
            kind: PodEnd.kind(of: failure), container: failure.container, code: failure.code,
            signal: failure.signal, at: failure.finishedAt,
            words: "the container '\(failure.container)' of the pod \(pod.metadata.name) ")
        switch PodEnd.exit(failure) {
        case _ where kind == .unstartable: words += "could not be started (\(failure.reason))"
        case _ where failure.reason == PodEnd.unknown:
            words += "is gone, and nobody saw how it ended"
        case .outOfMemory: words += "used more memory than its limit and was killed (OOMKilled)"
        case let exit:
            words += "ended with exit code \(failure.code)"
            if let meaning = exit.meaning { words += " (\(meaning))" }
        }
        if pod.statusReason == "DeadlineExceeded" { words += "; its time limit was reached" }
    }

    /// A pod that failed though no container of it says why.
    private init(withoutContainer pod: Pod) {
        let reason = pod.statusReason
        let isOwn = reason.isEmpty || reason == "DeadlineExceeded" || reason == "Evicted"
        self.init(
            kind: isOwn ? .program : .unstartable,
            words: "the pod \(pod.metadata.name) failed")
        if !reason.isEmpty { words += " (\(reason))" }
        if !pod.statusMessage.isEmpty { words += ": \(PodEnd.clipped(pod.statusMessage))" }
    }
}
