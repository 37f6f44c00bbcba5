import FleetModel
import KubernetesClient
import KubernetesFaults
import KubernetesObjects
import Synchronization

/// Watches the API server itself, not through any proxy, and says what must never be: a pod on two
/// nodes, more devices in use than a node has, half a gang for long, a tenant over its limit. It is
/// the kubelet of the cluster as well.
///
/// A class, because its watch and the test share it.
final class ClusterObserver: Sendable {
    /// The labels that tell it what a pod is of, and how many of them are a whole.
    static let gangLabel = "torture/gang"
    static let countLabel = "torture/count"

    struct Seen {
        var key: PodKey
        var node: String?
        var gpus: Int
        var phase: Pod.Phase
        var isDeleting: Bool
        var gang: String
        var count: Int
        var wasWhole = false

        var stands: Bool { node != nil && !phase.isTerminal }
        var gangKey: String { key.namespace + "/" + gang }
    }

    private struct State {
        var pods: [String: Seen] = [:]
        var listed: Set<String>?
        var halves: [String: ContinuousClock.Instant] = [:]
        var limits: [String: [(at: ContinuousClock.Instant, gpus: Int?)]] = [:]
        var broken: [String] = []
        var bindings = 0
        var isRunning = true
        var longestHalf = Duration.zero
    }

    private let client: KubernetesClient
    private let gpusOfNode: Int
    /// The longest that half a gang may stand.
    private let bound: Duration
    /// How long after it was lowered a limit may be passed by what was decided before.
    private static let grace = Duration.seconds(30)
    private let state = Mutex(State())

    init(client: KubernetesClient, gpusOfNode: Int, bound: Duration) {
        (self.client, self.gpusOfNode, self.bound) = (client, gpusOfNode, bound)
    }

    // MARK: Questions

    var broken: [String] { state.withLock { $0.broken } }
    var bindings: Int { state.withLock { $0.bindings } }
    var longestHalf: Duration { state.withLock { $0.longestHalf } }
    var pods: [Seen] {
        state.withLock { $0.pods.values.sorted { $0.key.name < $1.key.name } }
    }

    /// How many pods of a gang stand; all of them together, and those of gangs by the beginning of
    /// their names.
    func standing(_ gang: String) -> Int {
        state.withLock { state in
            state.pods.values.reduce(0) { $0 + ($1.gang == gang && $1.stands ? 1 : 0) }
        }
    }

    func count(_ gang: String) -> Int {
        state.withLock { state in
            state.pods.values.reduce(0) { $0 + ($1.gang == gang ? 1 : 0) }
        }
    }

    /// Waits until something holds, and does something else every tenth of a second; says whether
    /// it did.
    func wait(
        seconds: Double, _ condition: () -> Bool,
        meanwhile: () async throws -> Void = {}
    ) async throws -> Bool {
        let deadline = ContinuousClock.now + .seconds(seconds)
        var rounds = 0
        while !condition() {
            guard ContinuousClock.now < deadline else { return false }
            try await Task.sleep(for: .milliseconds(1))
            rounds += 1
            if rounds % 50 == 0 { try await meanwhile() }
        }
        return true
    }

    // MARK: What the test tells

    /// A tenant, which is a namespace, has this limit from about now on.
    func limit(_ namespace: String, _ gpus: Int?) {
        state.withLock { $0.limits[namespace, default: []].append((.now, gpus)) }
    }

    /// The clock of halves stands while no control plane runs, and begins anew with the next.
    func planeRuns(_ isRunning: Bool) {
        state.withLock { state in
            state.isRunning = isRunning
            state.halves = state.halves.mapValues { _ in .now }
        }
    }

    // MARK: Watching

