import FleetModel

/// Estimates that were told and are still open, and what was learned from those that are not.
struct EstimateDesk: Sendable {
    /// An estimate that was told.
    struct Open: Sendable {
        /// The job.
        var job: JobID
        /// When it was told.
        var told: Instant
        /// What was projected.
        var wait: ProjectedWait
        /// The range that was told.
        var estimate: StartEstimate
        /// Whether the end of the range has passed, and was learned from.
        var isOverdue = false
    }

    /// Open estimates at most; while there are so many no others are told.
    static let openLimit = 512
    /// Waiting jobs for which estimates come once more rarely.
    static let crowd = 1024
    /// Estimates told at one time at most.
    static let toldAtOnce = 8

    /// By how much projections are off.
    var calibration = StartCalibration()
    /// When the next estimates are due; nil while no timer is set.
    var due: Instant?
    private(set) var open: [Open] = []
    private var placeOf: [JobID: Int32] = [:]
    private var random = SplitMix(seed: 0x4553_5449_4D41_5445)

    /// Whether an estimate of this job is open.
    func isOpen(_ job: JobID) -> Bool { placeOf[job] != nil }

    /// Whether there is no room for another estimate.
    var isFull: Bool { open.count >= Self.openLimit }

    /// Remembers an estimate; there must be none of the job.
    mutating func add(_ estimate: Open) {
        placeOf[estimate.job] = Int32(open.count)
        open.append(estimate)
    }

    /// Learns from the start of a job, if an estimate of it is open.
    mutating func settle(_ job: JobID, at now: Instant) {
        guard let place = placeOf[job] else { return }
        let one = open[Int(place)]
        remove(Int(place))
        calibration.learn(one.wait, actual: (now - one.told).nanoseconds)
        calibration.judgeLow(isMiss: now < one.estimate.earliest)
        if !one.isOverdue { calibration.judgeHigh(isMiss: now > one.estimate.latest) }
    }

    /// Learns from ranges that have passed, and forgets the estimates of jobs that do not wait for
    /// a place any more.
    mutating func review(at now: Instant, isWaiting: (JobID) -> Bool) {
        for place in open.indices.reversed() {
            if !isWaiting(open[place].job) {
                remove(place)
            } else if !open[place].isOverdue, open[place].estimate.latest < now {
                open[place].isOverdue = true
                calibration.judgeHigh(isMiss: true)
            }
        }
    }

    /// Places among `count` things: the last few, and others at random; some may be named twice.
    mutating func picks(of count: Int) -> [Int] {
        guard count > Self.toldAtOnce else { return Array(0..<count) }
        let last = Self.toldAtOnce / 2
        var picks = Array(count - last..<count)
        for _ in last..<Self.toldAtOnce { picks.append(random.below(count)) }
        return picks
    }

    /// Folds everything into a digest.
    func fold(into hasher: inout StateHasher) {
        hasher.add((due ?? .never).nanoseconds)
        hasher.add(random.state)
        hasher.add(open.count)
        for one in open {
            hasher.add(one.job.rawValue)
            hasher.add(one.told.nanoseconds)
            hasher.add(one.estimate.latest.nanoseconds)
            hasher.add(Int32(one.isOverdue ? 1 : 0))
        }
        calibration.fold(into: &hasher)
    }

    private mutating func remove(_ place: Int) {
        placeOf[open[place].job] = nil
        let last = open.removeLast()
        guard place < open.count else { return }
        open[place] = last
        placeOf[last.job] = Int32(place)
    }
}

extension EstimateDesk.Open: SnapshotValue {
    static var blank: Self {
        EstimateDesk.Open(job: JobID(0), told: .zero, wait: .blank, estimate: .blank)
    }

    mutating func pass(through coder: inout SnapshotCoder) {
        coder.field(&job)
        coder.field(&told)
        coder.field(&wait)
        coder.field(&estimate)
        coder.field(&isOverdue)
    }
}

extension EstimateDesk: SnapshotValue {
    static var blank: EstimateDesk { EstimateDesk() }

    mutating func pass(through coder: inout SnapshotCoder) {
        coder.field(&calibration)
        coder.field(&due)
        coder.field(&open)
        let jobs = open.map(\.job)
        coder.index(&placeOf, keys: jobs)
        coder.field(&random)
    }
}
