import FleetModel
import Store
import Testing

@testable import ControlPlane

@Suite("A storage that takes nothing")
struct StandstillTests {
    /// Makes the next commit fail after the engine has decided.
    private func fail(_ bench: Bench) async {
        await #expect(throws: OperatingError.self) {
            _ = try await bench.plane.perform { driver in
                try driver.apply(.cancel(JobID(0)))
                driver.pending.others.append { _ in
                    throw OperatingError(.storageFailed, "there is no room")
                }
                return true
            }
        }
    }

    @Test("what was decided and not kept has not happened")
    func goesBack() async throws {
        let bench = try await Bench()
        try await bench.submit("{name: a, gpus: 1}")
        await fail(bench)
        try await bench.untilItTakes()
        #expect(try bench.state(0) == "starting")
        await bench.plane.stop()
    }

    @Test("the end of a program that waits for what agents say is not lost")
    func keepsWhatWaits() async throws {
        let bench = try await Bench()
        try await bench.submit("{name: a, gpus: 1, retries: {node: 3}}")
        try await bench.report(.started(JobID(0), Attempt(1)))
        let node = try #require(bench.backend.launch(JobID(0), 1)?.members.first?.node)
        try await bench.watch(node)
        try await bench.plane.perform { $0.openEnds.patience = .seconds(600) }
        try await bench.report(
            .failed(
                JobID(0), Attempt(1), .application, suspect: nil, retry: .byCause,
                exits: [MemberExit(rank: 0, code: 1)], detail: "exit 1"))
        let isWaiting = try await bench.plane.perform { !$0.openEnds.isEmpty }
        try #require(isWaiting)
        await fail(bench)
        try await bench.untilItTakes()
        #expect(try await bench.plane.perform { $0.openEnds.contains(JobID(0), Attempt(1)) })
        try await bench.log(HealthInDriverTests.offTheBus, of: node)
        try await bench.settle(until: "start 0/2")
        let rows = try bench.plane.store.read { try $0.attempts(of: JobID(0), limit: 10) }
        let first = rows.first { $0.attempt == Attempt(1) }
        #expect(first?.culprit?.reason == "hardwareFault")
        await bench.plane.stop()
    }

    @Test("stopped meanwhile, it leaves the folder as it was kept")
    func endsWhileItStands() async throws {
        let bench = try await Bench()
        try await bench.submit("{name: a, gpus: 1}")
        let tenants = try #require(
            try bench.plane.store.read { try $0.meta(Recovery.Fact.tenants) })
        // So that there is no way back either.
        try bench.plane.store.write { try $0.setMeta(Recovery.Fact.tenants, "?") }
        await fail(bench)
        bench.backend.report(.started(JobID(0), Attempt(1)))
        await bench.plane.stop()
        let store = try Store(folder: bench.folder.path)
        try store.write { try $0.setMeta(Recovery.Fact.tenants, tenants) }
        #expect(try store.read { try $0.snapshots() }.isEmpty)
        #expect(try DataCheck(store: store).findings == [])
        store.close()
        try await bench.restart()
        #expect(try bench.state(0) == "starting")
        await bench.plane.stop()
    }
}
