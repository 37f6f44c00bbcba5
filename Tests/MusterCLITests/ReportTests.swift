import Foundation
import Testing

/// What `simulate` and `fill` print.
struct ReportTests {
    typealias Object = [String: Any]
    static let spread = ["mean", "p50", "p90", "p99", "max"]

    private func runs(_ place: Workplace, _ line: String) throws -> [Object] {
        let ran = try place.muster("simulate --json " + line)
        #expect(ran.status == 0)
        #expect(ran.talk.isEmpty)
        return try #require(try ran.json() as? [Object])
    }

    @Test func simulationHasEveryKeyOfItsContract() throws {
        let place = try Workplace()
        let runs = try runs(place, "--fleet 8x8/4 --jobs 150 --policy fifo,first-fit,easy,fair")
        #expect(runs.map { $0["policy"] as? String } == ["fifo", "first-fit", "easy", "fair"])
        for run in runs {
            for key in [
                "jobs", "started", "finished", "refused", "preemptions", "inputs", "decisions",
            ] {
                #expect(run[key] is Int, "\(key)")
            }
            for key in [
                "makespanSeconds", "allocatedGPUSeconds", "allocationRatio", "lostGPUSeconds",
                "wallSeconds", "peakResidentMiB",
            ] {
                #expect((run[key] as? Double).map { $0 >= 0 } == true, "\(key)")
            }
            for key in ["waitSeconds", "completionSeconds", "slowdown"] {
                let figures = try #require(run[key] as? Object)
                for part in Self.spread { #expect(figures[part] is Double, "\(key) \(part)") }
            }
            let hash = try #require(run["stateHash"] as? String)
            #expect(hash.count == 16 && hash.allSatisfy(\.isHexDigit))
        }
    }

    @Test func waitsAreSplitIntoAllSizeClasses() throws {
        let place = try Workplace()
        let gpus = [1, 2, 7, 8, 9, 31, 32, 63, 64, 100]
        try place.write(
            "submit_seconds,duration_seconds,gpus\n"
                + gpus.map { "0,60,\($0)\n" }.joined(), "sizes.csv")
        let run = try #require(try runs(place, "--fleet 128x1/16 --trace sizes.csv").first)
        let classes = try #require(run["waitSecondsByGPUs"] as? [String: Object])
        let counts = classes.mapValues { $0["count"] as? Int }
        #expect(
            counts == ["1": 1, "2-7": 2, "8": 1, "9-31": 2, "32-63": 2, "64+": 2])
        for figures in classes.values {
            for part in Self.spread { #expect(figures[part] != nil, "\(part)") }
        }
        let domains = try #require(run["domainsPerGang"] as? [String: Double])
        #expect(Set(domains.keys) == ["leaf", "host"])
        let finished = run["finished"] as? Int
        #expect(finished == gpus.count)
    }

    @Test func figuresOfATinyTraceAreRightByHand() throws {
        let place = try Workplace()
        // One node of 8: the second job waits 100 s for the first.
        try place.write("submit_seconds,duration_seconds,gpus\n5,100,8\n5,50,8\n", "two.csv")
        let run = try #require(
            try runs(place, "--fleet 1x8/1 --trace two.csv --policy fifo").first)
        #expect(run["makespanSeconds"] as? Double == 150)
        #expect(run["allocatedGPUSeconds"] as? Double == 1200)
        #expect(run["allocationRatio"] as? Double == 1)
        let wait = try #require(run["waitSeconds"] as? Object)
        #expect(wait["mean"] as? Double == 50)
        #expect(wait["max"] as? Double == 100)
        let completion = try #require(run["completionSeconds"] as? Object)
        #expect(completion["max"] as? Double == 150)
    }

    @Test func sameSeedGivesSameStateAndAnotherSeedAnother() throws {
        let place = try Workplace()
        func hash(_ seed: Int) throws -> String? {
            let line = "--fleet 8x8/4 --jobs 100 --placement random --seed \(seed)"
            return try runs(place, line).first?["stateHash"] as? String
        }
        #expect(try hash(1) == hash(1))
        #expect(try hash(1) != hash(2))
    }

