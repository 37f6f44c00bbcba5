import FleetModel
import Testing

@testable import Simulation

@Suite struct WorkloadGeneratorTests {
    @Test func itpIsShapedLikeCluster04() throws {
        let found = WorkloadStatistics(jobs: try generated(.itp, jobs: 15_802))
        for (percent, seconds) in [(10.0, 1349.0), (50, 7949), (90, 29_000), (99, 257_688)] {
            // The p90 lies where the one-GPU jobs end and the gangs begin; ten quantiles for each
            // size miss it by 15 %, whatever the seed.
            #expect(isNear(found.seconds(percent), seconds, within: 20), "p\(percent)")
        }
        for (gpus, share) in [(1, 75.5), (2, 0.8), (4, 3.4), (8, 17.6)] {
            #expect(abs(found.percent { $0.gpus == gpus } - share) < 1.5, "\(gpus) GPUs")
        }
        #expect(abs(found.percent { $0.gpus > 8 } - 2.8) < 0.7)
        #expect(abs(found.gpuTimePercent(1...1) - 4.6) < 1)
        #expect(abs(found.gpuTimePercent(8...8) - 45.6) < 6)
        #expect(abs(found.gpuTimePercent(9...64) - 48.5) < 7)
        #expect((3...8).contains(found.arrivalVariation))
    }

    @Test func phillyIsShapedLikeItsTrace() throws {
        let found = WorkloadStatistics(jobs: try generated(.philly, jobs: 74_167, load: 83))
        for (percent, seconds) in [
            (10.0, 61.0), (25, 141), (50, 1213), (75, 2974), (90, 10_991),
            (95, 37_927), (99, 254_098),
        ] {
            #expect(isNear(found.seconds(percent), seconds, within: 25), "p\(percent)")
        }
        for (gpus, share) in [(1, 93.4), (2, 2.1), (4, 2.3), (8, 1.9)] {
            #expect(abs(found.percent { $0.gpus == gpus } - share) < 1, "\(gpus) GPUs")
        }
        let clusters = [("6214e9", 51.0), ("11cb48", 18), ("6c71a0", 13), ("b436b2", 10)]
        for (cluster, share) in clusters {
            #expect(abs(found.percent { $0.tenant == cluster } - share) < 3, "\(cluster)")
        }
        #expect(abs(found.gpuTimePercent(1...1) - 17.4) < 5)
        #expect(abs(found.gpuTimePercent(2...7) - 20.2) < 6)
        #expect(abs(found.gpuTimePercent(8...8) - 49.0) < 8)
        #expect((2.5...15).contains(found.arrivalVariation))
        let names = Set(WorkloadGenerator.Preset.philly.tenants.map(\.name))
        #expect(names.count == 15)
        #expect(found.jobs.allSatisfy { names.contains($0.tenant) })
    }

    @Test func openbIsShapedLikeItsPods() throws {
        let found = WorkloadStatistics(jobs: try generated(.openb, jobs: 20_000, gpus: 6212))
        #expect(abs(found.percent { $0.gpus == 0 } - 13.3) < 2)
        #expect(abs(found.percent { $0.gpuMilli < 1000 } - 37.8) < 4)
        #expect(abs(found.percent { $0.gpus == 8 } - 0.54) < 0.3)
        #expect(found.jobs.allSatisfy { $0.gpuMilli == 1000 || $0.gpus == 1 })
        #expect(found.jobs.allSatisfy { $0.cpuMilli > 0 && $0.memoryMiB > 0 })
        let withGPUs = WorkloadStatistics(jobs: found.jobs.filter { $0.gpus > 0 })
        for (percent, seconds) in [(10.0, 74.0), (50, 545), (90, 6255), (99, 113_363)] {
            // One job in a hundred is beyond the p99, and they come in bursts: it is noisy.
            let tolerance = percent == 99 ? 40.0 : 25
            #expect(isNear(withGPUs.seconds(percent), seconds, within: tolerance), "p\(percent)")
        }
        #expect(found.arrivalVariation > 4)
    }

    @Test func theLabTrainsTunesAndEvaluates() throws {
        let jobs = try generated(.llm, jobs: 20_000, gpus: 4096)
        let found = WorkloadStatistics(jobs: jobs)
        #expect((60...300).contains(found.seconds(50)))
        let mean = Double(jobs.reduce(0) { $0 + $1.gpus }) / Double(jobs.count)
        #expect((5...27).contains(mean))
        #expect(found.percent { $0.tenant == "evaluation" } > 60)
        let pretraining = WorkloadStatistics(jobs: jobs.filter { $0.tenant == "pretraining" })
        #expect(pretraining.gpuSeconds() / found.gpuSeconds() > 0.5)
        #expect(jobs.contains { $0.gpus == 2048 })
        #expect(Set(jobs.map(\.priority)) == [0, 10, 20, 30])
        #expect(jobs.allSatisfy { WorkloadGenerator.traits(of: $0) != nil })
        let names = Set(WorkloadGenerator.Preset.llm.tenants.map(\.name))
        #expect(names == Set(jobs.map(\.tenant)))
        #expect(found.arrivalVariation > 2)
        let notebook = try #require(jobs.first { $0.family == "notebook" })
        #expect(WorkloadGenerator.traits(of: notebook)?.preemptible == false)
        let itp = try generated(.itp, jobs: 1)
        #expect(WorkloadGenerator.traits(of: itp[0]) == nil)
    }

