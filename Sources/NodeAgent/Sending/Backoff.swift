import FleetModel

/// How long to wait after failures: twice as long each time, up to a bound, and a random part of
/// that, so that ten thousand agents do not come back in one moment.
public struct Backoff: Sendable {
    private var random: SplitMix
    private var failures = 0
    private let first: TimeSpan
    private let most: TimeSpan

    /// Waits from `first` to `most`.
    public init(
        seed: UInt64, first: TimeSpan = .seconds(1), most: TimeSpan = .seconds(120)
    ) {
        random = SplitMix(seed: seed)
        self.first = first
        self.most = most
    }

    /// The wait after one more failure: between half of the step and all of it.
    public mutating func next() -> TimeSpan {
        let step = min(most.nanoseconds, first.nanoseconds << Int64(min(failures, 20)))
        failures = min(failures + 1, 20)
        return TimeSpan(nanoseconds: step / 2 + spread(step / 2))
    }

    /// A success: the next wait is the first one again.
    public mutating func reset() { failures = 0 }

    /// A random length up to a bound.
    public mutating func spread(_ nanoseconds: Int64) -> Int64 {
        nanoseconds > 0 ? Int64(random.below(Int(nanoseconds))) : 0
    }

    /// A random word.
    public mutating func word() -> UInt64 { random.next() }
}
