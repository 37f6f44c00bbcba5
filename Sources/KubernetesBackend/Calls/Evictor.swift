import FleetModel
import KubernetesClient
import KubernetesJSON
import KubernetesObjects

/// Makes pods go: marks them, asks for their eviction, and where that is allowed deletes those that
/// a disruption budget keeps.
struct Evictor: Sendable {
    let client: KubernetesClient
    let options: WriteOptions
    /// The version of the eviction; nil where the server has none.
    let version: String?
    /// How long a budget may be in the way of an eviction that must be.
    let patience: Duration

    /// Evictions in flight.
    private static let width = 32

    /// Returns when the server has taken every eviction. Whether pods are gone is seen elsewhere.
    func evict(_ pods: [PodKey], _ eviction: Eviction) async {
        await withTaskGroup(of: Void.self) { group in
            for (index, pod) in pods.enumerated() {
                if index >= Evictor.width { await group.next() }
                group.addTask { await evict(pod, eviction) }
            }
        }
    }

    private func evict(_ pod: PodKey, _ eviction: Eviction) async {
        let place = ObjectPlace(
            Pod.resources[0], namespace: pod.namespace, name: pod.name, subresource: "status")
        let mark = PodStatusBody.condition(
            "DisruptionTarget", isTrue: true, reason: eviction.reason, message: eviction.message,
            uid: pod.uid)
        // Only for people and controllers that look at it.
        _ = try? await client.patch(
            place, .strategic, body: mark, of: ObjectIdentity.self, options: options)
        var backoff = Backoff(
            baseMilliseconds: 500, capMilliseconds: 10_000, seed: .random(in: 0 ... .max))
        let deadline = ContinuousClock.now + patience
        while !Task.isCancelled {
            let isLate = eviction.mayDelete && ContinuousClock.now > deadline
            if await send(pod, isDeletion: version == nil || isLate) { return }
            do { try await Task.sleep(for: .milliseconds(backoff.next())) } catch { return }
        }
    }

    /// Whether nothing is left to be asked for.
    private func send(_ pod: PodKey, isDeletion: Bool) async -> Bool {
        do {
            let result: Result<Void, APIRefusal>
            if let version, !isDeletion {
                result = try await client.evict(
                    pod: pod.name, namespace: pod.namespace, uid: pod.uid, version: version,
                    options: options)
            } else {
                result = try await client.delete(
                    ObjectPlace(Pod.resources[0], namespace: pod.namespace, name: pod.name),
                    uid: pod.uid, options: options)
            }
            switch result {
            case .success: return true
            case .failure(let refusal):
                // A conflict is another pod of that name. What is fenced may lead again.
                return refusal.isNotFound || refusal.isConflict
            }
        } catch {
            return error is CancellationError
        }
    }
}

/// Bodies of patches on the status of pods.
enum PodStatusBody {
    /// The node that a pod will have; nil to take it back. Refused for another pod of the same
    /// name.
    static func nomination(of node: String?, uid: String) -> [UInt8] {
        JSONWriter.object { pod in
            pod.object("metadata") { $0.member("uid", uid) }
            pod.object("status") { status in
                if let node {
                    status.member("nominatedNodeName", node)
                } else {
                    status.key("nominatedNodeName")
                    status.null()
                }
            }
        }
    }

    /// A condition, merged with the others by its type; refused for another pod of the same name.
    static func condition(
        _ type: String, isTrue: Bool, reason: String, message: String, uid: String
    ) -> [UInt8] {
        JSONWriter.object { pod in
            pod.object("metadata") { $0.member("uid", uid) }
            pod.object("status") { status in
                status.array("conditions") { conditions in
                    conditions.object { condition in
                        condition.member("type", type)
                        condition.member("status", isTrue ? "True" : "False")
                        condition.member("reason", reason)
                        condition.member("message", message)
                    }
                }
            }
        }
    }
}
