import FleetModel

/// How far estimates of starts were off, beside what anybody could tell from the queue alone.
public struct EstimateFigures: Equatable, Sendable {
    /// Estimates that were told.
    public var told = 0
    /// Of those, estimates of jobs that have started since; the other figures are of these.
    public var started = 0
    /// Part of the starts that were within their range.
    public var withinRange = 0.0
    /// Part of the starts that were earlier than their range.
    public var earlier = 0.0
    /// Part of the starts that were later than their range.
    public var later = 0.0
    /// Seconds between likely and actual start, whichever came first.
    public var error = Distribution(values: [])
    /// The same of a guess: the place in the queue, divided by the starts per second of the last
    /// hour; one start where there was none.
    public var guessError = Distribution(values: [])

    /// No estimates.
    public init() {}
}

/// Keeps estimates of starts until the jobs start, and makes the guess that they are compared with.
struct StartAccuracy: Sendable {
    private struct Told {
        var estimate: StartEstimate
        var guess: Instant
    }

    /// Waiting jobs by number, as a Fenwick tree (Fenwick, 1994).
    private var waiting: [Int32]
    private var starts: [Int64] = []
    private var firstRecent = 0
    private var open: [Int32: Told] = [:]
    private var told = 0
    private var within = 0
    private var earlier = 0
    private var errors: [Int64] = []
    private var guessErrors: [Int64] = []

    private static let hour: Int64 = 3600 * 1_000_000_000

    init(jobCount: Int) { waiting = [Int32](repeating: 0, count: jobCount + 1) }

    /// A job waits, or does not any more. O(log jobs).
    mutating func waits(_ job: Int32, by change: Int32) {
        var place = Int(job) + 1
        while place < waiting.count {
            waiting[place] += change
            place += place & -place
        }
        if change < 0 { return }
        open[job] = nil
    }

    /// An estimate of a job's next start was told.
    mutating func tell(_ job: Int32, _ estimate: StartEstimate, at now: Instant) {
        told += 1
        while firstRecent < starts.count, starts[firstRecent] < now.nanoseconds - Self.hour {
            firstRecent += 1
        }
        let recent = Int64(max(1, starts.count - firstRecent))
        let guess = Int128(ahead(of: job) + 1) * Int128(Self.hour) / Int128(recent)
        open[job] = Told(
            estimate: estimate, guess: now + TimeSpan(nanoseconds: Int64(clamping: guess)))
    }

    /// A job starts.
    mutating func started(_ job: Int32, at now: Instant) {
        starts.append(now.nanoseconds)
        if firstRecent > 4096, firstRecent * 2 > starts.count {
            starts.removeFirst(firstRecent)
            firstRecent = 0
        }
        guard let told = open.removeValue(forKey: job) else { return }
        if now < told.estimate.earliest { earlier += 1 }
        if now >= told.estimate.earliest, now <= told.estimate.latest { within += 1 }
        errors.append(abs((now - told.estimate.likely).nanoseconds))
        guessErrors.append(abs((now - told.guess).nanoseconds))
    }

    /// What came of all estimates so far.
    var figures: EstimateFigures {
        var figures = EstimateFigures()
        figures.told = told
        figures.started = errors.count
        guard !errors.isEmpty else { return figures }
        let count = Double(errors.count)
        figures.withinRange = Double(within) / count
        figures.earlier = Double(earlier) / count
        figures.later = Double(errors.count - within - earlier) / count
        figures.error = Distribution(nanoseconds: errors)
        figures.guessError = Distribution(nanoseconds: guessErrors)
        return figures
    }

    private func ahead(of job: Int32) -> Int64 {
        var place = Int(job)
        var sum: Int64 = 0
        while place > 0 {
            sum += Int64(waiting[place])
            place -= place & -place
        }
        return sum
    }
}
