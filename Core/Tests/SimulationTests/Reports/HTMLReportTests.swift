import FleetModel
import Foundation
import Testing

@testable import Simulation

@Suite struct HTMLReportTests {
    private static let hostile = "<script>alert('x')</script>\"&\u{0}\u{202E}<!--]]>"

    private static func hostileReport() -> RunReport {
        var report = ReportSamples.byHandReport(policy: hostile)
        report.identity.placement = hostile
        report.identity.durations = hostile
        report.identity.fleet = hostile
        report.identity.workload = hostile
        report.domainsPerGang[0].level = hostile
        for tenant in report.tenants.indices { report.tenants[tenant].name = hostile + "\(tenant)" }
        return report
    }

    private static let pages = makePages()

    private static func makePages() -> [String] {
        let fifo = ReportSamples.week(policy: "fifo", seed: 1, backfills: false, jobCount: 600)
        let many = (0..<8).map { index in
            ReportSamples.week(
                policy: "p\(index)", seed: UInt64(index), tenantCount: 3 + index % 3,
                backfills: true, jobCount: 40)
        }
        return [[], [fifo], [fifo, hostileReport(), hostileReport()], many].map(HTMLReport.text)
    }

    /// Tags of a page: name, whether it closes, attributes.
    private func tags(_ page: String) throws -> [(name: String, closes: Bool, rest: String)] {
        let pattern = try Regex("<(/?)([a-zA-Z!][a-zA-Z0-9]*)([^<>]*)>")
        return page.matches(of: pattern).map { match in
            let name = String(match.output[2].substring ?? "")
            let rest = String(match.output[3].substring ?? "")
            return (name, match.output[1].substring == "/", rest)
        }
    }

    @Test func everyElementIsClosedInOrder() throws {
        for page in Self.pages {
            var open: [String] = []
            let tags = try tags(page)
            for tag in tags where !["meta", "!doctype"].contains(tag.name) {
                if tag.closes {
                    #expect(open.popLast() == tag.name)
                } else if !tag.rest.hasSuffix("/") {
                    open.append(tag.name)
                }
            }
            #expect(open.isEmpty)
            #expect(page.count(where: { $0 == "<" }) == tags.count)
        }
    }

    @Test func showsHostileNamesAsText() throws {
        let page = HTMLReport.text([Self.hostileReport()])
        #expect(!page.lowercased().contains("<script"))
        #expect(!page.contains("<!--"))
        #expect(!page.contains("\u{0}"))
        #expect(!page.contains("\u{202E}"))
        let shown = "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&quot;&amp;\u{FFFD}\u{FFFD}"
        #expect(page.contains("<h1>Simulation of \(shown)&lt;!--]]&gt;</h1>"))
        for tag in try tags(page) {
            #expect(!tag.rest.contains("alert") || tag.rest.contains("aria-label="))
        }
    }

    @Test func loadsNothing() {
        for page in Self.pages {
            for forbidden in ["http:", "https:", "src=", "href=", "url(", "@import", "onload"] {
                #expect(!page.contains(forbidden), "\(forbidden)")
            }
        }
    }

