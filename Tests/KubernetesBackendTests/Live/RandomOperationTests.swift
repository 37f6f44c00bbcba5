import FleetModel
import Foundation
import KubernetesClient
import KubernetesFaults
import KubernetesJSON
import KubernetesObjects
import Testing

extension ServerTests {
    @Suite("Random operations", .timeLimit(.minutes(60)))
    struct RandomOperationTests {}
}

extension ServerTests.RandomOperationTests {
    @Test("no pod moves, no device is given twice, no half stays, no limit is passed, all fits")
    func operations() async throws {
        let count = LiveRun.number("MUSTER_OPERATIONS") ?? 10_000
        let seed = LiveRun.number("MUSTER_OPERATIONS_SEED") ?? 1
        try await TestCluster.run(nodes: LiveDraw.nodes, hasKubelet: false) { cluster in
            let observer = ClusterObserver(
                client: cluster.client, gpusOfNode: 8, bound: .seconds(90))
            let watch = Task { await observer.run() }
            let proxies = try (0..<2).map { index in
                try FaultProxy(
                    to: try KubeTestServer.configuration(), plan: .calm,
                    seed: UInt64(seed + index))
            }
            try await proxies[0].run { first in
                try await proxies[1].run { second in
                    let replicas = zip(proxies, [first, second]).map {
                        LiveReplica($0, $1, observer)
                    }
                    let run = try await OperationRun(
                        cluster, observer, proxies, replicas, seed: UInt64(seed), count: count)
                    let error = try await run.run()
                    if let error {
                        Issue.record(
                            """
                            seed \(seed): \(error)
                            repeat it: MUSTER_OPERATIONS_SEED=\(seed) \
                            MUSTER_OPERATIONS=\(count) make test-kubernetes
                            """)
                    }
                }
            }
            watch.cancel()
            await watch.value
        }
    }
}

/// One run of random operations.
final class OperationRun {
    private var world: LiveWorld
    private let observer: ClusterObserver
    private let proxies: [FaultProxy]
    private let replicas: [LiveReplica]
    private var draw: LiveDraw
    private let count: Int
    private let namespaces: [String]
    private var limits: [Int?] = [nil, nil]
    private var leader = 0
    private var present = Set((0..<LiveDraw.nodes).map { "n\($0)" })
    private var trace: [String] = []
    private var change: Task<Void, any Error>?
    private let seed: UInt64
    private var spent: [String: (count: Int, time: Duration)] = [:]

    init(
        _ cluster: TestCluster, _ observer: ClusterObserver, _ proxies: [FaultProxy],
        _ replicas: [LiveReplica], seed: UInt64, count: Int
    ) async throws {
        namespaces = [cluster.namespace, cluster.namespace + "-b"]
        world = LiveWorld(cluster, observer, namespaces)
        (self.observer, self.proxies, self.replicas) = (observer, proxies, replicas)
        (self.seed, self.count) = (seed, count)
        draw = LiveDraw(seed: seed, handovers: max(count / 4, 500))
        let object = JSONWriter.object { object in
            object.member("apiVersion", "v1")
            object.member("kind", "Namespace")
            object.object("metadata") { $0.member("name", namespaces[1]) }
        }
        _ = try await cluster.client.create(
            Namespace.resources[0], body: object, of: ObjectIdentity.self
        ).get()
    }

