import Documents
import FleetModel
import Simulation
import Testing

@Suite struct FaultsTests {
    private func faults(_ lines: String) -> Result<FaultModel?, DiagnosticList> {
        ScenarioDocument.parse(SourceText("fleet: 4x8/2\n" + lines, file: "s.yaml"))
            .resolve { _ in .failure(DiagnosticList([])) }
            .map(\.faults)
    }

    @Test func names() throws {
        #expect(try faults("faults: published").get() == .published())
        #expect(try faults("faults: llama3").get() == .llama3())
        #expect(try faults("faults: off").get() == nil)
        #expect(try faults("").get() == nil)
    }

    @Test func everyKey() throws {
        let read = try faults(
            """
            faults:
              rate: 2.5
              rates: {rack: 0.125, slowNode: 1, device: 0}
              repair: 30m
              rackRepair: 2h
              detection: 0
              diagnosis: 90s
              drainGrace: 1h
              slowSpeed: 75
            """
        ).get()
        var expected = FaultModel.published().scaled(to: 2500)
        expected[.rack] = 125
        expected[.slowNode] = 1000
        expected[.device] = 0
        expected.repair = .fixed(.seconds(1800))
        expected.rackRepair = .fixed(.seconds(7200))
        expected.detection = .fixed(.zero)
        expected.diagnosis = .seconds(90)
        expected.drainGrace = .seconds(3600)
        expected.slowSpeed = 750_000...750_000
        #expect(read == expected)
        #expect(read?.isWellFormed == true)
    }

    @Test func aRateOfNothingLeavesTheRacks() throws {
        let model = try #require(try faults("faults: {rate: 0}").get())
        #expect(model.perMillionNodeDays == 0)
        #expect(model[.rack] == FaultModel.published()[.rack])
    }

    @Test func allMistakesAtOnce() {
        let found = mistakes(
            faults(
                """
                faults:
                  rate: -1
                  rates: {gpu: 3, node: 0.0001, rack: 2000000}
                  repair: soon
                  slowSpeed: 0
                  speed: 3
                """))
        #expect(found.map(\.line) == [3, 4, 4, 4, 5, 6, 7])
        #expect(found.map(\.code).contains(.unknownKey))
        expect(
            faults("faults: publish"), .invalidValue, 2, "'faults' is 'publish'",
            expected: "published, llama3, off, or a mapping with keys such as rate, repair",
            hint: "did you mean 'published'?")
        expect(faults("faults: [1]"), .invalidValue, 2, "'faults' is a list")
    }
}
