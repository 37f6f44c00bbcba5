import FleetModel
import Testing

@testable import Simulation

@Suite struct StartAccuracyTests {
    private func estimate(_ earliest: Int64, _ likely: Int64, _ latest: Int64) -> StartEstimate {
        StartEstimate(
            earliest: .seconds(earliest), likely: .seconds(likely), latest: .seconds(latest),
            basis: .projection)
    }

    @Test func startsAreJudgedByTheirRange() {
        var accuracy = StartAccuracy(jobCount: 8)
        for job in Int32(0)..<5 { accuracy.waits(job, by: 1) }
        for job in Int32(0)..<4 { accuracy.tell(job, estimate(100, 200, 300), at: .zero) }
        for (job, start) in [(0, 99), (1, 100), (2, 300), (3, 301)] as [(Int32, Int64)] {
            accuracy.waits(job, by: -1)
            accuracy.started(job, at: .seconds(start))
        }
        let figures = accuracy.figures
        #expect(figures.told == 4 && figures.started == 4)
        #expect(figures.withinRange == 0.5 && figures.earlier == 0.25 && figures.later == 0.25)
        #expect(figures.error.maximum == 101 && figures.error.count == 4)
    }

    /// Two starts in the last hour; the job is the third that waits.
    @Test func theGuessIsThePlaceInTheQueueOverTheRateOfTheLastHour() {
        var accuracy = StartAccuracy(jobCount: 10)
        for (job, start) in [(0, 0), (1, 3_000), (2, 4_000)] as [(Int32, Int64)] {
            accuracy.waits(job, by: 1)
            accuracy.waits(job, by: -1)
            accuracy.started(job, at: .seconds(start))
        }
        for job in Int32(3)..<10 { accuracy.waits(job, by: 1) }
        accuracy.waits(4, by: -1)
        accuracy.tell(6, estimate(5_000, 5_000, 5_000), at: .seconds(5_000))
        accuracy.waits(6, by: -1)
        accuracy.started(6, at: .seconds(5_000))
        #expect(accuracy.figures.guessError.maximum == 3 * 1_800)
        #expect(accuracy.figures.error.maximum == 0)
    }

    @Test func aJobThatWaitsAgainHasNoOldEstimate() {
        var accuracy = StartAccuracy(jobCount: 1)
        accuracy.waits(0, by: 1)
        accuracy.tell(0, estimate(1, 2, 3), at: .zero)
        accuracy.waits(0, by: -1)
        accuracy.waits(0, by: 1)
        accuracy.waits(0, by: -1)
        accuracy.started(0, at: .seconds(2))
        #expect(accuracy.figures.told == 1 && accuracy.figures.started == 0)
    }

    @Test func reportsShowEstimatesWhereThereAreSome() {
        var report = ReportSamples.byHandReport()
        #expect(!ReportTable().text([report]).contains("Estimates of starts"))
        report.estimates.told = 5
        report.estimates.started = 4
        report.estimates.withinRange = 0.75
        #expect(ReportTable().text([report]).contains("Estimates of starts"))
        let json = RunReportJSON.text([report])
        #expect(json.contains("\"startEstimates\""))
        #expect(json.contains("\"withinRange\":0.75") || json.contains("\"withinRange\": 0.75"))
    }
}
