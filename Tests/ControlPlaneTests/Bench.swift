import Documents
import FleetModel
import Foundation
import HealthControl
import Logging
import Store
import Testing

@testable import ControlPlane

/// A control plane in a folder of its own, which can be stopped and started again.
final class Bench {
    private(set) var folder = TemporaryFolder()
    let fleet: FleetDefinition
    private(set) var backend: ManualBackend
    private(set) var plane: ControlPlane
    var settings: ControlPlaneSettings
    /// What the next backend says that it keeps.
    var keptJobs: [JobID] = []
    /// What the next backend says at the start that nodes are made of.
    var facts: [NodeID: HardwareFacts] = [:]
    /// Whether backends can test and repair nodes.
    let cares: Bool
    /// Whether members get the very devices that were chosen for them.
    let assignsDevices: Bool

    static let caller = Caller(name: "tester", role: "admin", address: "127.0.0.1")

    init(
        _ fleet: String = "4x8/2", tenants: String? = nil,
        settings: ControlPlaneSettings = .init(), cares: Bool = false,
        assignsDevices: Bool = true
    ) async throws {
        self.fleet = try FleetDefinition.parse(shorthand: fleet).get()
        self.settings = settings
        if let tenants { self.settings.tenants = (tenants, tenants) }
        self.cares = cares
        self.assignsDevices = assignsDevices
        backend = ManualBackend(self.fleet, cares: cares, assignsDevices: assignsDevices)
        plane = try await Bench.start(folder, backend, self.settings)
    }

    private static func start(
        _ folder: TemporaryFolder, _ backend: ManualBackend, _ settings: ControlPlaneSettings
    ) async throws -> ControlPlane {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return try await ControlPlane(
            store: Store(folder: folder.path), backend: backend, settings: settings,
            logger: logger)
    }

    /// Stops, and starts again with a new backend; of another fleet when one is given.
    func restart(fleet: String? = nil) async throws {
        try await restart(
            fleet.map { try FleetDefinition.parse(shorthand: $0).get() } ?? self.fleet)
    }

    /// Stops, and starts again with a new backend that has these nodes.
    func restart(_ definition: FleetDefinition) async throws {
        await plane.stop()
        backend = ManualBackend(
            definition, keptJobs: keptJobs, cares: cares, facts: facts,
            assignsDevices: assignsDevices)
        plane = try await Bench.start(folder, backend, settings)
    }

    /// As a process that dies now: what is on the disk at this moment is all that is left.
    func crash() async throws {
        try await settle()
        let copy = TemporaryFolder()
        let manager = FileManager.default
        for name in try manager.contentsOfDirectory(atPath: folder.path) {
            try? manager.removeItem(atPath: copy.path + "/" + name)
            try manager.copyItem(
                atPath: folder.path + "/" + name, toPath: copy.path + "/" + name)
        }
        await plane.stop()
        folder = copy
        backend = ManualBackend(
            fleet, keptJobs: keptJobs, cares: cares, facts: facts,
            assignsDevices: assignsDevices)
        plane = try await Bench.start(folder, backend, settings)
    }

    /// Submits a job as a user would.
    @discardableResult
    func submit(
        _ text: String, key: String? = nil, isDryRun: Bool = false
    ) async throws -> SubmissionAnswer {
        let parsed = JobsDocument.parse(SourceText(text, file: "job"))
        let document = try #require(parsed.jobs.first)
        #expect(parsed.diagnostics.isEmpty)
        return try await plane.submit(
            Submission(
                document: document, text: text, caller: Bench.caller, key: key, digest: text,
                isDryRun: isDryRun))
    }

    /// Reports, and waits until the driver has taken it in.
    func report(_ report: BackendReport) async throws {
        backend.report(report)
        try await settle()
    }

    /// Waits until everything so far is committed and sent.
    func settle() async throws {
        _ = try await plane.perform { _ in true }
        plane.dispatcher.drain()
    }

    /// Waits until commands are taken again after the storage took nothing. The phase does not
    /// tell: who asked hears of the failure first.
    func untilItTakes() async throws {
        for _ in 0..<12_000 {
            if (try? await settle()) != nil { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        Issue.record("it stands still")
    }

    /// Waits until the backend was given an order, four minutes at most.
    func settle(until order: String) async throws {
        for _ in 0..<24_000 where !backend.orders.contains(order) {
            try await Task.sleep(for: .milliseconds(10))
            try await settle()
        }
        #expect(backend.orders.contains(order), "\(backend.orders)")
    }

    /// A line of a node's kernel log.
    func log(_ line: String, of node: NodeID) async throws {
        try await plane.perform { driver in
            driver.now = max(driver.now, driver.clock.now())
            driver.tellHealth(.kernelLog(node, [LogLine(line)]))
        }
        try await settle()
    }

    func state(_ job: Int) throws -> String? { try plane.job(JobID(job))?.row.state.name }
}
