import FleetModel
import Foundation
import KubernetesClient
import KubernetesJSON
import KubernetesObjects
import Logging
import Synchronization

/// Sees to it that of several replicas only one schedules, by a lease in the cluster.
///
/// A leader that may have lost its lease sends nothing any more: the fence of
/// ``KubernetesSettings`` is closed before another replica can have it.
public final class Leadership: Sendable {
    private let client: KubernetesClient
    private let keeper: LeaseKeeper
    private let namespace: String
    private let lease: String
    private let pod: String?
    private let logger: Logger
    /// Whether it has led.
    private let isLeading = Mutex(false)
    private let starts: AsyncStream<Void>
    private let start: AsyncStream<Void>.Continuation

    /// Another replica schedules within ten seconds of the leader's death: eight until the lease is
    /// free, one until somebody looks, and the time to list the cluster.
    private static let timings = LeaseTimings(
        leaseSeconds: 8, renewDeadlineSeconds: 5, retrySeconds: 1)

    /// The label that a leader's pod has, for the Service to select it by.
    public static let label = "muster.dev/leader"

    /// Prepares to compete for a lease. `pod` is this replica's own pod, if it runs in one.
    public init(
        _ settings: KubernetesSettings, namespace: String, name: String, pod: String?
    ) {
        client = KubernetesClient(
            configuration: settings.configuration, throttle: ClientThrottle(),
            logger: settings.logger)
        keeper = LeaseKeeper(
            client: client, namespace: namespace, name: name,
            identity: (pod ?? settings.instance) + "_" + UUID().uuidString.lowercased(),
            timings: Leadership.timings)
        self.namespace = namespace
        lease = "\(namespace)/\(name)"
        self.pod = pod
        logger = settings.logger
        (starts, start) = AsyncStream.makeStream(of: Void.self)
    }

    /// Whether this replica may act as the leader now.
    public var isLeader: Bool { keeper.isLeader }

    /// Returns once this replica leads; to be asked once. Throws when ``run()`` has ended before,
    /// or the task is cancelled.
    public func lead() async throws {
        for await _ in starts { return }
        try Task.checkCancellation()
        throw OperatingError(.backendFailed, "the lease cannot be competed for")
    }

    /// Competes until it is cancelled, or was the leader and is not any more, which it says by
    /// returning. Gives the lease up when it ends. Throws for credentials that are not taken.
    public func run() async throws {
        await mark(isLeading: false)
        let end: Result<Void, any Error>
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                let (losses, lose) = AsyncStream.makeStream(of: Void.self)
                group.addTask { [self] in
                    try await keeper.run { change in
                        await self.take(change, lose)
                    }
                }
                group.addTask { for await _ in losses { return } }
                try await group.next()
                group.cancelAll()
            }
            end = .success(())
        } catch {
            end = .failure(error)
        }
        start.finish()
        // This task may be cancelled already, which would cancel the request with it.
        await Task { [keeper] in await keeper.release() }.value
        client.close()
        try end.get()
    }

    private func take(_ change: LeaseChange, _ lose: AsyncStream<Void>.Continuation) async {
        switch change {
        case .following(let holder):
            guard !isLeading.withLock({ $0 }) else {
                logger.error("the lease is lost; another replica may lead")
                lose.yield()
                return
            }
            logger.notice("standing by", metadata: ["leader": "\(holder)"])
        case .troubled(let what):
            logger.warning(
                "the lease \(lease) cannot be had: \(what)",
                metadata: ["hint": "does its namespace exist, and may the account write leases?"])
        case .leading(let term):
            logger.notice("leading", metadata: ["term": "\(term)"])
            isLeading.withLock { $0 = true }
            start.yield()
            await mark(isLeading: true)
        }
    }

    /// Says on the replica's own pod whether it leads. Nothing depends on it but who is asked.
    private func mark(isLeading: Bool) async {
        guard let pod else { return }
        let body = JSONWriter.object { body in
            body.object("metadata") { metadata in
                metadata.object("labels") { $0.member(Leadership.label, String(isLeading)) }
            }
        }
        let place = ObjectPlace(Pod.resources[0], namespace: namespace, name: pod)
        do {
            let answer = try await client.patch(
                place, .merge, body: body, of: ObjectIdentity.self)
            if case .failure(let refusal) = answer {
                logger.warning("the pod is not marked: \(refusal.message)")
            }
        } catch { logger.warning("the pod is not marked: \(error)") }
    }
}
