import BackendConformance
import Testing

@Suite struct ConformanceTests {
    @Test(arguments: BackendConformance.checks)
    func localBackendConforms(_ check: BackendConformance.Check) async throws {
        try await onStage { stage in try await check.run(on: stage) }
    }
}
