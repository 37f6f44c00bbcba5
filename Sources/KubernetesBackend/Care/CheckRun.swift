import Health
import KubernetesObjects

/// A test that is under way, or waits for its turn.
struct CheckRun {
    enum Phase: Hashable {
        /// For its turn, or for its node.
        case waiting
        /// For the answer of the server that is to make its pod.
        case asking
        /// For its pod.
        case standing
        /// For what its pod has written.
        case reading
    }

    /// How it goes on.
    enum Step: Hashable {
        case wait
        /// Its pod has ended, and has something to say.
        case read
        /// It ends without an answer, for a reason in words.
        case end(String)
    }

    let order: CheckOrder
    /// The pod that answers; the order's own, unless another leader made one.
    var pod: String
    /// That pod's uid, once it is known.
    var uid = ""
    var wasSeen = false
    var phase = Phase.waiting
    /// Since when it is in its phase, in milliseconds.
    var since: Int64
    /// When to look again.
    var retryAt: Int64 = 0
    /// When the pod that listens on another node was asked for, in milliseconds; nil before that.
    var listenerAskedAt: Int64?
    /// Since when it cannot go on, and why.
    var trouble: (since: Int64, words: String)?

    /// How long a pod may be in trouble before it runs: pulling images is tried more than once.
    private static let troubleMilliseconds: Int64 = 60_000
    /// How long a node may keep a test waiting, and the server one that is to be read.
    static let patienceMilliseconds: Int64 = 900_000
    private static let readMilliseconds: Int64 = 180_000

    init(_ order: CheckOrder, at now: Int64) {
        self.order = order
        pod = order.podName
        since = now
    }

    mutating func enter(_ phase: Phase, at now: Int64) {
        (self.phase, since, retryAt, trouble) = (phase, now, 0, nil)
    }

    /// Notes that it cannot go on. Says so once that has been for too long.
    mutating func fail(
        _ words: String, for patience: Int64 = CheckRun.patienceMilliseconds, retryIn pause: Int64,
        at now: Int64
    ) -> Step {
        let began = trouble?.since ?? now
        trouble = (began, words)
        retryAt = now + pause
        return now - began >= patience ? .end(words) : .wait
    }

    /// The same for what a pod has written.
    mutating func failRead(_ words: String, at now: Int64) -> Step {
        fail(
            "its log is not to be had: \(words)", for: CheckRun.readMilliseconds, retryIn: 5_000,
            at: now)
    }

    /// What follows from how its pod is; nil when there is none.
    mutating func look(at seen: CheckPod?, at now: Int64) -> Step {
        guard let seen else {
            if wasSeen { return .end("its pod \(pod) went before it had ended") }
            return now - since >= CheckRun.troubleMilliseconds
                ? .end("its pod \(pod) was made and never seen") : .wait
        }
        let metadata = seen.metadata
        guard uid.isEmpty || metadata.uid == uid else {
            return .end("another pod has the name \(pod)")
        }
        (uid, wasSeen) = (metadata.uid, true)
        guard seen.pod.nodeName == order.node else {
            return .end("its pod \(pod) stands on \(seen.pod.nodeName ?? "no node")")
        }
        if seen.pod.phase.isTerminal { return CheckRun.end(of: seen) }
        if metadata.isDeleting { return .end("somebody deletes its pod \(pod)") }
        guard seen.pod.phase == .pending else {
            trouble = nil
            let limit = (CheckOrder.startSeconds + order.runSeconds + 60) * 1000
            return now - since >= limit ? .end("its pod \(pod) does not come to an end") : .wait
        }
        if CheckRun.isTrouble(seen.waiting) {
            return fail(
                "its pod \(pod) does not start: \(seen.waiting): \(seen.waitingMessage)",
                for: CheckRun.troubleMilliseconds, retryIn: 0, at: now)
        }
        trouble = nil
        return now - since >= CheckOrder.startSeconds * 1000
            ? .end("its pod \(pod) has not started for \(CheckOrder.startSeconds) s") : .wait
    }

    private static func isTrouble(_ reason: String) -> Bool {
        !["", "ContainerCreating", "PodInitializing"].contains(reason)
    }

    /// Passed, failed and without an answer are the ends of a run; anything else is none.
    private static func end(of seen: CheckPod) -> Step {
        let reason = seen.pod.statusReason
        guard reason.isEmpty else {
            return .end("its node ends the pod \(seen.name): \(reason): \(seen.message)")
        }
        guard let code = seen.pod.exitCode else {
            return .end("its pod \(seen.name) ended, and nobody says how")
        }
        return [0, 1, 75].contains(code)
            ? .read : .end("its pod \(seen.name) ended with the exit code \(code)")
    }
}
