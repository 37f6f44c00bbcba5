import Documents
import FleetModel
import Health
import Scheduler
import Store
import Testing

@testable import ControlPlane

/// Goal: good nodes are kept free for large gangs as the health file says, whatever becomes of
/// them, over restarts, and small jobs are told so.
@Suite("Spares in the control plane")
struct SparesInDriverTests {
    /// Eight nodes of eight GPUs in groups of two; so many are kept for gangs of two nodes.
    private func bench(
        keep: SparePolicy.Amount = .nodes(2), pool: String = "default"
    ) async throws -> Bench {
        var settings = ControlPlaneSettings.fast(grace: 0)
        settings.spares = [
            PoolSpares(pool: pool, policy: SparePolicy(keep, leastGPUs: 16))
        ]
        return try await Bench("8x8/2", settings: settings)
    }

    private func spares(_ bench: Bench) async throws -> [Int] {
        try await bench.plane.perform { driver in
            driver.hasStaleSpares = true
            try driver.settleSpares()
            return driver.engine.spareNodes.map(\.index)
        }
    }

    private func places(_ bench: Bench, _ job: Int) -> [Int] {
        (bench.plane.view.jobs[job]?.members ?? []).map(\.placement.node.index)
    }

    private func reason(_ bench: Bench, _ job: Int) -> RefusalCode? {
        bench.plane.view.jobs[job]?.row.reason?.code
    }

    private func told(_ bench: Bench) throws -> [String] {
        try bench.plane.store.read { try $0.events(after: 0, limit: 1000) }
            .filter { $0.kind == "spares" }.map(\.text)
    }

    private func expectCleanReplay(_ bench: Bench) async throws {
        await bench.plane.stop()
        let store = try Store(folder: bench.folder.path)
        #expect(try DataCheck(store: store).findings == [])
        store.close()
    }

