import BackendConformance
import ControlPlane
import Documents
import FleetModel
import Foundation
import SimulatedBackend
import Testing

@Suite struct ConformanceTests {
    @Test(arguments: BackendConformance.checks)
    func simulatedBackendConforms(_ check: BackendConformance.Check) async throws {
        try await check.run(on: FastStage())
    }
}

/// Simulated machines whose time runs so fast that they start within a tenth of a second.
private struct FastStage: ConformanceStage {
    private static let speed = 500.0
    private let begin = DispatchTime.now().uptimeNanoseconds

    var canLoseGangs: Bool { false }

    var now: Instant {
        let passed = Double(DispatchTime.now().uptimeNanoseconds - begin)
        return .seconds(1_790_000_000) + TimeSpan(nanoseconds: Int64(passed * FastStage.speed))
    }

    func makeBackend() async throws -> any Backend {
        SimulatedBackend(
            fleet: .uniform(nodes: 2, devices: 4, groups: []), speed: FastStage.speed,
            clock: { [self] in now })
    }

    func document(_ behaviour: ConformanceBehaviour, members: Int) throws -> JobDocument {
        let does =
            switch behaviour {
            case .succeeds: "runTime: 100s"
            case .fails: "runTime: 100s\nfails: true"
            case .runsOn: "runTime: 1000d"
            }
        let text = "name: j\ngpus: 1\nmembers: \(members)\n\(does)\n"
        let document = JobsDocument.parse(SourceText(text, file: "job.yaml"))
        #expect(document.diagnostics.isEmpty)
        return try #require(document.jobs.first)
    }
}
