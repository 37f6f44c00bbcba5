import FleetModel

/// GPU time that an attempt spent other than on work that counts, in GPU-milli × nanoseconds.
public struct AttemptLosses: Hashable, Sendable {
    /// Work since the last checkpoint that counts.
    public var work: Int128 = 0
    /// Time before work went on after a start.
    public var restart: Int128 = 0
    /// From the order to stop until nothing ran any more.
    public var held: Int128 = 0
    /// What slow nodes took from work at full speed.
    public var slowed: Int128 = 0
}

/// How far one attempt has come: its speed and size change, and every checkpoint keeps what was
/// done before.
public struct AttemptProgress: Sendable {
    /// Parts per million that a speed counts in.
    public static let fullSpeed: Int64 = 1_000_000

    /// Thousandths of GPUs that the attempt has.
    public private(set) var gpuMilli: Int64 = 0
    /// GPU time spent other than on work that counts; without the work.
    public private(set) var losses = AttemptLosses()

    private var settledAt = Instant.zero
    /// When work goes on after the start.
    private var workFrom = Instant.zero
    private var period: Int64 = .max
    /// Parts per million of full speed by the size, less when an elastic gang is smaller than it
    /// may be.
    private var sizeSpeed = fullSpeed
    /// Parts per million of full speed by the slowest node.
    private var nodeSpeed = fullSpeed
    private var isHalted = false
    /// Nanoseconds at full speed: done, and kept by the last checkpoint.
    private var done: Int64 = 0
    private var saved: Int64 = 0
    /// GPU time of the work, and of the part that the last checkpoint keeps.
    private var spent: Int128 = 0
    private var spentAtSave: Int128 = 0
    /// The last checkpoint that was written from right results, once wrong ones are about.
    private var lastGood: (saved: Int64, spent: Int128)?

    /// Begins at `instant`; work goes on after `overhead`, a checkpoint is written each `period` of
    /// it.
    public init(at instant: Instant, overhead: TimeSpan, period: TimeSpan?) {
        settledAt = instant
        workFrom = instant + overhead
        self.period = period?.nanoseconds ?? .max
    }

    /// Sets the size, its speed and the speed of the slowest node, from `instant` on.
    public mutating func setSize(
        gpuMilli: Int64, speed: Int64, nodeSpeed: Int64, at instant: Instant
    ) {
        settle(to: instant)
        self.gpuMilli = gpuMilli
        sizeSpeed = speed
        self.nodeSpeed = nodeSpeed
    }

    /// From now on nothing more is done; the devices are still held.
    public mutating func halt(at instant: Instant) {
        settle(to: instant)
        isHalted = true
    }

    /// From now on results are wrong, and no checkpoint is of use.
    public mutating func taint(at instant: Instant) {
        settle(to: instant)
        if lastGood == nil { lastGood = (saved, spentAtSave) }
    }

    /// When so much work at full speed will be done, if nothing comes between; never once halted.
    public func end(of work: Int64) -> Instant {
        guard !isHalted else { return .never }
        let left = max(0, work - done)
        let run = AttemptProgress.scale(left, by: AttemptProgress.fullSpeed, over: speed)
        return max(settledAt, workFrom) + TimeSpan(nanoseconds: run)
    }

    /// Nanoseconds at full speed that are done, of use or not.
    public func done(at instant: Instant) -> Int64 {
        var copy = self
        copy.settle(to: instant)
        return copy.done
    }

    /// When the first checkpoint after an instant is written; never without checkpoints, and once
    /// halted.
    public func checkpoint(after instant: Instant) -> Instant {
        guard !isHalted, period < .max else { return .never }
        guard instant >= workFrom else { return workFrom + TimeSpan(nanoseconds: period) }
        let written = (instant - workFrom).nanoseconds / period
        let (span, overflow) = (written + 1).multipliedReportingOverflow(by: period)
        return overflow ? .never : workFrom + TimeSpan(nanoseconds: span)
    }

    /// Nanoseconds at full speed that the last checkpoint of use keeps.
    public func kept(at instant: Instant) -> Int64 {
        var copy = self
        copy.settle(to: instant)
        return min(copy.saved, lastGood?.saved ?? .max)
    }

    /// GPU time spent other than on work, up to an instant.
    func losses(at instant: Instant) -> AttemptLosses {
        var copy = self
        copy.settle(to: instant)
        return copy.losses
    }

    /// GPU time of the work that is lost if the attempt ends now: all of it, or what was done since
    /// the last checkpoint.
    func lostWork(keepsCheckpoint: Bool) -> Int128 {
        keepsCheckpoint ? spent - min(spentAtSave, lastGood?.spent ?? spentAtSave) : spent
    }

    /// Lets time pass at the present speed and size.
    mutating func settle(to instant: Instant) {
        guard instant > settledAt else { return }
        defer { settledAt = instant }
        guard !isHalted else {
            losses.held += Int128((instant - settledAt).nanoseconds) * Int128(gpuMilli)
            return
        }
        if settledAt < workFrom {
            let span = min(instant, workFrom) - settledAt
            losses.restart += Int128(span.nanoseconds) * Int128(gpuMilli)
        }
        let from = max(settledAt, workFrom)
        guard instant > from else { return }
        let span = (instant - from).nanoseconds
        let checkpoint =
            workFrom.nanoseconds
            + (instant - workFrom).nanoseconds / period * period
        if checkpoint > from.nanoseconds {
            let before = checkpoint - from.nanoseconds
            saved = done + AttemptProgress.scale(before, by: speed, over: AttemptProgress.fullSpeed)
            spentAtSave = spent + Int128(before) * Int128(gpuMilli)
        }
        done += AttemptProgress.scale(span, by: speed, over: AttemptProgress.fullSpeed)
        spent += Int128(span) * Int128(gpuMilli)
        let slowness = Int128(AttemptProgress.fullSpeed - nodeSpeed)
        losses.slowed +=
            Int128(span) * Int128(gpuMilli) * slowness / Int128(AttemptProgress.fullSpeed)
    }

    /// The speed of a gang that has `actual` of the `full` GPUs that it may have, in parts per
    /// million of full speed.
    public static func speed(actual: Int64, full: Int64) -> Int64 {
        actual == full ? fullSpeed : max(1, actual * fullSpeed / full)
    }

    private var speed: Int64 {
        max(1, AttemptProgress.scale(sizeSpeed, by: nodeSpeed, over: AttemptProgress.fullSpeed))
    }

    /// `value` times `factor` over `divisor` without overflow on the way; saturates.
    private static func scale(_ value: Int64, by factor: Int64, over divisor: Int64) -> Int64 {
        Int64(clamping: Int128(value) * Int128(factor) / Int128(divisor))
    }
}
