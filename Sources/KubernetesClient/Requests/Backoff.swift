import FleetModel

/// Pauses that grow while things fail, each drawn at random so that many clients do not come back
/// together: exponential with full jitter (M. Brooker, "Exponential Backoff And Jitter", AWS
/// Architecture Blog 2015), and a floor of an eighth.
public struct Backoff: Sendable {
    /// The longest first pause, in milliseconds.
    public let baseMilliseconds: Int64
    /// The longest of all.
    public let capMilliseconds: Int64
    private var failures = 0
    private var random: SplitMix

    /// Before the first failure. Both lengths are brought to within 1 and a day.
    public init(baseMilliseconds: Int64, capMilliseconds: Int64, seed: UInt64) {
        self.baseMilliseconds = min(max(baseMilliseconds, 1), 86_400_000)
        self.capMilliseconds = min(max(capMilliseconds, self.baseMilliseconds), 86_400_000)
        random = SplitMix(seed: seed)
    }

    /// The pause after another failure, in milliseconds.
    public mutating func next() -> Int64 {
        var most = baseMilliseconds
        for _ in 0..<min(failures, 30) where most < capMilliseconds { most *= 2 }
        most = min(most, capMilliseconds)
        failures += 1
        let least = most / 8
        return max(least + Int64(random.below(Int(most - least) + 1)), 1)
    }

    /// Begins anew, after a success.
    public mutating func reset() { failures = 0 }
}