    func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.watch() }
            group.addTask {
                while !Task.isCancelled {
                    self.watchHalves()
                    try? await Task.sleep(for: .milliseconds(250))
                }
            }
        }
    }

    private func watch() async {
        _ = try? await client.reflect(TestCluster.pods, of: Pod.self) { report in
            switch report {
            case .list(.began): self.state.withLock { $0.listed = [] }
            case .list(.items(let pods)): for pod in pods { await self.take(pod) }
            case .listed:
                self.state.withLock { state in
                    if let listed = state.listed {
                        state.pods = state.pods.filter { listed.contains($0.key) }
                    }
                    state.listed = nil
                }
            case .events(let events):
                for event in events {
                    switch event {
                    case .added(let pod), .modified(let pod): await self.take(pod)
                    case .deleted(let pod):
                        self.state.withLock { $0.pods[pod.metadata.uid] = nil }
                    case .bookmark, .unreadable: break
                    }
                }
            default: break
            }
        }
    }

    private func take(_ pod: Pod) async {
        let metadata = pod.metadata
        let request = PodRequest(pod.resources, naming: ResourceNaming())
        var seen = Seen(
            key: PodKey(
                namespace: metadata.namespace, name: metadata.name, uid: metadata.uid),
            node: pod.nodeName, gpus: Int(request.accelerator?.count ?? 0), phase: pod.phase,
            isDeleting: metadata.isDeleting,
            gang: metadata.labels[ClusterObserver.gangLabel] ?? metadata.name,
            count: metadata.labels[ClusterObserver.countLabel].flatMap { Int($0) } ?? 1)
        state.withLock { state in
            state.listed?.insert(metadata.uid)
            let old = state.pods[metadata.uid]
            seen.wasWhole = old?.wasWhole ?? false
            if let before = old?.node, before != seen.node {
                state.broken.append("\(seen.key.name) moved from \(before)")
            }
            state.pods[metadata.uid] = seen
            guard let node = seen.node, old?.node == nil else { return }
            state.bindings += 1
            check(node, &state)
            noteWhole(seen, &state)
        }
        await tend(seen)
    }

    /// What a kubelet does.
    private func tend(_ pod: Seen) async {
        guard pod.node != nil else { return }
        let place = ObjectPlace(
            TestCluster.pods, namespace: pod.key.namespace, name: pod.key.name)
        // It must not keep the watch waiting.
        Task {
            if pod.isDeleting {
                _ = try? await client.delete(place, uid: pod.key.uid, graceSeconds: 0)
            }
        }
    }

    // MARK: Invariants

    private func check(_ node: String, _ state: inout State) {
        let used = state.pods.values.reduce(0) {
            $0 + ($1.node == node && $1.stands ? $1.gpus : 0)
        }
        if used > gpusOfNode { state.broken.append("\(used) GPUs of \(node) are in use") }
    }

    /// Marks a gang that stands whole; then its tenant must be within its limit.
    private func noteWhole(_ pod: Seen, _ state: inout State) {
        let own = state.pods.filter { $0.value.gangKey == pod.gangKey }
        let present = own.values.filter { $0.stands || $0.phase == .succeeded }
        guard present.count >= pod.count else { return }
        for uid in own.keys where own[uid]!.stands { state.pods[uid]!.wasWhole = true }
        let entries = state.limits[pod.key.namespace] ?? []
        let since = ContinuousClock.now - ClusterObserver.grace
        let first = entries.lastIndex { $0.at <= since } ?? 0
        let counted = entries.dropFirst(first).map(\.gpus)
        guard !entries.isEmpty, entries[0].at <= since, counted.allSatisfy({ $0 != nil }),
            let limit = counted.compactMap({ $0 }).max()
        else { return }
        let used = state.pods.values.reduce(0) {
            $0 + ($1.key.namespace == pod.key.namespace && $1.stands && $1.wasWhole ? $1.gpus : 0)
        }
        if used > limit {
            state.broken.append("\(pod.key.namespace) has \(used) GPUs, its limit is \(limit)")
        }
    }

    private func watchHalves() {
        state.withLock { state in
            var gangs: [String: Bool] = [:]
            for pod in state.pods.values where pod.stands && pod.count > 1 {
                let isHalf = !pod.wasWhole && !pod.isDeleting
                gangs[pod.gangKey] = (gangs[pod.gangKey] ?? true) && isHalf
            }
            for key in Array(state.halves.keys) where gangs[key] != true { state.halves[key] = nil }
            guard state.isRunning else { return }
            for (key, isHalf) in gangs where isHalf {
                let since = state.halves[key] ?? .now
                state.halves[key] = since
                let span = ContinuousClock.now - since
                state.longestHalf = max(state.longestHalf, span)
                guard span > bound else { continue }
                state.broken.append("half of \(key) stands for \(span)")
                state.halves[key] = .now
            }
        }
    }
}
