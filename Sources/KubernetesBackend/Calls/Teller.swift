import FleetModel
import Foundation
import KubernetesClient
import KubernetesJSON
import KubernetesObjects
import Logging

/// Says things about objects: events, and conditions of pods. Nothing that is said matters as much
/// as that pods are bound, so few requests are under way at once and failures are passed over.
struct Teller: Sendable {
    let client: KubernetesClient
    let options: WriteOptions
    let eventType: ResourceType
    /// The types of the objects that are spoken of.
    let types: [ObjectKind: ResourceType]
    let instance: String
    let logger: Logger

    /// Requests in flight.
    private static let width = 8

    /// Takes calls for ever. `isWaiting` is asked last of all whether a pod still waits; `failed`
    /// gets a status that was not taken.
    func run(
        _ calls: AsyncStream<ClusterCall>, isWaiting: @escaping @Sendable (PodKey) async -> Bool,
        failed: @escaping @Sendable (ObjectStatus) async -> Void
    ) async {
        await withTaskGroup(of: Void.self) { group in
            var count = 0
            func add(_ body: @escaping @Sendable () async -> Void) async {
                if count >= Teller.width { await group.next() } else { count += 1 }
                group.addTask { await body() }
            }
            for await call in calls {
                switch call {
                case .event(let text): await add { await send(text) }
                case .condition(let pods, let reason, let message):
                    for pod in pods.prefix(ClusterCall.mostPods) {
                        await add {
                            if await isWaiting(pod) { await send(pod, reason, message) }
                        }
                    }
                case .nominate(let nominations):
                    for nomination in nominations {
                        await add {
                            if await isWaiting(nomination.pod) { await send(nomination) }
                        }
                    }
                case .status(let status):
                    await add { if await !send(status) { await failed(status) } }
                case .bind, .evict, .readLogs, .care: break
                }
            }
        }
    }

    private func send(_ pod: PodKey, _ reason: String, _ message: String) async {
        await patchStatus(
            of: pod,
            PodStatusBody.condition(
                "PodScheduled", isTrue: false, reason: reason, message: message, uid: pod.uid))
    }

    private func send(_ nomination: PodNomination) async {
        await patchStatus(
            of: nomination.pod,
            PodStatusBody.nomination(of: nomination.node, uid: nomination.pod.uid))
    }

    private func patchStatus(of pod: PodKey, _ body: [UInt8]) async {
        let place = ObjectPlace(
            Pod.resources[0], namespace: pod.namespace, name: pod.name, subresource: "status")
        await trying("status of pod \(pod.namespace)/\(pod.name)") {
            try await client.patch(
                place, .strategic, body: body, of: ObjectIdentity.self, options: options
            ).map { _ in }
        }
    }

    /// Says whether it was taken, or nobody is there to have it.
    private func send(_ status: ObjectStatus) async -> Bool {
        let key = status.subject.key
        guard let type = types[key.kind] else { return true }
        let place = ObjectPlace(type, name: key.name, subresource: "status")
        let now = Timestamp(microseconds: Int64(Date().timeIntervalSince1970) * 1_000_000)
        let body = status.patch(now: now.time)
        do {
            let answer = try await client.patch(
                place, .merge, body: body, of: ObjectIdentity.self, options: options)
            guard case .failure(let refusal) = answer else { return true }
            logger.debug("status of \(key.kind.title) \(key.name): \(refusal.message)")
            // A conflict is another object of that name. What is forbidden stays so.
            return refusal.isNotFound || refusal.isConflict || refusal.isFenced
                || refusal.status == 403
        } catch {
            logger.debug("status of \(key.kind.title) \(key.name): \(error)")
            return error is CancellationError
        }
    }

    private func send(_ text: EventText) async {
        let key = text.subject.key
        let (group, kind) = key.kind.groupAndKind
        let version = types[key.kind]?.apiVersion ?? (group.isEmpty ? "v1" : group + "/v1")
        let record = EventRecord(
            subject: EventRecord.Subject(
                apiVersion: version, kind: kind, namespace: key.namespace, name: key.name,
                uid: text.subject.uid),
            isWarning: text.isWarning, reason: text.reason, action: text.action, note: text.note,
            controller: "muster.dev/scheduler", instance: instance)
        await trying("event about \(kind) \(key.namespace)/\(key.name)") {
            try await client.createEvent(record, type: eventType, options: options)
        }
    }

    private func trying(
        _ what: String, _ body: () async throws -> Result<Void, APIRefusal>
    ) async {
        do {
            if case .failure(let refusal) = try await body(), !refusal.isNotFound {
                logger.debug("\(what): \(refusal.message)")
            }
        } catch {
            logger.debug("\(what): \(error)")
        }
    }
}