    @Test("small jobs are kept from spares, and large gangs take them")
    func keepsAndGives() async throws {
        let bench = try await bench()
        #expect(try await spares(bench) == [0, 1])
        for job in 0..<7 { try await bench.submit("{name: s\(job), gpus: 8}") }
        try await bench.settle()
        #expect((0..<6).allSatisfy { places(bench, $0).allSatisfy { $0 > 1 } })
        #expect(places(bench, 6) == [] && reason(bench, 6) == .spares)
        let standing = try #require(bench.plane.view.spares.first)
        #expect(standing.choice.wanted == 2 && standing.missing == 0 && standing.choice.busy == 0)
        #expect(bench.plane.view.nodes[0]?.isSpare == true)
        // The gang has both, and nothing is left to keep.
        try await bench.submit("{name: gang, members: 2, gpus: 8}")
        try await bench.settle()
        #expect(places(bench, 7) == [0, 1])
        // Those with small jobs are the next, and become empty as these end.
        #expect(try await spares(bench) == [2, 3])
        #expect(bench.plane.view.spares.first?.choice.busy == 2)
        #expect(bench.plane.view.nodes[0]?.isSpare == false)
        let onSpare = try #require((0..<6).first { places(bench, $0) == [2] })
        try await bench.report(.finished(JobID(onSpare), Attempt(1), []))
        #expect(places(bench, 6) == [], "nobody is newly put on a spare")
        let other = try #require((0..<6).first { places(bench, $0) == [7] })
        try await bench.report(.finished(JobID(other), Attempt(1), []))
        #expect(places(bench, 6) == [7])
        #expect(
            try told(bench).first == "the pool 'default' keeps node-0, node-1 free for gangs of at "
                + "least 16 GPUs")
        #expect(try told(bench).contains { $0.contains("node-0 (the gang 'gang' has it)") })
        try await expectCleanReplay(bench)
    }

    @Test("a spare that goes bad is replaced at once")
    func replacesBadOnes() async throws {
        let bench = try await bench()
        #expect(try await spares(bench) == [0, 1])
        try await bench.log(HealthInDriverTests.offTheBus, of: NodeID(0))
        let kept = try await bench.plane.perform { $0.engine.spareNodes.map(\.index) }
        #expect(kept == [1, 2])
        #expect(bench.plane.view.nodes[0]?.isSpare == false)
        #expect(try told(bench).last?.contains("node-0 (not in order, or closed)") == true)
        // What people close is no spare, nor what is not there.
        try await bench.report(.drain(NodeID(1), deadline: nil, detail: ""))
        try await bench.report(.nodesLost([NodeID(2)], detail: ""))
        #expect(try await bench.plane.perform { $0.engine.spareNodes.map(\.index) } == [3, 4])
        try await expectCleanReplay(bench)
    }

    @Test("a broken gang starts again on a spare, and another node is kept")
    func mendsGangs() async throws {
        let bench = try await bench(keep: .nodes(1))
        try await bench.submit("{name: gang, members: 2, gpus: 8}")
        try await bench.report(.started(JobID(0), Attempt(1)))
        let home = places(bench, 0)
        try #require(home.count == 2)
        #expect(try await spares(bench).count == 1)
        for job in 1..<6 { try await bench.submit("{name: s\(job), gpus: 8}") }
        try await bench.settle()
        let spare = try #require(try await spares(bench).first)
        #expect(!home.contains(spare))
        let lost = try #require(home.last)
        try await bench.log(HealthInDriverTests.offTheBus, of: NodeID(lost))
        try await bench.settle(until: "stop 0/1")
        try await bench.report(.stopped(JobID(0), Attempt(1), []))
        try await bench.settle(until: "start 0/2")
        #expect(Set(places(bench, 0)) == [home[0], spare])
        let next = try await spares(bench)
        #expect(next.count == 1 && !next.contains(spare) && !next.contains(lost))
        try await expectCleanReplay(bench)
    }

    @Test("spares outlive the process, and the policy's end frees them at once")
    func restarts() async throws {
        let bench = try await bench()
        for job in 0..<7 { try await bench.submit("{name: s\(job), gpus: 8}") }
        try await bench.log(HealthInDriverTests.offTheBus, of: NodeID(1))
        let kept = try await spares(bench)
        try await bench.crash()
        #expect(try await bench.plane.perform { $0.engine.spareNodes.map(\.index) } == kept)
        #expect(bench.plane.view.nodes[try #require(kept.first)]?.isSpare == true)
        #expect(places(bench, 6) == [])
        // Another number at the next start.
        bench.settings.spares[0].policy.amount = .share(milli: 125)
        try await bench.restart()
        #expect(try await spares(bench).count == 1)
        bench.settings.spares = []
        try await bench.crash()
        #expect(try await bench.plane.perform { $0.engine.spareNodes } == [])
        #expect(places(bench, 6).count == 1)
        #expect(bench.plane.view.spares == [])
        #expect(try told(bench).last?.contains("none are asked for") == true)
        try await expectCleanReplay(bench)
    }

    @Test("tenants' cells change what can be kept, which is looked at before the next commit")
    func followsTenants() async throws {
        let bench = try await bench()
        _ = try await spares(bench)
        let isStale = try await bench.plane.perform { driver in
            driver.hasStaleSpares = false
            try driver.setTenants(driver.view.directory.tenants)
            return driver.hasStaleSpares
        }
        #expect(isStale)
        await bench.plane.stop()
    }

    @Test("a spare in use is exchanged for a node that becomes idle")
    func exchangesBusyOnes() async throws {
        let bench = try await bench()
        for job in 0..<6 { try await bench.submit("{name: s\(job), gpus: 8}") }
        try await bench.submit("{name: gang, members: 2, gpus: 8}")
        try await bench.settle()
        let busy = try await spares(bench)
        #expect(bench.plane.view.spares.first?.choice.busy == 2)
        let other = try #require(
            (0..<6).first { job in places(bench, job).allSatisfy { !busy.contains($0) } })
        let place = places(bench, other)
        try await bench.report(.started(JobID(other), Attempt(1)))
        try await bench.report(.finished(JobID(other), Attempt(1), []))
        let kept = try await spares(bench)
        #expect(kept.contains(try #require(place.first)) && kept.count == 2)
        #expect(bench.plane.view.spares.first?.choice.busy == 1)
        try await expectCleanReplay(bench)
    }

    @Test("a pool that nobody knows keeps nothing, and that is said")
    func unknownPools() async throws {
        let bench = try await bench(keep: .share(milli: 40), pool: "h100")
        try await bench.submit("{name: a, gpus: 8}")
        try await bench.settle()
        let standing = try #require(bench.plane.view.spares.first)
        #expect(standing.choice.shortage == .noPool && standing.choice.kept == [])
        let text = standing.shortageText(pools: ["default"])
        #expect(text == "no node of a pool 'h100' is here; pools are default")
        #expect(places(bench, 0).count == 1)
        await bench.plane.stop()
    }

    @Test("more than half of the good nodes are never kept")
    func leavesHalf() async throws {
        let bench = try await bench(keep: .nodes(7))
        #expect(try await spares(bench).count == 4)
        let standing = try #require(bench.plane.view.spares.first)
        #expect(standing.missing == 3 && standing.choice.shortage == .halfKept)
        #expect(try told(bench).contains { $0.contains("lacks 3 spares of 7") })
        await bench.plane.stop()
    }
}
