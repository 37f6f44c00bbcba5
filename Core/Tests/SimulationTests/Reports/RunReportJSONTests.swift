import FleetModel
import Foundation
import Simulation
import Testing

@Suite struct RunReportJSONTests {
    private func parse(_ runs: [RunReport]) throws -> [[String: Any]] {
        let text = RunReportJSON.text(runs)
        let value = try JSONSerialization.jsonObject(with: Data(text.utf8))
        return try #require(value as? [[String: Any]])
    }

    @Test func hasEveryKeyWithItsType() throws {
        let runs = try parse([
            ReportSamples.byHandReport(), ReportSamples.byHandReport(policy: "easy"),
        ])
        #expect(runs.count == 2)
        let run = runs[0]
        for key in [
            "jobs", "started", "finished", "refused", "preemptions", "makespanSeconds",
            "allocatedGPUSeconds", "allocationRatio", "lostGPUSeconds", "inputs", "decisions",
            "wallSeconds", "peakResidentMiB",
        ] {
            #expect(run[key] is NSNumber, "\(key)")
        }
        #expect(run["policy"] as? String == "fifo")
        #expect(runs[1]["policy"] as? String == "easy")
        #expect(run["stateHash"] as? String == "000000000000beef")
        for key in ["waitSeconds", "completionSeconds", "slowdown"] {
            let figures = try #require(run[key] as? [String: NSNumber])
            #expect(Set(figures.keys) == ["count", "mean", "p50", "p90", "p99", "max"])
        }
        let sizes = try #require(run["waitSecondsByGPUs"] as? [String: [String: NSNumber]])
        #expect(Set(sizes.keys) == ["1", "2-7", "8", "9-31", "32-63", "64+"])
        #expect(sizes["8"]?["p50"] == 50)
        #expect(sizes["64+"]?["count"] == 0)
        let large = try #require(run["waitSecondsOfLarge"] as? [String: [String: NSNumber]])
        #expect(Set(large.keys) == ["16+", "32+"])
        let domains = try #require(run["domainsPerGang"] as? [String: NSNumber])
        #expect(domains == ["leaf": 1.6667, "host": 2.6667])
        let reasons = try #require(run["waitReasons"] as? [String: NSNumber])
        #expect(Set(reasons.keys) == Set(RefusalCode.allCases.map(\.name)))
        #expect(reasons.filter { $0.value != 0 } == ["capacity": 2, "pool": 1])
        #expect((run["allocationRatio"] as? Double) == 0.636719)
        #expect((run["seed"] as? NSNumber)?.uint64Value == .max)
    }

    @Test func survivesHostileNames() throws {
        var report = ReportSamples.byHandReport()
        let hostile = "\"\\\u{0}\n\r\t\u{1F}\u{7F}</script>\u{2028}é🦫"
        report.identity.policy = hostile
        report.tenants[0].name = hostile
        report.domainsPerGang[0].level = hostile
        let run = try parse([report])[0]
        #expect(run["policy"] as? String == hostile)
        let tenants = try #require(run["tenants"] as? [[String: Any]])
        #expect(tenants[0]["name"] as? String == hostile)
        #expect((run["domainsPerGang"] as? [String: Any])?[hostile] != nil)
    }

    @Test func neverWritesWhatIsNotANumber() throws {
        var report = ReportSamples.byHandReport()
        report.cost.wallSeconds = .nan
        report.cost.peakResidentMiB = .infinity
        report.wait.mean = 1e300
        report.schedulableGPUSeconds = 0
        let run = try parse([report])[0]
        #expect(run["wallSeconds"] is NSNull)
        #expect(run["peakResidentMiB"] is NSNull)
        #expect(run["allocationRatio"] as? Double == 0)
        #expect((run["waitSeconds"] as? [String: NSNumber])?["mean"] == 1e300)
    }

    @Test func boundsItsSeries() throws {
        let report = ReportSamples.week(policy: "fifo", seed: 1, backfills: false)
        #expect(report.series.count > RunReportJSON.seriesPoints)
        let series = try #require(try parse([report])[0]["series"] as? [String: Any])
        let allocated = try #require(series["allocatedGPUs"] as? [NSNumber])
        #expect((2...RunReportJSON.seriesPoints).contains(allocated.count))
        #expect((series["tenantGPUs"] as? [[String: Any]])?.count == 5)
    }

    @Test func isAnEmptyListWithoutRuns() throws {
        #expect(RunReportJSON.text([]) == "[]\n")
    }
}
