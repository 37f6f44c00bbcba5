import FleetModel

@testable import Simulation

/// Jobs of a preset; the arguments are in range.
func generated(
    _ preset: WorkloadGenerator.Preset, seed: UInt64 = 1, jobs: Int, gpus: Int = 512,
    load: Int = 90
) throws -> [TraceJob] {
    try WorkloadGenerator(
        preset: preset, seed: seed, extent: .jobs(jobs), fleetGPUs: gpus, loadPercent: load
    ).generate()
}

/// What the tests ask of a list of jobs; floating point is for tests and reports only.
struct WorkloadStatistics {
    let jobs: [TraceJob]

    /// Duration at a percentile, in seconds.
    func seconds(_ percent: Double) -> Double {
        let sorted = jobs.map(\.durationNanoseconds).sorted()
        let index = min(sorted.count - 1, Int(percent / 100 * Double(sorted.count)))
        return Double(sorted[index]) / 1e9
    }

    /// GPU time in GPU-seconds of the jobs whose size is in a range.
    func gpuSeconds(_ range: ClosedRange<Int> = 0...(.max)) -> Double {
        jobs.filter { range.contains($0.gpus) }.reduce(0) {
            $0 + Double($1.gpus * $1.gpuMilli) / 1000 * Double($1.durationNanoseconds) / 1e9
        }
    }

    /// Percent of the GPU time that jobs of these sizes take.
    func gpuTimePercent(_ range: ClosedRange<Int>) -> Double {
        100 * gpuSeconds(range) / gpuSeconds()
    }

    /// Percent of the jobs that have a property.
    func percent(_ property: (TraceJob) -> Bool) -> Double {
        100 * Double(jobs.count(where: property)) / Double(jobs.count)
    }

    /// GPU time over that of a fleet between the first and the last submission, in percent.
    func load(gpus: Int) -> Double {
        let span = Double(jobs[jobs.count - 1].submitNanoseconds - jobs[0].submitNanoseconds) / 1e9
        return 100 * gpuSeconds() / (Double(gpus) * span)
    }

    /// Standard deviation over mean of the times between submissions.
    var arrivalVariation: Double {
        let gaps = zip(jobs.dropFirst(), jobs).map {
            Double($0.submitNanoseconds - $1.submitNanoseconds)
        }
        let mean = gaps.reduce(0, +) / Double(gaps.count)
        let variance = gaps.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(gaps.count)
        return variance.squareRoot() / mean
    }
}

/// Whether two numbers are within `percent` of each other.
func isNear(_ left: Double, _ right: Double, within percent: Double) -> Bool {
    abs(left - right) <= right * percent / 100
}
