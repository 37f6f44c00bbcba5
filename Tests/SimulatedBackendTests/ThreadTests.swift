import ControlPlane
import FleetModel
import Testing

@testable import SimulatedBackend

/// The thread that follows the clock by itself.
@Suite struct ThreadTests {
    /// Ten thousand seconds of the fleet in one of the wall.
    private static let speed: Int64 = 10_000

    @Test(.timeLimit(.minutes(10))) func whatIsDueHappensByItself() async throws {
        let wall = ContinuousClock()
        let begin = wall.now
        let backend = SimulatedBackend(
            fleet: .uniform(nodes: 4, devices: 8, groups: [2]), speed: Double(Self.speed)
        ) {
            let attoseconds = (wall.now - begin).components
            let nanoseconds =
                attoseconds.seconds * 1_000_000_000 + attoseconds.attoseconds / 1_000_000_000
            return Instant(nanoseconds: nanoseconds * Self.speed)
        }
        let (reports, reporter) = AsyncStream.makeStream(of: BackendReport.self)
        try await backend.start(expecting: []) { reporter.yield($0) }
        for job: Int32 in 0..<100 {
            backend.execute(.start(.of(job, nodes: [0, 1], "members: 2, runTime: 10m")))
        }
        var ended = 0
        for await report in reports {
            if case .finished = report { ended += 1 }
            if ended == 100 { break }
        }
        await backend.stop()
        await backend.stop()
        try await backend.start(expecting: []) { reporter.yield($0) }
        backend.execute(.stop(JobID(rawValue: 500), Attempt(1), .cancelled))
        for await report in reports {
            if case .stopped(let job, _, _) = report, job.rawValue == 500 { break }
        }
        await backend.stop()
    }
}
