import Testing

@testable import SimulatedBackend

/// What somebody sees who looks at the demo, with an engine in place of the driver.
@Suite struct DemoRunTests {
    private func demo(seed: UInt64) throws -> DemoRun {
        let fleet = try DemoTrafficTests.fleet()
        return DemoRun(
            fleet: fleet, tenants: try DemoTrafficTests.tenants(of: fleet),
            at: DemoTrafficTests.nine, seed: seed)
    }

    /// The first page is not empty.
    @Test func theFleetIsFullFromTheStart() throws {
        var run = try demo(seed: 1)
        run.run(until: 1)
        #expect(run.allocatedGPUs >= 800)
        #expect(run.waitingJobs >= 8)
    }

    /// Two hours of the fleet are a minute at 120 times the speed of the wall.
    @Test(arguments: [UInt64(1), 2]) func aMinuteShowsWhatTheProgramIsFor(_ seed: UInt64) throws {
        var run = try demo(seed: seed)
        run.run(until: 7200)
        func seen(_ names: [String]) -> Int { names.reduce(0) { $0 + (run.counts[$1] ?? 0) } }
        #expect(seen(["end succeeded"]) >= 20)
        #expect(seen(["stop preemption"]) > 0)
        #expect(seen(["requeue node", "requeue device", "requeue start"]) > 0)
        #expect(seen(["shrink"]) > 0 && seen(["grow"]) > 0)
        let reasons = run.counts.keys.filter { $0.hasPrefix("wait ") }
        #expect(reasons.count >= 4, "\(reasons.sorted())")
        #expect(run.allocatedGPUs >= 800)
        #expect(run.waitingJobs >= 5)
        #expect(run.faults == [])
        #expect(seen(["reject"]) == 0)
    }
}
