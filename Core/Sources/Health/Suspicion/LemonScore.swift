import FleetModel
import Journal

/// The seven signals that tell a lemon: a node that fails its jobs without ever failing a check
/// (Kokolis et al., "Revisiting reliability in large-scale machine learning research clusters",
/// arXiv 2410.21680).
public enum LemonSignal: UInt8, CaseIterable, Hashable, Sendable {
    /// Jobs that asked not to get it.
    case exclusions
    /// Different kinds of faults.
    case faultKinds
    /// Repairs that were asked for.
    case repairs
    /// Times that it went out of service.
    case outages
    /// Failures of jobs on several nodes that it is to blame for.
    case gangFailures
    /// Failures of jobs that ran on it alone.
    case soloFailures
    /// The share of the jobs on it alone that failed, in per cent.
    case soloFailureShare
}

/// What one signal weighs.
public struct LemonWeight: Hashable, Sendable {
    /// Points for each.
    public var weight: Int32
    /// More than this many count as this many.
    public var cap: Int32

    /// Pairs points with a bound.
    public init(weight: Int32, cap: Int32) {
        self.weight = weight
        self.cap = cap
    }
}

/// How lemons are told. The weights are Muster's own: the paper publishes its signals, not those.
public struct LemonPolicy: Hashable, Sendable {
    /// Days that count; the paper looks at 28.
    public var days: Int32 = 28
    /// Points from which on a node is a lemon.
    public var threshold: Int32 = 100
    /// The weights, in the order of ``LemonSignal``.
    public var signals: [LemonWeight] = [
        LemonWeight(weight: 5, cap: 6),
        LemonWeight(weight: 8, cap: 5),
        LemonWeight(weight: 12, cap: 5),
        LemonWeight(weight: 12, cap: 5),
        LemonWeight(weight: 20, cap: 6),
        LemonWeight(weight: 10, cap: 6),
        LemonWeight(weight: 1, cap: 40),
    ]
    /// Jobs on it alone that must have ended before their share says anything.
    public var leastSoloJobs: Int32 = 5

    /// The defaults.
    public init() {}
}

/// Counts of the last days of one machine, by day.
public struct LemonSignals: Hashable, Sendable {
    /// Days that are kept.
    public static let days = 32
    /// Different faults that are remembered.
    static let kindsKept = 16

    /// What is counted on a day.
    enum Count: Int, CaseIterable {
        case exclusions, repairs, outages, gangFailures, soloFailures, soloJobs
    }

    /// Counts by day and kind; day `d` stands at `d % days`.
    private var counts: [UInt16]
    /// The last day that was counted.
    private var today: Int64 = 0
    /// Different faults, each with the last day that it was seen.
    private var kinds: [FaultDay] = []

    fileprivate struct FaultDay: Hashable, Sendable {
        var cause: CauseID
        var day: Int64
    }

    /// Starts with nothing.
    public init() {
        counts = [UInt16](repeating: 0, count: LemonSignals.days * Count.allCases.count)
    }

    private mutating func advance(to now: Instant) {
        let day = now.nanoseconds / (86_400 * 1_000_000_000)
        guard day > today else { return }
        let width = Count.allCases.count
        // More days than there are clear everything once.
        for passed in max(today + 1, day - Int64(LemonSignals.days) + 1)...day {
            let start = Int(passed % Int64(LemonSignals.days)) * width
            for index in start..<start + width { counts[index] = 0 }
        }
        today = day
    }

    mutating func note(_ count: Count, at now: Instant) {
        advance(to: now)
        let width = Count.allCases.count
        let index = Int(today % Int64(LemonSignals.days)) * width + count.rawValue
        if counts[index] < .max { counts[index] += 1 }
    }

    mutating func note(fault cause: CauseID, at now: Instant) {
        advance(to: now)
        if let known = kinds.firstIndex(where: { $0.cause == cause }) {
            kinds[known].day = today
        } else if kinds.count < LemonSignals.kindsKept {
            kinds.append(FaultDay(cause: cause, day: today))
        } else if let oldest = kinds.indices.min(by: { kinds[$0].day < kinds[$1].day }) {
            kinds[oldest] = FaultDay(cause: cause, day: today)
        }
    }

    private func sum(_ count: Count, days: Int32, at now: Instant) -> Int64 {
        let day = now.nanoseconds / (86_400 * 1_000_000_000)
        var total: Int64 = 0
        for back in 0..<Int64(days) {
            let at = day - back
            guard at >= 0, at <= today, at > today - Int64(LemonSignals.days) else { continue }
            let start = Int(at % Int64(LemonSignals.days)) * Count.allCases.count
            total += Int64(counts[start + count.rawValue])
        }
        return total
    }

    /// What the seven signals are, in the order of ``LemonSignal``.
    public func values(_ policy: LemonPolicy, at now: Instant) -> [Int64] {
        let day = now.nanoseconds / (86_400 * 1_000_000_000)
        let soloJobs = sum(.soloJobs, days: policy.days, at: now)
        let soloFailures = sum(.soloFailures, days: policy.days, at: now)
        let share = soloJobs >= Int64(policy.leastSoloJobs) ? soloFailures * 100 / soloJobs : 0
        return LemonSignal.allCases.map { signal in
            switch signal {
            case .exclusions: sum(.exclusions, days: policy.days, at: now)
            case .faultKinds:
                Int64(kinds.reduce(0) { $0 + ($1.day > day - Int64(policy.days) ? 1 : 0) })
            case .repairs: sum(.repairs, days: policy.days, at: now)
            case .outages: sum(.outages, days: policy.days, at: now)
            case .gangFailures: sum(.gangFailures, days: policy.days, at: now)
            case .soloFailures: soloFailures
            case .soloFailureShare: share
            }
        }
    }

    /// The points of the machine; it is a lemon from ``LemonPolicy/threshold`` on.
    public func score(_ policy: LemonPolicy, at now: Instant) -> Int32 {
        var total: Int64 = 0
        for (value, weight) in zip(values(policy, at: now), policy.signals) {
            total += min(value, Int64(weight.cap)) * Int64(weight.weight)
        }
        return Int32(clamping: total)
    }

    func fold(into hasher: inout StateHasher) {
        hasher.add(today)
        for count in counts where count != 0 { hasher.add(Int32(count)) }
        for kind in kinds {
            hasher.add(kind.cause.rawValue)
            hasher.add(kind.day)
        }
    }
}

extension LemonSignals: RecordValue {
    package static var blank: LemonSignals { LemonSignals() }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&counts)
        coder.field(&today)
        coder.field(&kinds)
        guard counts.count != LemonSignals.days * Count.allCases.count || today < 0 else { return }
        coder.fail("signals of other days than are kept", expected: "\(LemonSignals.days) days")
        self = LemonSignals()
    }
}

extension LemonSignals.FaultDay: RecordValue {
    package static var blank: Self { Self(cause: .blank, day: 0) }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&cause)
        coder.field(&day)
    }
}
