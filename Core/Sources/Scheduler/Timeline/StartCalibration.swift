import FleetModel

/// What a projection says of one job's wait, as calibration looks it up.
struct ProjectedWait: Hashable, Sendable {
    /// The wait in nanoseconds, zero or more; zero when nothing is known of run times.
    var nanoseconds: Int64
    /// Class of the gang's size.
    var size: Int
    /// Whether it rests on expected run times.
    var isProjected: Bool
    /// Whether the job had its first share of time: it neither goes first nor makes others go.
    var isOld: Bool

    init(nanoseconds: Int64, gpuMilli: Int64, isProjected: Bool, isOld: Bool = false) {
        self.nanoseconds = isProjected ? nanoseconds : 0
        self.isOld = isOld
        self.size = GangSize.index(gpuMilli)
        self.isProjected = isProjected
    }

    /// Added to projected and actual waits before their ratio is taken, so that short waits, which
    /// nobody can tell to the second, do not count more than long ones.
    static let offset: Int64 = 60 * 1_000_000_000

    /// Classes of waits: one for waits that were not projected, then by powers of two of minutes.
    private static let lengths = 13

    /// Classes of waits by length and by whether the job is old.
    static let magnitudes = 2 * lengths

    /// The class of the wait.
    var magnitude: Int {
        let base = isOld ? Self.lengths : 0
        guard isProjected else { return base }
        let minutes = (nanoseconds + Self.offset) / Self.offset
        return base + min(Self.lengths - 1, 64 - minutes.leadingZeroBitCount)
    }
}

/// Learns by how much projected waits are off, and makes ranges of them that hold four of five
/// actual waits, however queue and work change.
///
/// Split conformal prediction (Vovk et al., 2005) on the ratio of actual and projected wait, by
/// size and length of the projected wait where enough is known; both ends of the range move in
/// with every hit and out with every miss, so that coverage holds when the past is no guide (as in
/// adaptive conformal inference: Gibbs and Candès, NeurIPS 2021). Integers throughout.
struct StartCalibration: Sendable {
    /// Ratios kept of each class.
    static let samplesKept = 128
    /// Ratios that a class needs before it is trusted.
    static let enough = 20
    /// One in so many of the kept ratios is below the range, and as many above.
    static let tailShare: Int64 = 10
    /// Starts on the right side of an end of the range for each on the wrong side. More than the
    /// nine that are asked for: misses are heard of late, when others were told the same range.
    static let hitsPerMiss: Int64 = 11
    /// One hit moves an end of the range in by one part in so many.
    static let step: Int64 = 256
    /// Ratios are multiples of 2^-16.
    private static let unit: Int64 = 1 << 16
    private static let largestRatio: Int64 = 1 << 36

    private var fine: [SampleWindow]
    private var bySize: [SampleWindow]
    private var byMagnitude: [SampleWindow]
    private var all = SampleWindow()
    /// What the ends of ranges are divided and multiplied by, in multiples of 2^-16.
    private var lowMargin = StartCalibration.unit
    private var highMargin = StartCalibration.unit

    init() {
        fine = Array(repeating: SampleWindow(), count: GangSize.count * ProjectedWait.magnitudes)
        bySize = Array(repeating: SampleWindow(), count: GangSize.count)
        byMagnitude = Array(repeating: SampleWindow(), count: ProjectedWait.magnitudes)
    }

    /// Starts that were learned from and are still remembered, at most ``samplesKept``.
    var sampleCount: Int { all.count }

    /// The range of waits: one in ten is shorter, as many are shorter as longer than the middle,
    /// one in ten is longer.
    func range(of wait: ProjectedWait) -> (low: Int64, middle: Int64, high: Int64) {
        let window = window(for: wait)
        var low = Self.unit / 4
        var middle = Self.unit
        var high = Self.unit * 4
        if window.count > 0 {
            let sorted = window.sorted
            let count = Int64(sorted.count)
            middle = sorted[sorted.count / 2]
            let tail = max(1, (count + 1) / Self.tailShare)
            low = sorted[Int(tail) - 1] * Self.unit / lowMargin
            high = sorted[Int(count - tail)] * highMargin / Self.unit
        }
        return (
            Self.scaled(wait, min(low, middle)), Self.scaled(wait, middle),
            Self.scaled(wait, max(high, middle))
        )
    }

    /// Learns from a start: what was projected when, and how long it really took from then on.
    mutating func learn(_ wait: ProjectedWait, actual nanoseconds: Int64) {
        let ratio =
            Int128(max(0, nanoseconds) + ProjectedWait.offset) * Int128(Self.unit)
            / Int128(wait.nanoseconds + ProjectedWait.offset)
        let kept = min(Self.largestRatio, max(1, Int64(clamping: ratio)))
        let cell = wait.size * ProjectedWait.magnitudes + wait.magnitude
        fine[cell].add(kept, limit: Self.samplesKept)
        byMagnitude[wait.magnitude].add(kept, limit: Self.samplesKept)
        guard wait.isProjected else { return }
        bySize[wait.size].add(kept, limit: Self.samplesKept)
        all.add(kept, limit: Self.samplesKept)
    }

    /// Takes note of whether a start was earlier than its range.
    mutating func judgeLow(isMiss: Bool) { Self.judge(&lowMargin, isMiss) }

    /// Takes note of whether a start was, or is bound to be, later than its range.
    mutating func judgeHigh(isMiss: Bool) { Self.judge(&highMargin, isMiss) }

    /// Folds what was learned into a digest.
    func fold(into hasher: inout StateHasher) {
        hasher.add(lowMargin)
        hasher.add(highMargin)
        for window in fine where window.count > 0 { window.fold(into: &hasher) }
        all.fold(into: &hasher)
    }

    private static func judge(_ margin: inout Int64, _ isMiss: Bool) {
        margin += margin / step * (isMiss ? hitsPerMiss : -1)
        margin = min(max(margin, unit / 16), unit * 1024)
    }

    private func window(for wait: ProjectedWait) -> SampleWindow {
        let exact = fine[wait.size * ProjectedWait.magnitudes + wait.magnitude]
        if exact.count >= Self.enough { return exact }
        let similar = byMagnitude[wait.magnitude]
        if similar.count >= Self.enough || !wait.isProjected { return similar }
        let sized = bySize[wait.size]
        return sized.count >= Self.enough ? sized : all
    }

    private static func scaled(_ wait: ProjectedWait, _ ratio: Int64) -> Int64 {
        let sum = Int128(wait.nanoseconds + ProjectedWait.offset) * Int128(ratio) / Int128(unit)
        return max(0, Int64(clamping: sum - Int128(ProjectedWait.offset)))
    }
}

extension ProjectedWait: SnapshotValue {
    static var blank: ProjectedWait {
        ProjectedWait(nanoseconds: 0, gpuMilli: 0, isProjected: false)
    }

    mutating func pass(through coder: inout SnapshotCoder) {
        coder.field(&nanoseconds)
        coder.field(&size)
        coder.field(&isProjected)
        coder.field(&isOld)
    }
}

extension StartCalibration: SnapshotValue {
    static var blank: StartCalibration { StartCalibration() }

    mutating func pass(through coder: inout SnapshotCoder) {
        coder.field(&fine)
        coder.field(&bySize)
        coder.field(&byMagnitude)
        coder.field(&all)
        coder.field(&lowMargin)
        coder.field(&highMargin)
    }
}
