import AgentWire
import FleetModel
import Foundation
import Health
import HealthControl
import HealthSignals
import KubernetesBackend
import KubernetesClient
import KubernetesFaults
import KubernetesJSON
import KubernetesObjects
import Stacks
import Store

@testable import ControlPlane

/// A cluster whose nodes are tested: the API server, a namespace for tests, and kubelets that run
/// them and serve their logs.
struct CareWorld: Sendable {
    let cluster: TestCluster
    let kubelet: CheckKubelet

    static func run(
        nodes: Int, namespace: String? = nil,
        _ body: @escaping @Sendable (CareWorld) async throws -> Void
    ) async throws {
        try await TestCluster.run(nodes: nodes) { cluster in
            let kubelet = try CheckKubelet(
                client: cluster.client, namespace: namespace ?? cluster.namespace + "-checks")
            let world = CareWorld(cluster: cluster, kubelet: kubelet)
            if namespace == nil { try await world.makeNamespace() }
            try await kubelet.logs.run { port in
                for index in 0..<nodes { try await world.serve("n\(index)", port) }
                let task = Task { await kubelet.run() }
                defer { task.cancel() }
                do {
                    try await body(world)
                } catch {
                    await world.leave()
                    throw error
                }
                await world.leave()
            }
        }
    }

    private func makeNamespace() async throws {
        let object = JSONWriter.object { object in
            object.member("apiVersion", "v1")
            object.member("kind", "Namespace")
            object.object("metadata") { $0.member("name", kubelet.namespace) }
        }
        _ = try await cluster.client.create(
            Namespace.resources[0], body: object, of: ObjectIdentity.self
        ).get()
    }

    private func leave() async {
        for name in kubelet.standing { await remove(name) }
    }

    /// Has a pod of a test gone at once.
    func remove(_ name: String) async {
        let place = ObjectPlace(TestCluster.pods, namespace: kubelet.namespace, name: name)
        _ = try? await cluster.client.delete(place, graceSeconds: 0)
    }

