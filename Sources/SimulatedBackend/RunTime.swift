import Documents
import FleetModel

/// How long a job runs with all the members that it may have, undisturbed.
enum RunTime {
    /// Five minutes and four hours: between them lie the run times of jobs that name none.
    private static let shortest: Int64 = 300
    private static let longest: Int64 = 4 * 3600

    /// What the document says of its simulation, else what it expects, else chance: a matter of the
    /// seed and the job alone, so that each attempt and each run of the program agree.
    static func of(_ document: JobDocument, job: JobID, seed: UInt64) -> TimeSpan {
        if let span = document.simulation.runTime ?? document.expectedDuration { return span }
        var random = SplitMix(seed: seed ^ SplitMix.mix(UInt64(bitPattern: Int64(job.rawValue))))
        // The smaller of two draws: short jobs are the more common.
        let range = Int(longest - shortest)
        return .seconds(shortest + Int64(min(random.below(range), random.below(range))))
    }
}
