import FleetModel

/// What run times are looked up by: who runs it, what it is like, how large it is.
struct DurationKey: Hashable, Sendable {
    /// Who submits it.
    var tenant: TenantID
    /// Jobs that are likely to run as long; nil when it is like no other.
    var family: FamilyID?
    /// Thousandths of GPUs of the smallest gang.
    var gpuMilli: Int64

    init(tenant: TenantID, family: FamilyID?, gpuMilli: Int64) {
        self.tenant = tenant
        self.family = family
        self.gpuMilli = gpuMilli
    }

    @inline(__always) init(_ spec: JobSpec) {
        self.init(tenant: spec.tenant, family: spec.family, gpuMilli: spec.minimumGPUMilli)
    }
}

/// Run times learned from jobs that ended with success: part of the engine's state.
///
/// Looks for history from the particular to the general: tenant, family and size; tenant and
/// family; tenant and size; size class; everything. Keeps the last ``samplesKept`` run times of
/// each and at most ``keysKept`` keys, of which the least recently used for learning go first.
struct DurationBook: Sendable {
    /// One key of any generality; -1 and -2 stand for whatever is left open.
    private struct Key: Hashable, SnapshotValue {
        var tenant: Int32
        var family: Int32
        /// Thousandths of GPUs, or -2 less the size class.
        var size: Int64

        static var blank: Key { Key(tenant: 0, family: 0, size: 0) }

        mutating func pass(through coder: inout SnapshotCoder) {
            coder.field(&tenant)
            coder.field(&family)
            coder.field(&size)
        }
    }

    /// The last run times of one key.
    private struct History: SnapshotValue {
        var key: Key
        var spans = SampleWindow()
        /// Neighbours in the order of use.
        var newer: Int32 = -1
        var older: Int32 = -1

        static var blank: History { History(key: .blank) }

        mutating func pass(through coder: inout SnapshotCoder) {
            coder.field(&key)
            coder.field(&spans)
            coder.field(&newer)
            coder.field(&older)
        }
    }

    private var indexes: [Key: Int32] = [:]
    private var histories: [History] = []
    private var newest: Int32 = -1
    private var eldest: Int32 = -1

    /// Run times kept of each key.
    static let samplesKept = 64
    /// Keys kept: about 20 MiB at most.
    static let keysKept = 16_384
    /// Run times that a key needs before it is trusted.
    static let enough = 3
    /// The part of earlier jobs that an expected end is to cover, in percent. Underestimates cost a
    /// backfilling scheduler more than overestimates (Tsafrir et al., TPDS 2007), hence above half.
    static let backfillPercent: Int32 = 80

    private var keyLimit: Int

    init(keyLimit: Int = DurationBook.keysKept) {
        precondition(keyLimit >= 8, "no room for the keys of one job")
        self.keyLimit = keyLimit
    }

    /// Whether anything was learned.
    var hasHistory: Bool { !histories.isEmpty }

    /// Keys with history.
    var keyCount: Int { histories.count }

    /// Takes note of a run time. O(keys of one job × samples kept).
    mutating func observe(_ span: TimeSpan, for key: DurationKey) {
        for place in 0..<DurationBook.generalities {
            guard let key = DurationBook.key(key, place) else { continue }
            let index = history(of: key)
            histories[index].spans.add(
                max(1, span.nanoseconds), limit: DurationBook.samplesKept)
        }
    }

    /// The quantile of the whole run time of jobs that have run for `elapsed` already, from the
    /// most particular key that knows one; twice `elapsed` when none ever ran as long; nil when
    /// too little is known of anything. O(log samples).
    func quantile(
        _ percent: Int32, for key: DurationKey, longerThan elapsed: TimeSpan
    ) -> TimeSpan? {
        var isKnown = false
        for place in 0..<DurationBook.generalities {
            guard let key = DurationBook.key(key, place), let index = indexes[key] else { continue }
            guard histories[Int(index)].spans.count >= DurationBook.enough else { continue }
            isKnown = true
            let beyond = histories[Int(index)].spans.quantile(percent, from: elapsed.nanoseconds)
            if let beyond { return TimeSpan(nanoseconds: beyond) }
        }
        guard isKnown else { return nil }
        let (double, isOver) = elapsed.nanoseconds.multipliedReportingOverflow(by: 2)
        return isOver ? TimeSpan(nanoseconds: .max) : TimeSpan(nanoseconds: max(1, double))
    }

    /// Folds everything that was learned into a digest.
    func fold(into hasher: inout StateHasher) {
        hasher.add(histories.count)
        var index = newest
        while index >= 0 {
            let history = histories[Int(index)]
            hasher.add(history.key.tenant)
            hasher.add(history.key.family)
            hasher.add(history.key.size)
            history.spans.fold(into: &hasher)
            index = history.older
        }
    }

    private static let generalities = 5