    /// Says where the kubelet of a node answers.
    func serve(_ node: String, _ port: Int) async throws {
        try await setStatus(
            of: node,
            #"""
            {"addresses":[{"type":"InternalIP","address":"127.0.0.1"}],\#
            "daemonEndpoints":{"kubeletEndpoint":{"Port":\#(port)}}}
            """#)
    }

    /// A node as it is now.
    func node(_ name: String) async throws -> KubernetesObjects.NodeFacts {
        try await cluster.client.get(
            ObjectPlace(TestCluster.nodes, name: name), of: Node.self
        ).get().facts
    }

    func setStatus(of node: String, _ status: String) async throws {
        _ = try await cluster.client.patch(
            ObjectPlace(TestCluster.nodes, name: node, subresource: "status"), .merge,
            body: Array(#"{"status":\#(status)}"#.utf8), of: ObjectIdentity.self
        ).get()
    }

    /// Takes a label of a node away, as whoever acts on it does.
    func unlabel(_ node: String, _ key: String) async throws {
        _ = try await cluster.client.patch(
            ObjectPlace(TestCluster.nodes, name: node), .merge,
            body: Array(#"{"metadata":{"labels":{"\#(key)":null}}}"#.utf8), of: ObjectIdentity.self
        ).get()
    }

    /// A control plane that tests what arrives.
    func plane(
        folder: String? = nil, stacks: StackCatalogue? = nil,
        network: NetworkPolicy = NetworkPolicy(),
        _ change: @escaping @Sendable (inout KubernetesSettings) -> Void = { _ in }
    ) async throws -> TestPlane {
        let namespace = kubelet.namespace
        var policy = HealthPolicy()
        policy.arrival.new = .qualify
        policy.network = network
        return try await TestPlane.start(folder: folder, health: policy, stacks: stacks) {
            settings in
            settings.checks = CheckSettings(image: "muster:test")
            settings.checks?.namespace = namespace
            change(&settings)
        }
    }

    /// Lends one, and stops and removes it afterwards whatever happens.
    func use(_ body: (TestPlane) async throws -> Void) async throws {
        let plane = try await plane()
        defer { plane.remove() }
        do {
            try await body(plane)
        } catch {
            await plane.stop()
            throw error
        }
        await plane.stop()
    }

    func wait(seconds: Double = 240, _ condition: () async throws -> Bool) async throws -> Bool {
        try await cluster.wait(seconds: seconds, condition) != nil
    }
}

/// The roles of `deploy/kubernetes`, given to the user `muster` of the test server.
struct ManifestRights {
    private static let files = [
        "base/clusterrole-read.yaml", "base/clusterrole-act.yaml",
        "overlays/checks/namespace.yaml", "overlays/checks/role.yaml",
        "overlays/repairs/clusterrole.yaml",
    ]

    /// Lends them.
    static func use(_ body: () async throws -> Void) async throws {
        try kubectl(["apply"], files)
        // Namespaces do not go where no controllers run.
        defer {
            try? kubectl(["delete", "--wait=false"], files.filter { !$0.contains("namespace") })
        }
        try await body()
    }

    private static func kubectl(_ action: [String], _ files: [String]) throws {
        let environment = ProcessInfo.processInfo.environment
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../../deploy/kubernetes").standardized.path
        // The account of the manifests is one of a cluster; here it is a user with a token.
        let text = try files.map { file in
            try String(contentsOfFile: root + "/" + file, encoding: .utf8)
        }.joined(separator: "\n---\n")
        let bound =
            text.replacingOccurrences(
                of: "  - kind: ServiceAccount\n    name: muster\n    namespace: muster",
                with: "  - {kind: User, name: muster, apiGroup: rbac.authorization.k8s.io}")
            + ["muster-read", "muster-act"].map {
                """

                ---
                apiVersion: rbac.authorization.k8s.io/v1
                kind: ClusterRoleBinding
                metadata: {name: \($0)}
                roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: \($0)}
                subjects:
                  - {kind: User, name: muster, apiGroup: rbac.authorization.k8s.io}
                """
            }.joined()
        let process = Process()
        process.executableURL = URL(
            fileURLWithPath: (environment["MUSTER_KUBE_ASSETS"] ?? "") + "/kubectl")
        process.arguments =
            ["--kubeconfig", (KubeTestServer.folder ?? "") + "/kubeconfig"] + action + ["-f", "-"]
        let input = Pipe()
        process.standardInput = input
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        input.fileHandleForWriting.write(Data(bound.utf8))
        try input.fileHandleForWriting.close()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw CancellationError() }
    }
}

extension TestPlane {
    /// Tells what the agent on a machine with eight devices tells first, as the server hands it on.
    func hear(
        _ node: String, serial: String, stream: UInt64 = 1, _ faults: [LogFault] = []
    ) async throws {
        let now = plane.clock.now()
        var message = AgentMessage(
            node: node, boot: BootID(high: 1, low: stream), stream: stream, number: 1, sentAt: now)
        var report = MachineReport()
        report.chassisSerial = "SN-" + serial
        report.devices = (0..<8).map { index in
            ReportedDevice(
                index: UInt8(index), uuid: CheckText.uuid(serial, index),
                address: PCIAddress(bus: UInt8(index + 1)))
        }
        report.devicesOnBus = 8
        message.isWhole = true
        message.report = report
        message.records = faults.map { AgentRecord(at: now, .fault($0)) }
        guard let reception = AgentRoster().receive(message, at: message.sentAt) else { return }
        try await plane.take(reception)
    }

    /// How a node is, by the health engine.
    func health(_ node: String) async throws -> NodeHealth? {
        let id = plane.view.directory.fleet.nodeNames.id(of: node)
        return try await plane.perform { driver in id.flatMap { driver.desk.engine[$0] } }
    }

    func isInService(_ node: String) async throws -> Bool {
        try await health(node)?.track.state == .inService
    }

    /// Begins to bring the nodes to a stack, one at a time.
    func roll(_ stack: String) async throws {
        var plan = RolloutPlan()
        (plan.waves, plan.mostOut, plan.soak) = ([.nodes(1)], 1, .zero)
        let request = RolloutRequest(pool: "default", stack: stack, plan: plan, by: "")
        let caller = Caller(name: "test", role: "admin", address: "")
        _ = try await plane.roll(request, by: caller)
    }

    /// The devices of a node that the health engine keeps from work.
    func withdrawn(_ node: String) -> UInt64? {
        let view = plane.view
        return view.directory.fleet.nodeNames.id(of: node)
            .flatMap { view.nodes[$0.index]?.row.withdrawn }
    }

    /// Whether somebody has said this of a node.
    func said(_ words: String) throws -> Bool {
        let events = try plane.store.read { try $0.events(after: 0, limit: 10_000) }
        return events.contains { $0.text.contains(words) }
    }

    /// Somebody sees a fault of a node, or of one of its devices.
    func find(_ action: Health.FaultAction, _ node: String, device: Int32? = nil) async throws {
        let id = plane.view.directory.fleet.nodeNames.id(of: node)
        try await plane.perform { driver in
            guard let id else { return }
            driver.now = max(driver.now, driver.clock.now())
            let finding = Finding(
                scope: device.map { .device($0) } ?? .node,
                cause: driver.desk.names.cause(named: "seen by a test"), severity: .error,
                action: action, components: .ofOneDevice,
                rule: driver.desk.names.rule(named: "a test"), version: 0, seenAt: driver.now)
            driver.tellHealth(.engine(.found(id, finding)))
        }
    }
}
