import ControlPlane
import FleetModel
import Foundation
import Health
import KubernetesBackend
import KubernetesFaults
import Logging
import Stacks
import Store

/// A control plane over the real API server, in a folder that may outlive it.
struct TestPlane: Sendable {
    let plane: ControlPlane
    let folder: String

    static func start(
        folder: String? = nil, tenants: String? = nil, health: HealthPolicy? = nil,
        stacks: StackCatalogue? = nil,
        _ change: @Sendable (inout KubernetesSettings) -> Void = { _ in }
    ) async throws -> TestPlane {
        var settings = KubernetesSettings(configuration: try KubeTestServer.configuration())
        settings.logger = logger
        change(&settings)
        let folder =
            folder ?? FileManager.default.temporaryDirectory.path + "/" + UUID().uuidString
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        var control = ControlPlaneSettings()
        // Tests have no time to wait until a job may be preempted.
        control.policy.timeline.minimumRunTime = .zero
        control.tenants = tenants.map { ($0, $0) }
        if let health { control.health = health }
        control.stacks = stacks.map { ($0, 1) }
        let store = try Store(folder: folder)
        do {
            let plane = try await ControlPlane(
                store: store, backend: KubernetesBackend(settings), settings: control,
                logger: logger)
            return TestPlane(plane: plane, folder: folder)
        } catch {
            store.close()
            throw error
        }
    }

    /// Lends one, and stops and removes it afterwards whatever happens.
    static func use(
        _ change: @Sendable (inout KubernetesSettings) -> Void = { _ in },
        _ body: (TestPlane) async throws -> Void
    ) async throws {
        let plane = try await TestPlane.start(change)
        defer { plane.remove() }
        do {
            try await body(plane)
        } catch {
            await plane.stop()
            throw error
        }
        await plane.stop()
    }

    /// Only what is in the way.
    private static var logger: Logger {
        var logger = Logger(label: "test")
        logger.logLevel =
            ProcessInfo.processInfo.environment["MUSTER_TEST_LOG"] == nil ? .error : .debug
        return logger
    }

    func stop() async { await plane.stop() }

    func remove() { try? FileManager.default.removeItem(atPath: folder) }

    /// The states of all jobs of a name, oldest first.
    func states(_ name: String) -> [String] {
        var states: [String] = []
        plane.view.jobs.forEach { job in
            if job.row.name.hasSuffix("." + name) { states.append(job.row.state.name) }
            return true
        }
        return states
    }

    /// The nodes of the newest job of a name, sorted.
    func nodes(_ name: String) -> [String] {
        var nodes: [String] = []
        let view = plane.view
        view.jobs.forEach { job in
            if job.row.name.hasSuffix("." + name) {
                nodes = job.members.map { view.directory.node($0.placement.node) }.sorted()
            }
            return true
        }
        return nodes
    }

    /// Cancels the newest job of a name.
    func cancel(_ name: String) async throws {
        var found: JobID?
        plane.view.jobs.forEach { job in
            if job.row.name.hasSuffix("." + name) { found = job.row.id }
            return true
        }
        guard let found else { return }
        _ = try await plane.act(
            .cancel, on: found, reason: "",
            by: Caller(name: "tester", role: "admin", address: ""))
    }

    /// Limits what a tenant may use of all kinds.
    func limit(_ tenant: String, gpus: Int64) async throws {
        let changes = plane.view.directory.fleet.kinds.names.map { name in
            var change = QuotaChange(kind: name)
            change.limitMilli = .some(gpus * 1000)
            return change
        }
        _ = try await plane.edit(
            .quota(tenant: tenant, changes), isPreview: false,
            by: Caller(name: "tester", role: "admin", address: ""))
    }

    /// The tenant of the newest job of a name.
    func tenant(_ name: String) -> String? {
        var tenant: String?
        plane.view.jobs.forEach { job in
            if job.row.name.hasSuffix("." + name) {
                tenant = plane.view.directory.tenant(job.row.tenant)
            }
            return true
        }
        return tenant
    }

    var nodeCount: Int {
        var count = 0
        plane.view.nodes.forEach { node in
            count += node.row.isPresent ? 1 : 0
            return true
        }
        return count
    }
}
