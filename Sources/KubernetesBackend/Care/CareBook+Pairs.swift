import ControlPlane
import FleetModel
import Health
import KubernetesObjects
import Qualification

// Tests of the network between two nodes: the pod that listens stands before the one that asks.
extension CareBook {
    private static let lookMilliseconds: Int64 = 500
    private static let makeMilliseconds: Int64 = 60_000

    /// What the pod of a test has to do with another node; nil while the other side is not there.
    mutating func role(
        of run: inout CheckRun, _ nodes: NodeBook, at now: Int64
    ) -> CheckPodBody.Role? {
        guard let partner = run.order.partner, let name = run.order.listenerName else {
            return .alone
        }
        guard nodes.isPresent(partner.part), let facts = nodes.facts(partner.node) else {
            end(run, "the node \(partner.node), which it is tested with, is not here")
            return nil
        }
        if case .notReady(let why) = facts.readiness {
            end(run, "the node \(partner.node), which it is tested with, is not ready: \(why)")
            return nil
        }
        guard let pod = pods[name] else {
            if run.listenerAskedAt.map({ now - $0 >= CareBook.makeMilliseconds }) ?? true {
                run.listenerAskedAt = now
                let body = CheckPodBody(
                    order: run.order, share: .host, settings: settings, role: .listens)
                calls.append(.make(run.order.id, pod: name, body: body.bytes))
            }
            wait(&run, "the pod \(name) on the other node is not there yet", at: now)
            return nil
        }
        guard !pod.pod.phase.isTerminal, !pod.metadata.isDeleting else {
            end(run, "the pod \(name) on the other node ended before the test")
            return nil
        }
        guard pod.pod.phase == .running, !pod.address.isEmpty else {
            let why = pod.waiting.isEmpty ? "" : ": \(pod.waiting): \(pod.waitingMessage)"
            wait(&run, "the pod \(name) on the other node does not run yet\(why)", at: now)
            return nil
        }
        guard pod.isReady else {
            wait(&run, "the pod \(name) on the other node is not ready to answer", at: now)
            return nil
        }
        return .asks(pod.address)
    }

    /// What is told of a run that has come to its end. Where it did not reach the other side, which
    /// is ready to answer all the while, that is no test that could not be made. A connection that
    /// came about and broke is one: the other side was reached.
    func news(of run: CheckRun, _ test: HandedInTest) -> [BackendReport] {
        let (part, id) = (run.order.part, run.order.id)
        guard let name = run.order.listenerName, let pod = pods[name],
            pod.pod.phase == .running, pod.isReady, !pod.metadata.isDeleting,
            let result = test.answer.run?.verdict.results.first(where: { $0.check == .network }),
            RunVerdict.isUnconnected(result)
        else { return [.tested(part, id, test)] }
        let words = result.notes.joined(separator: "; ")
        return [
            .remarked(part, id, "the pod \(name) was ready, and was not reached: \(words)"),
            .qualified(part, id, .unreached(run.order.level)),
        ]
    }

    private mutating func wait(_ run: inout CheckRun, _ words: String, at now: Int64) {
        let step = run.fail(
            words, for: CheckOrder.startSeconds * 1000, retryIn: CareBook.lookMilliseconds, at: now)
        settle(run, step, at: now)
    }

    /// The pod that listens was made, or was not.
    mutating func tookListener(_ answer: CareAnswer, of id: OperationID, at now: Int64) {
        guard let run = runs[id] else { return }
        switch answer {
        case .made, .read: break
        case .later: runs[id]?.listenerAskedAt = now - CareBook.makeMilliseconds + 3_000
        case .refused(let words): end(run, words)
        }
    }
}
