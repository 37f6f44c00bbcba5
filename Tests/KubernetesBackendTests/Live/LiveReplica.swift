import ControlPlane
import FleetModel
import Foundation
import KubernetesBackend
import KubernetesClient
import KubernetesFaults
import Logging
import Store

/// A control plane behind a proxy of its own, which may be cut off, ends, and comes back.
actor LiveReplica {
    private let proxy: FaultProxy
    private let configuration: ClusterConfiguration
    private let observer: ClusterObserver
    private var plane: TestPlane?
    private var fence = Fence()
    private var folder: String?
    private(set) var findings: [String] = []

    init(_ proxy: FaultProxy, _ configuration: ClusterConfiguration, _ observer: ClusterObserver) {
        (self.proxy, self.configuration, self.observer) = (proxy, configuration, observer)
    }

    var isRunning: Bool { plane != nil }

    /// Starts with the folder of last time, or a new one.
    func start(keepsData: Bool, tenants: String) async throws {
        if !keepsData, let folder {
            try? FileManager.default.removeItem(atPath: folder)
            self.folder = nil
        }
        let fence = Fence()
        self.fence = fence
        // A start may meet faults; a process that ends is started again.
        for attempt in 0... {
            do {
                let configuration = configuration
                plane = try await TestPlane.start(folder: folder, tenants: tenants) { settings in
                    settings.configuration = configuration
                    settings.halfBoundSeconds = 5
                    settings.evictionSeconds = 5
                    settings.fence = { fence.isOpen }
                }
                break
            } catch {
                guard attempt < 50 else { throw error }
                try await Task.sleep(for: .milliseconds(100))
            }
        }
        folder = plane?.folder
        observer.planeRuns(true)
    }

    /// It does not lead any more: it sends nothing, whatever it believes.
    func closeFence() { fence.close() }

    /// Ends it, and looks at what it leaves.
    func stop() async {
        guard let plane else { return }
        observer.planeRuns(false)
        await plane.stop()
        self.plane = nil
        do {
            let store = try Store(folder: plane.folder)
            defer { store.close() }
            findings += try DataCheck(store: store).findings
        } catch { findings.append("\(error)") }
    }

    func remove() {
        if let folder { try? FileManager.default.removeItem(atPath: folder) }
    }

    /// Gives a tenant a limit; the tenant may not be known yet.
    func limit(_ tenant: String, _ gpus: Int?) async -> Bool {
        guard let plane else { return false }
        var change = QuotaChange(kind: "nvidia.com-gpu")
        change.limitMilli = .some(gpus.map { Int64($0) * 1000 })
        let caller = Caller(name: "tester", role: "admin", address: "")
        let answer = try? await plane.plane.edit(
            .quota(tenant: tenant, [change]), isPreview: false, by: caller)
        return answer != nil
    }

    /// Open jobs, for who looks for a defect.
    var jobs: [String] {
        var lines: [String] = []
        plane?.plane.view.jobs.forEach { job in
            if !job.row.state.isOver {
                let reason = job.row.reason.map { "\($0.code)" } ?? ""
                lines.append("\(job.row.id) \(job.row.name) \(job.row.state.name) \(reason)")
            }
            return true
        }
        return lines
    }
}

/// Whether a replica leads, as its backend is told.
final class Fence: Sendable {
    private let state = NSLock()
    private nonisolated(unsafe) var isShut = false
    var isOpen: Bool { state.withLock { !isShut } }
    func close() { state.withLock { isShut = true } }
}