    /// The key of a job at one generality; nil where it would say no more than the next.
    @inline(__always)
    private static func key(_ key: DurationKey, _ place: Int) -> Key? {
        let tenant = key.tenant.rawValue
        switch place {
        case 0:
            return key.family.map { Key(tenant: tenant, family: $0.rawValue, size: key.gpuMilli) }
        case 1: return key.family.map { Key(tenant: tenant, family: $0.rawValue, size: -1) }
        case 2: return Key(tenant: tenant, family: -1, size: key.gpuMilli)
        case 3:
            return Key(tenant: -1, family: -1, size: -2 - Int64(GangSize.index(key.gpuMilli)))
        default: return Key(tenant: -1, family: -1, size: -1)
        }
    }

    /// The place of a key, which becomes the most recently used one.
    private mutating func history(of key: Key) -> Int {
        if let known = indexes[key] {
            unlink(known)
            link(known)
            return Int(known)
        }
        var index = Int32(histories.count)
        if histories.count < keyLimit {
            histories.append(History(key: key))
        } else {
            index = eldest
            unlink(index)
            indexes[histories[Int(index)].key] = nil
            histories[Int(index)] = History(key: key)
        }
        indexes[key] = index
        link(index)
        return Int(index)
    }

    private mutating func link(_ index: Int32) {
        histories[Int(index)].older = newest
        histories[Int(index)].newer = -1
        if newest >= 0 { histories[Int(newest)].newer = index }
        newest = index
        if eldest < 0 { eldest = index }
    }

    private mutating func unlink(_ index: Int32) {
        let (newer, older) = (histories[Int(index)].newer, histories[Int(index)].older)
        if newer >= 0 { histories[Int(newer)].older = older } else { newest = older }
        if older >= 0 { histories[Int(older)].newer = newer } else { eldest = newer }
    }
}

/// Gangs by size, in powers of two of GPUs.
enum GangSize {
    /// Classes: no GPU, part of one, 1, 2 to 3, 4 to 7, and so on; the last has no bound.
    static let count = 14

    /// The class of a gang.
    @inline(__always)
    static func index(_ gpuMilli: Int64) -> Int {
        guard gpuMilli > 0 else { return 0 }
        let gpus = gpuMilli / 1000
        guard gpus > 0 else { return 1 }
        return min(count - 1, 2 + 63 - gpus.leadingZeroBitCount)
    }
}

extension Engine {
    /// Learns from an attempt that ends with success now.
    ///
    /// An attempt that went on from a checkpoint says how long the rest took, not the whole.
    mutating func learnDuration(_ slot: Int) {
        guard policy.timeline.learnsDurations else { return }
        guard jobs[slot].attempt.rawValue <= 1 || jobs[slot].spec.checkpointPeriod == nil else {
            return
        }
        durations.observe(now - jobs[slot].startedAt, for: DurationKey(jobs[slot].spec))
    }

    /// When the current attempt of a job is expected to end: by what was declared, else by what is
    /// known of jobs that ran as long as it has; nil when nobody knows. An attempt that outlived
    /// its estimate is expected to take twice as long, and so on; one that is just reaching it is
    /// expected to end now, as others may that end at the same time.
    func expectedEnd(_ slot: Int) -> Instant? {
        let started = jobs[slot].startedAt
        let elapsed = now - started
        guard let expected = jobs[slot].spec.declaredSpan else {
            guard policy.timeline.learnsDurations, durations.hasHistory else { return nil }
            return durations.quantile(
                DurationBook.backfillPercent, for: DurationKey(jobs[slot].spec),
                longerThan: elapsed
            ).map { started + $0 }
        }
        var span = max(expected.nanoseconds, 1)
        while span < elapsed.nanoseconds {
            let (doubled, overflow) = span.addingReportingOverflow(span)
            if overflow { return .never }
            span = doubled
        }
        return started + TimeSpan(nanoseconds: span)
    }

    /// How long a job that starts now is expected to run; nil when nobody knows.
    func expectedSpan(_ slot: Int) -> TimeSpan? {
        if let span = jobs[slot].spec.declaredSpan { return span }
        guard policy.timeline.learnsDurations else { return nil }
        return durations.quantile(
            DurationBook.backfillPercent, for: DurationKey(jobs[slot].spec), longerThan: .zero)
    }
}

extension JobSpec {
    /// How long the job runs at most, as far as that was declared.
    @inline(__always) fileprivate var declaredSpan: TimeSpan? {
        if let expectedDuration { return expectedDuration }
        return timeLimit
    }
}

extension DurationBook: SnapshotValue {
    static var blank: DurationBook { DurationBook() }

    mutating func pass(through coder: inout SnapshotCoder) {
        // The histories, which the indexes lead to, have to be there before these.
        var known = indexes
        coder.field(&histories)
        let keys = histories.map(\.key)
        coder.index(&known, keys: keys)
        indexes = known
        coder.field(&newest)
        coder.field(&eldest)
        coder.field(&keyLimit)
    }
}
