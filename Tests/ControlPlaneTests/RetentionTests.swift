import FleetModel
import Store
import Testing

@testable import ControlPlane

@Suite("What is forgotten")
struct RetentionTests {
    private func prune(_ bench: Bench) async throws {
        var retention = Retention()
        retention.jobs = TimeSpan(nanoseconds: -1)
        retention.events = TimeSpan(nanoseconds: -1)
        let bounds = retention
        _ = try await bench.plane.perform { driver in
            driver.prune(bounds)
            return true
        }
        try await bench.settle()
    }

    @Test("the backend hears of a deleted job, and nobody sees it any more")
    func forgetsJobs() async throws {
        let bench = try await Bench()
        for name in ["a", "b"] {
            let job = try await bench.submit("{name: \(name), gpus: 1}").job.row.id
            try await bench.report(.started(job, Attempt(1)))
            try await bench.report(.finished(job, Attempt(1), []))
        }
        try await prune(bench)
        #expect(bench.backend.orders.last == "forget 0")
        try await prune(bench)
        #expect(try bench.state(0) == nil && bench.plane.view.jobs[0] == nil)
        #expect(try bench.state(1) == "succeeded")
        await bench.plane.stop()
    }

    @Test("numbers of events go on after all events are gone")
    func numbersGoOn() async throws {
        let bench = try await Bench()
        try await bench.submit("{name: a, gpus: 1}")
        let last = bench.plane.view.lastEvent
        try await prune(bench)
        #expect(try bench.plane.store.read { try $0.lastID(of: .events) } == 0)
        try await bench.restart()
        #expect(bench.plane.view.lastEvent > last)
        await bench.plane.stop()
    }

    @Test("what the backend keeps of unknown jobs goes at the start")
    func forgetsLeftovers() async throws {
        let bench = try await Bench()
        try await bench.submit("{name: a, gpus: 1}")
        bench.keptJobs = [JobID(0), JobID(7)]
        try await bench.restart()
        try await bench.settle()
        #expect(bench.backend.orders.filter { $0.hasPrefix("forget") } == ["forget 7"])
        await bench.plane.stop()
    }
}