    /// What went wrong; nil for nothing.
    func run() async throws -> String? {
        let began = ContinuousClock.now
        for node in 0..<LiveDraw.nodes { await world.label(node, zone: node % 2) }
        for namespace in namespaces { observer.limit(namespace, nil) }
        try await replicas[leader].start(keepsData: false, tenants: tenants)
        for number in 0..<count {
            let operation = draw.next()
            trace.append("\(number) \(operation)")
            let start = ContinuousClock.now
            try await carryOut(operation)
            let word = String("\(operation)".prefix { $0 != "(" })
            spent[word, default: (0, .zero)].count += 1
            spent[word, default: (0, .zero)].time += ContinuousClock.now - start
            if number % 20 == 0 { try await world.collect(present) }
            guard observer.broken.isEmpty else { break }
        }
        let took = (ContinuousClock.now - began) / .seconds(1)
        var problem = observer.broken.first
        if problem == nil { problem = try await end() }
        try await change?.value
        for replica in replicas {
            await replica.stop()
            if problem == nil { problem = await replica.findings.first }
            await replica.remove()
        }
        print(spent.map { "\($0.key) \($0.value.count) \($0.value.time / $0.value.count)" })
        print(
            "seed \(seed): \(count) operations in \(took) s, \(observer.bindings) bindings, "
                + "longest half \(observer.longestHalf), faults "
                + "\(proxies[0].counts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" })")
        return problem.map { ([$0] + trace.suffix(40)).joined(separator: "\n") }
    }

    private var tenants: String {
        let entries = zip(namespaces, limits).map { name, limit in
            let quota = limit.map { #"{"nvidia.com-gpu": {limit: \#($0)}}"# } ?? "{}"
            return "  - {name: \(name), quota: \(quota)}\n"
        }
        return "tenants:\n" + entries.joined() + "  - {name: default}\n"
    }

    private func gang(_ id: Int) -> LiveGang? {
        draw.gangs.indices.contains(id) ? draw.gangs[id] : nil
    }

    // MARK: Operations

    private func carryOut(_ operation: LiveOperation) async throws {
        switch operation {
        case .create(let id, let withheld):
            if let gang = gang(id) {
                try await world.declare(gang)
                try await world.create(gang, Array(0..<(gang.count - withheld)))
            }
        case .complete(let id): if let gang = gang(id) { try await world.complete(gang) }
        case .delete(let id): if let gang = gang(id) { try await world.delete(gang) }
        case .deletePod(let id, let index):
            if let gang = gang(id) { try await world.deletePod(gang, index) }
        case .finish(let id): if let gang = gang(id) { try await world.finish(gang) }
        case .failPod(let id, let index): if let gang = gang(id) { await world.fail(gang, index) }
        case .removeNode(let node):
            present.remove("n\(node)")
            await world.removeNode(node)
        case .addNode(let node):
            present.insert("n\(node)")
            await world.addNode(node)
        case .label(let node, let zone): await world.label(node, zone: zone)
        case .cordon(let node, let isClosed): await world.cordon(node, isClosed)
        case .limit(let tenant, let gpus): try await limit(tenant, gpus)
        case .cut: for proxy in proxies { proxy.cut() }
        case .faults(let areThere): follow(areThere)
        case .restart(let keepsData): try await restart(keepsData)
        case .partition: try await partition()
        }
    }

    private func follow(_ areThere: Bool) {
        var plan = FaultPlan.calm
        if areThere {
            plan = FaultPlan()
            // A watch without a sign of life is given up only after two and a half minutes.
            plan.stalled = 0
        }
        for proxy in proxies { proxy.follow(plan) }
    }

    private func limit(_ tenant: Int, _ gpus: Int?) async throws {
        try await change?.value
        change = nil
        guard await replicas[leader].limit(namespaces[tenant], gpus) else { return }
        limits[tenant] = gpus
        observer.limit(namespaces[tenant], gpus)
    }

    /// Goes on in the background: the cluster does not wait for it.
    private func restart(_ keepsData: Bool) async throws {
        try await change?.value
        let (replica, tenants) = (replicas[leader], tenants)
        change = Task {
            await replica.stop()
            try await replica.start(keepsData: keepsData, tenants: tenants)
        }
    }

    /// The leader's fence has run out and it does not know yet; the other one begins beside it,
    /// and only later the old one ends.
    private func partition() async throws {
        try await change?.value
        let (old, new, tenants) = (replicas[leader], replicas[1 - leader], tenants)
        let observer = observer
        leader = 1 - leader
        change = Task {
            await old.closeFence()
            try await new.start(keepsData: false, tenants: tenants)
            try await Task.sleep(for: .seconds(2))
            await old.stop()
            observer.planeRuns(true)
        }
    }

    // MARK: The end

    /// Everything heals; whatever is there must run, one after the other.
    private func end() async throws -> String? {
        follow(false)
        try await change?.value
        change = nil
        for node in 0..<LiveDraw.nodes {
            if present.insert("n\(node)").inserted { await world.addNode(node) }
            await world.cordon(node, false)
            await world.label(node, zone: node % 2)
        }
        for tenant in limits.indices { try await limit(tenant, nil) }
        let deadline = ContinuousClock.now + .seconds(480)
        while true {
            let names = Set(observer.pods.map(\.gang))
            if names.isEmpty { return nil }
            guard observer.broken.isEmpty else { return observer.broken.first }
            guard ContinuousClock.now < deadline else {
                let left = observer.pods.map {
                    "\($0.key.name) \($0.node ?? "-") \($0.phase) \($0.isDeleting) of \($0.count)"
                }
                let jobs = await replicas[leader].jobs
                return "never runs: \(left)\njobs: \(jobs)"
            }
            try await world.collect(present)
            for gang in draw.gangs where names.contains(gang.name) {
                // What was made when its end was not seen yet.
                guard draw.isOpen(gang.id) else {
                    try await world.delete(gang)
                    continue
                }
                let standing = observer.pods.filter { $0.gang == gang.name && $0.stands }
                let present = observer.pods.filter {
                    $0.gang == gang.name && ($0.stands || $0.phase == .succeeded)
                }
                let wasWhole = !standing.isEmpty && standing.allSatisfy(\.wasWhole)
                if present.count >= gang.count || wasWhole {
                    try await world.finish(gang)
                } else {
                    try await world.complete(gang)
                }
            }
            try await Task.sleep(for: .milliseconds(200))
        }
    }
}