    @Test(arguments: ["default", "best-fit", "packing", "random", "fgd"])
    func everyJobIsSettledUnderEveryPolicyAndKnowledge(placement: String) throws {
        let place = try Workplace()
        for (knowledge, workload) in [
            ("exact", "itp"), ("declared", "philly"), ("predicted", "openb"), ("none", "llm"),
        ] {
            let runs = try runs(
                place,
                "--fleet 8x8/4 --jobs 120 --policy fifo,first-fit,easy,fair "
                    + "--placement \(placement) --durations \(knowledge) --workload \(workload)")
            for run in runs {
                let settled = (run["finished"] as? Int ?? 0) + (run["refused"] as? Int ?? 0)
                #expect(settled == 120, "\(placement) \(knowledge) \(workload)")
                #expect(run["unfinished"] as? Int == 0)
            }
        }
    }

    @Test(arguments: ["50ms", "10s", "1h", "measured", "0", "1ns"])
    func decisionsMayCost(cost: String) throws {
        let place = try Workplace()
        for workload in ["itp", "llm"] {
            let line = "--fleet 8x8/4 --jobs 100 --workload \(workload) --decision-cost \(cost)"
            let run = try #require(try runs(place, line).first)
            #expect(run["finished"] as? Int == 100)
        }
    }

    @Test(arguments: ["0", "1", "1h", "36500d"])
    func aRunMayBeCutOff(until: String) throws {
        let run = try #require(
            try runs(Workplace(), "--fleet 4x8/2 --jobs 60 --until \(until)").first)
        let counts = ["finished", "refused", "unfinished"].map { run[$0] as? Int ?? -1 }
        #expect(counts.reduce(0, +) == run["jobs"] as? Int)
    }

    @Test func tableFitsItsWidthAndHasNoColoursInAFile() throws {
        let place = try Workplace()
        let arguments = "simulate --fleet 4x8/2 --jobs 60 --policy fair,fifo"
            .split(separator: " ").map(String.init)
        for columns in ["40", "80", "200", "0", "-7", "none", "99999999999999999999"] {
            let ran = try place.muster(arguments, environment: ["COLUMNS": columns])
            #expect(ran.status == 0)
            #expect(!ran.out.contains("\u{1B}"))
            let width = ran.out.split(separator: "\n").map(\.count).max() ?? 0
            if let bound = Int(columns), bound >= 40 { #expect(width <= bound) }
        }
    }

    @Test func hostileNamesReachNeitherTerminalNorPage() throws {
        let place = try Workplace()
        try place.write(
            "submit_seconds,duration_seconds,gpus,tenant\n"
                + "0,10,1,\u{1B}[31mred\u{07}\n0,10,1,<script>alert(1)</script>\n", "names.csv")
        let ran = try place.muster("simulate --fleet 1x8 --trace names.csv --html page.html")
        #expect(ran.status == 0)
        #expect(!ran.out.contains("\u{1B}") && !ran.out.contains("\u{07}"))
        let page = String(decoding: try #require(place.bytes("page.html")), as: UTF8.self)
        #expect(page.hasPrefix("<!doctype html>"))
        #expect(page.contains("<svg") && page.contains("</html>"))
        #expect(!page.contains("<script>alert"))
        #expect(!page.contains("src=\"http") && !page.contains("@import"))
    }

    @Test func fillHasItsMeansAndEverySeed() throws {
        let place = try Workplace()
        try place.write(
            "submit_seconds,duration_seconds,gpus,gpu_milli\n0,1,1,500\n0,1,1,1000\n0,1,2,1000\n",
            "pods.csv")
        let ran = try place.muster(
            "fill --fleet 4x8/2 --trace pods.csv --placement fgd,best-fit --seeds 7-9,20 --json")
        #expect(ran.status == 0)
        let rules = try #require(try ran.json() as? [Object])
        #expect(rules.map { $0["placement"] as? String } == ["fgd", "best-fit"])
        for rule in rules {
            let means = try #require(rule["allocatedPercent"] as? [String: Double])
            #expect(Set(means.keys) == ["100", "130"])
            let seeds = try #require(rule["seeds"] as? [Object])
            #expect(seeds.map { $0["seed"] as? Int } == [7, 8, 9, 20])
            for mark in ["100", "130"] {
                let each = seeds.compactMap { ($0["allocatedPercent"] as? [String: Double])?[mark] }
                #expect(each.allSatisfy { (0...100).contains($0) })
                let mean = each.reduce(0, +) / Double(each.count)
                #expect(abs(mean - (means[mark] ?? -1)) < 0.002)
            }
        }
    }
}
