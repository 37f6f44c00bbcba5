import Documents
import FleetModel
import Scheduler
import Store
import Testing

@testable import ControlPlane

@Suite("Gangs that change their size")
struct ResizeTests {
    /// Two nodes of four GPUs with an elastic gang on all of them and a job that takes half back.
    private func shrinking() async throws -> Bench {
        let bench = try await Bench("2x4/1")
        try await bench.submit("{name: elastic, members: {min: 2, max: 4}, gpus: 2}")
        try await bench.report(.started(JobID(0), Attempt(1)))
        #expect(bench.plane.view.jobs[0]?.members.count == 4)
        try await bench.submit("{name: other, gpus: 4}")
        return bench
    }

    private func resize(_ bench: Bench) async throws -> Resize {
        try #require(try await bench.plane.perform { $0.leaving[JobID(0)]?.resize })
    }

    @Test("a confirmed change of size is not ordered again after a restart")
    func settlesShrink() async throws {
        let bench = try await shrinking()
        try await bench.settle()
        #expect(bench.backend.orders.contains { $0.hasPrefix("shrink 0/1") })
        try await bench.report(.shrunk(JobID(0), Attempt(1), resize(bench)))
        try await bench.report(.started(JobID(1), Attempt(1)))
        try await bench.report(.finished(JobID(1), Attempt(1), []))
        // What was given back has grown again, on the same devices under other ranks.
        #expect(bench.plane.view.jobs[0]?.members.count == 4)
        try await bench.restart()
        try await bench.settle()
        #expect(!bench.backend.orders.contains { $0.hasPrefix("shrink") })
        #expect(bench.plane.view.jobs[0]?.members.count == 4)
        await bench.plane.stop()
        let store = try Store(folder: bench.folder.path)
        #expect(try DataCheck(store: store).findings == [])
        store.close()
    }

    @Test("a member that leaves while its gang is being stopped is given back with the gang")
    func leavesWhileStopping() async throws {
        let bench = try await shrinking()
        try await bench.settle()
        let resize = try await resize(bench)
        try await bench.plane.perform { try $0.apply(.cancel(JobID(0))) }
        #expect(try bench.state(0) == "stopping")
        try await bench.report(.shrunk(JobID(0), Attempt(1), resize))
        #expect(bench.plane.view.jobs[0]?.members.count == 4)
        // Books and engine agree at this point.
        try await bench.restart()
        try await bench.settle()
        try await bench.report(.stopped(JobID(0), Attempt(1), []))
        #expect(try bench.state(0) == "cancelled" && bench.state(1) == "starting")
        await bench.plane.stop()
        let store = try Store(folder: bench.folder.path)
        #expect(try DataCheck(store: store).findings == [])
        store.close()
    }

    @Test("one that nobody confirmed is ordered again, and its confirmation counts")
    func repeatsShrink() async throws {
        let bench = try await shrinking()
        try await bench.settle()
        let before = bench.backend.orders.filter { $0.hasPrefix("shrink") }
        try await bench.restart()
        try await bench.settle()
        #expect(bench.backend.orders.filter { $0.hasPrefix("shrink") } == before)
        try await bench.report(.shrunk(JobID(0), Attempt(1), resize(bench)))
        #expect(bench.plane.view.jobs[0]?.members.count == 2)
        #expect(try bench.state(1) == "starting")
        await bench.plane.stop()
    }
}
