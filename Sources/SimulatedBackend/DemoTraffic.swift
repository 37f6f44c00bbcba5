import FleetModel
import Simulation

/// Endless jobs for a demo: a laboratory that trains language models, a product made of them, and
/// those who try things out. The same arguments give the same jobs.
///
/// Jobs come as documents, so that they pass through the same door as a user's. The tenants are
/// those of ``DemoFleet/tenants(of:)``. By day more is asked for than the fleet has, and by night
/// less, so that queues form and go.
public struct DemoTraffic: IteratorProtocol, Sendable {
    /// One job that a user submits.
    public struct Submission: Hashable, Sendable {
        /// When.
        public var at: Instant
        /// The job's document, in YAML.
        public var text: String
    }

    /// What is asked for, in percent of the fleet, by hour of the demo's day; 78 on average, so
    /// that what queues up by day is done by the next morning, even though faults, preemptions and
    /// odd shapes take their part.
    static let percentByHour: [Int64] =
        [30, 30, 30, 30, 30, 30, 30, 50, 80] + [Int64](repeating: 125, count: 10)
        + [80, 80, 40, 40, 40]

    private static let firstHour: Int64 = 9

    private var author: DemoAuthor
    private var random: SplitMix
    private let start: Instant
    /// Thousandths of GPUs for minutes that a submission and its kin take on average.
    private let meanWork: Int64
    private let fleetGPUs: Int64
    /// When the next user comes.
    private var clock: Instant
    /// Jobs that are written already, by the time of their submission.
    private var written = EventQueue<DemoJob>()

    /// Traffic for a fleet from an instant on, at which it is nine in the morning, whatever the
    /// clock says: who starts a demo wants to see it busy. The finest two levels of the fleet's
    /// topology, if it has them, are what jobs call rack and spine. Numbers in names begin at
    /// `firstNumber`.
    public init(
        fleet: FleetDefinition, seed: UInt64 = 1, from start: Instant, firstNumber: Int = 1
    ) {
        author = DemoAuthor(fleet: fleet, firstNumber: firstNumber)
        random = SplitMix(seed: seed)
        self.start = start
        clock = start
        fleetGPUs = max(1, fleet.deviceCount)
        meanWork = DemoTraffic.meanWork(author)
    }

    /// What runs and what waits when the demo begins, in the order in which it is to be submitted:
    /// about 150 % of the fleet. Taken before the first ``next()``, or not at all.
    public mutating func preload() -> [Submission] {
        var jobs: [DemoJob] = []
        let most = fleetGPUs * 1500
        var sum: Int64 = 0
        for kind in DemoAuthor.preloadOrder(fleetGPUs: fleetGPUs) where sum < most {
            for var job in author.write(kind, &random) {
                // Most of them are in the midst of their run.
                job.runMinutes = max(3, job.runMinutes * (10 + random.below(90)) / 100)
                sum += Int64(job.maximumMembers * job.gpus * 1000)
                jobs.append(job)
            }
        }
        return jobs.map { Submission(at: start, text: $0.text) }
    }

    /// The next job; there is always one. Times never go back.
    public mutating func next() -> Submission? {
        nextJob().map { Submission(at: $0.at, text: $0.job.text) }
    }

    /// The next job before it is a text.
    mutating func nextJob() -> (at: Instant, job: DemoJob)? {
        while written.nextTime ?? .never > clock { write() }
        return written.next().map { ($0.at, $0.event) }
    }

    /// The next user comes, and writes a job or several.
    private mutating func write() {
        pass(meanWork * Int64(random.below(2001)) / 1000)
        let kind = DemoAuthor.drawKind(&random)
        var at = clock
        for job in author.write(kind, &random) {
            written.schedule(job, at: at)
            at = at + .seconds(Int64(2 + random.below(20)))
        }
    }

    /// Moves the clock on by the time in which so much is asked for.
    private mutating func pass(_ work: Int64) {
        let hour: Int64 = 3600 * 1_000_000_000
        let since = (clock - start).nanoseconds + DemoTraffic.firstHour * hour
        // Thousandths of a GPU for a hundredth of a nanosecond.
        var left = Int128(work) * 60 * 1_000_000_000 * 100
        var passed: Int64 = 0
        while true {
            let place = Int((since + passed) / hour % 24)
            let rate = Int128(fleetGPUs * 1000 * DemoTraffic.percentByHour[place])
            let toNext = hour - (since + passed) % hour
            if rate * Int128(toNext) > left {
                clock = clock + TimeSpan(nanoseconds: passed + Int64(left / rate))
                return
            }
            left -= rate * Int128(toNext)
            passed += toNext
        }
    }

    /// By trial: a formula would have to repeat what the author does.
    private static func meanWork(_ author: DemoAuthor) -> Int64 {
        var author = author
        var random = SplitMix(seed: 1)
        let trials = 10_000
        var sum = 0
        for _ in 0..<trials {
            let kind = DemoAuthor.drawKind(&random)
            for job in author.write(kind, &random) { sum += job.gpuMilliMinutes }
        }
        return Int64(max(1, sum / trials))
    }
}
