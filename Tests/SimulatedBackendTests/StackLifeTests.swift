import ControlPlane
import FleetModel
import Foundation
import Health
import HealthControl
import Logging
import Qualification
import SimulatedBackend
import Stacks
import Store
import Testing

/// Goal: a pool of simulated machines is brought to another stack under a real control plane, and
/// back when the new one fails.
@Suite("A pool on its way to another stack")
struct StackLifeTests {
    private func plane(
        _ folder: String, _ installation: SimulatedInstallation
    ) async throws -> ControlPlane {
        func stack(_ name: String, _ driver: String) -> StackDeclaration {
            StackDeclaration(name: name, rules: [.init(.driver, .same(Version(driver)))])
        }
        var settings = ControlPlaneSettings()
        settings.speed = 6000
        settings.health.breakers.leastDevices = 64
        settings.stacks = (
            StackCatalogue(
                stacks: [stack("old", "570.86.15"), stack("new", "580.95.05")],
                pools: [PoolStack(pool: "default", stack: "old")]), 1
        )
        var fleet = FleetDefinition(topology: Topology(levels: []))
        for name in ["a", "b", "c", "d", "e", "f"] {
            fleet.addNode(
                name: name, pool: "default", kind: "H100", devices: 8, host: HostResources(),
                path: [])
        }
        let clock = Guarded<FleetClock?>(nil)
        settings.clockIsReady = { ready in clock.withLock { $0 = ready } }
        let backend = SimulatedBackend(
            fleet: fleet, speed: 6000, installation: installation,
            clock: { clock.withLock { $0 }?.now() ?? .zero })
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return try await ControlPlane(
            store: Store(folder: folder), backend: backend, settings: settings, logger: logger)
    }

    private func roll(_ installation: SimulatedInstallation) async throws -> StackBook {
        let folder = NSTemporaryDirectory() + "stack-life-\(UInt64.random(in: 0 ... .max))"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let plane = try await plane(folder, installation)
        var plan = RolloutPlan()
        plan.waves = [.nodes(1), .percent(50)]
        plan.mostOut = 2
        plan.soak = .seconds(600)
        _ = try await plane.roll(
            RolloutRequest(pool: "default", stack: "new", plan: plan, by: ""),
            by: Caller(name: "tester", role: "admin", address: "127.0.0.1"))
        func isOver() -> Bool {
            plane.view.health.desk.stacks.rollouts.last?.phase.isOver == true
        }
        for _ in 0..<24_000 where !isOver() { try await Task.sleep(for: .milliseconds(10)) }
        let view = plane.view
        await plane.stop()
        #expect((0..<6).allSatisfy { view.nodes[$0]?.state == .ready })
        return view.health.desk.stacks
    }

    private func drivers(_ book: StackBook) -> [String] {
        (0..<6).map { node in
            book.tuple(of: NodeID(node)).first { $0.part == .driver }?.text ?? ""
        }
    }

    @Test("in waves to its end")
    func rolls() async throws {
        let book = try await roll(SimulatedInstallation())
        let rollout = try #require(book.rollouts.last)
        #expect(rollout.phase == .done)
        #expect(rollout.members.map { $0.wave ?? -1 }.sorted() == [0, 1, 1, 1, 2, 2])
        #expect(drivers(book) == [String](repeating: "580.95.05", count: 6))
        #expect(book.drift(of: NodeID(3), kind: "")?.isClean == true)
    }

    @Test("and back when the canary fails its test")
    func goesBack() async throws {
        var installation = SimulatedInstallation()
        installation.badMilli = 1000
        let book = try await roll(installation)
        let rollout = try #require(book.rollouts.last)
        #expect(rollout.phase == .rolledBack)
        #expect(rollout.failures == 1)
        #expect(rollout.members.filter(\.isChanged).count == 1)
        #expect(drivers(book) == [String](repeating: "570.86.15", count: 6))
    }
}