    @Test(arguments: WorkloadGenerator.Preset.allCases)
    func everyPresetKeepsItsPromises(_ preset: WorkloadGenerator.Preset) throws {
        for (gpus, load) in [(512, 90), (64, 120), (16, 50), (1, 90), (10_000, 97)] {
            let jobs = try generated(preset, seed: 9, jobs: 1500, gpus: gpus, load: load)
            let found = WorkloadStatistics(jobs: jobs)
            #expect(jobs.count == 1500)
            #expect(jobs[0].submitNanoseconds == 0)
            #expect(
                zip(jobs, jobs.dropFirst()).allSatisfy {
                    $0.submitNanoseconds <= $1.submitNanoseconds
                })
            #expect(jobs.allSatisfy { $0.gpus <= max(1, gpus / 2) && $0.durationNanoseconds > 0 })
            // So few openb jobs are no load for a large fleet within a second a job.
            if preset != .openb || gpus <= 512 {
                #expect(isNear(found.load(gpus: gpus), Double(load), within: 1), "\(gpus) GPUs")
            }
            #expect(found.arrivalVariation > 2)
            #expect(Set(jobs.map(\.name)).count == jobs.count)
        }
    }

    @Test func limitsAreRoundAndNotBelowTheDuration() throws {
        let jobs = try generated(.philly, jobs: 5000)
        let common = Set(DeclaredLimit.commonSeconds.map { $0 * 1_000_000_000 })
        for job in jobs {
            if job.limitNanoseconds < 0 {
                #expect(job.durationNanoseconds > 14 * 86_400 * 1_000_000_000)
            } else {
                #expect(common.contains(job.limitNanoseconds))
                #expect(job.limitNanoseconds >= job.durationNanoseconds)
            }
        }
        let long = jobs.filter { $0.durationNanoseconds > 3600 * 1_000_000_000 }
        let used = long.filter { $0.limitNanoseconds > 0 }.map {
            Double($0.durationNanoseconds) / Double($0.limitNanoseconds)
        }
        let mean = used.reduce(0, +) / Double(used.count)
        #expect((0.25...0.5).contains(mean))
        #expect(DeclaredLimit.commonSeconds == DeclaredLimit.commonSeconds.sorted())
    }

    @Test(arguments: WorkloadGenerator.Preset.allCases)
    func spansAreFilled(_ preset: WorkloadGenerator.Preset) throws {
        let week = TimeSpan.seconds(7 * 86_400)
        let jobs = try WorkloadGenerator(
            preset: preset, seed: 2, extent: .span(week), fleetGPUs: 256, loadPercent: 80
        ).generate()
        #expect(jobs.count > 50)
        let found = WorkloadStatistics(jobs: jobs)
        // The last job may go beyond the load by as much as it is large itself.
        #expect((79.9...131).contains(found.load(gpus: 256)))
        #expect(jobs.last?.submitNanoseconds == week.nanoseconds)
        #expect(jobs.allSatisfy { $0.durationNanoseconds <= week.nanoseconds })
    }

    @Test func nightsAndWeekendsAreQuiet() throws {
        let jobs = try generated(.philly, jobs: 60_000)
        let hours = jobs.map { Int($0.submitNanoseconds / 3_600_000_000_000) }
        let days = hours.count { $0 / 24 % 7 < 5 }
        let weekends = hours.count - days
        #expect(Double(days) / 5 > 1.4 * Double(weekends) / 2)
        let nights = hours.count { (2..<6).contains($0 % 24) }
        let noons = hours.count { (13..<17).contains($0 % 24) }
        #expect(Double(noons) > 1.8 * Double(nights))
    }

    @Test func sameSeedSameJobs() throws {
        for preset in WorkloadGenerator.Preset.allCases {
            let first = try generated(preset, seed: 5, jobs: 500)
            #expect(try generated(preset, seed: 5, jobs: 500) == first)
            #expect(try generated(preset, seed: 6, jobs: 500) != first)
        }
    }

    /// These change only when the generator does, and then every pinned simulation changes too.
    @Test(arguments: [
        (WorkloadGenerator.Preset.itp, "cab3ad580ab0e5ad"), (.philly, "392e8c60de702171"),
        (.openb, "865fab341f83f60b"), (.llm, "64e3a30d69bbe316"),
    ])
    func digestsArePinned(_ preset: WorkloadGenerator.Preset, _ expected: String) throws {
        #expect(digest(try generated(preset, seed: 42, jobs: 2000)) == expected)
    }

    @Test func argumentsOutOfRangeAreAllReported() throws {
        let error = #expect(throws: DiagnosticList.self) {
            _ = try WorkloadGenerator(
                preset: .itp, seed: 1, extent: .jobs(0), fleetGPUs: 0, loadPercent: 1001)
        }
        #expect(error?.diagnostics.map(\.code) == [.usage, .usage, .usage])
        #expect(throws: DiagnosticList.self) {
            _ = try WorkloadGenerator(
                preset: .itp, seed: 1, extent: .span(.seconds(3599)), fleetGPUs: 1)
        }
        #expect(throws: DiagnosticList.self) {
            _ = try WorkloadGenerator(
                preset: .itp, seed: 1, extent: .jobs(1_000_001), fleetGPUs: 1)
        }
        let most = try WorkloadGenerator(
            preset: .philly, seed: 1, extent: .jobs(20_000), fleetGPUs: 1, loadPercent: 1
        ).generate()
        #expect(most.allSatisfy { $0.submitNanoseconds <= 3_155_760_000_000_000_000 })
    }
}