    @Test func idsAreUniqueAndReferencesHold() throws {
        for page in Self.pages {
            let ids = page.matches(of: try Regex(" id=\"([^\"]*)\""))
                .map { String($0.output[1].substring ?? "") }
            #expect(Set(ids).count == ids.count)
            let references = page.matches(of: try Regex("aria-labelledby=\"([^\"]*)\""))
                .flatMap { String($0.output[1].substring ?? "").split(separator: " ") }
            for reference in references { #expect(ids.contains(String(reference))) }
        }
    }

    @Test func everyDrawingHasANameAndItsFigures() {
        let page = Self.pages[1]
        let drawings = page.components(separatedBy: "<svg ").count - 1
        #expect(drawings == 9)
        #expect(page.components(separatedBy: "</desc>").count - 1 == drawings)
        #expect(page.components(separatedBy: "<details>").count - 1 == drawings)
    }

    @Test func coordinatesAreNumbersWithinTheDrawing() throws {
        for page in Self.pages {
            let words = page.lowercased().replacingOccurrences(of: "tenant", with: "")
            #expect(!words.contains("nan"))
            #expect(!words.contains("inf\""))
            for match in page.matches(of: try Regex(" c?[xy][12]?=\"([^\"]*)\"")) {
                let value = Double(match.output[1].substring ?? "")
                #expect(try #require(value) >= 0)
                #expect(try #require(value) <= 1_000)
            }
        }
    }

    @Test func reasonsToWaitHaveTheirNamesInKueue() {
        var report = ReportSamples.byHandReport()
        for code in RefusalCode.allCases {
            report.waitReasons[Int(code.rawValue)] = 1 + Int(code.rawValue)
        }
        let page = HTMLReport.text([report])
        #expect(page.contains("<title>fifo, quota (Kueue: WaitingForQuota): 1 job</title>"))
        #expect(page.contains("<title>fifo, fairShare: 2 jobs</title>"))
        #expect(page.contains("<th scope=\"row\">pool</th><td>NoMatchingFlavor</td><td>6</td>"))
        #expect(page.contains("<th scope=\"row\">health</th><td>–</td><td>7</td>"))
        report.waitReasons = report.waitReasons.map { _ in 0 }
        #expect(!HTMLReport.text([report]).contains("Why jobs waited"))
    }

    @Test func withoutSamplesThereAreNoChartsOfFragmentation() {
        var report = ReportSamples.byHandReport()
        report.series.fragmentation = SeriesLine()
        report.series.largestGangGPUs = SeriesLine()
        #expect(!HTMLReport.text([report]).contains("Fragmentation"))
    }

    @Test func isDeterministic() {
        #expect(Self.makePages() == Self.pages)
    }

    @Test func staysSmall() {
        let report = ReportSamples.week(policy: "fifo", seed: 1, backfills: false)
        #expect(HTMLReport.text([report]).utf8.count < 160_000)
    }
}

@Suite struct ChartAxisTests {
    @Test func linearMarksAreRound() {
        let axis = ChartAxis.linear(maximum: 512, from: 0, to: 100)
        #expect(axis.ticks.map(\.label) == ["0", "200", "400", "600"])
        #expect(axis.place(300) == 50)
        #expect(axis.place(9_999) == 100)
        let exact = ChartAxis.linear(maximum: 1, isRounded: false, from: 100, to: 0) { "\($0)" }
        #expect(exact.ticks.count == 6)
        #expect(exact.place(1) == 0)
        #expect(ChartAxis.linear(maximum: 0, from: 0, to: 1).ticks.count == 6)
        #expect(ChartAxis.linear(maximum: .nan, from: 0, to: 1).ticks.count == 6)
    }

    @Test(arguments: [
        (0.0, "s"), (1, "s"), (59, "s"), (600, "m"), (7_200, "m"), (86_400, "h"),
        (604_800, "d"), (7_776_000, "d"), (3_155_760_000, "y"),
    ])
    func timeMarksAreFewAndInOneUnit(seconds: Double, unit: String) {
        let axis = ChartAxis.time(seconds: seconds, from: 0, to: 1)
        #expect(axis.ticks.count <= 7)
        #expect(axis.ticks.first?.label == "0")
        #expect(axis.ticks.dropFirst().allSatisfy { $0.label.hasSuffix(unit) })
    }

    @Test func logarithmicTimeRises() {
        let axis = ChartAxis.logarithmicTime(seconds: 500_000, from: 0, to: 100)
        #expect(axis.ticks.map(\.label) == ["0", "1m", "10m", "1h", "6h", "1d", "7d"])
        #expect(axis.place(0) == 0)
        #expect(axis.place(604_800) == 100)
        var last = -1.0
        for seconds in stride(from: 0.0, through: 604_800, by: 97) {
            #expect(axis.place(seconds) > last)
            last = axis.place(seconds)
        }
    }

    @Test func saturatingHasItsMiddleInTheMiddle() {
        let axis = ChartAxis.saturating(middle: 0.25, ticks: [0, 1], from: 0, to: 100)
        #expect(axis.place(0.25) == 50)
        #expect(axis.place(1e12) <= 100)
    }
}
