import FleetModel

/// How faults are gathered.
public struct BurstSettings: Hashable, Sendable {
    /// The silence that ends a burst. Three minutes, as in NVIDIA's Fleet Intelligence.
    public var silence: TimeSpan
    /// The longest that a burst may last: noise without an end must not keep a verdict back.
    public var longest: TimeSpan

    /// Gathers settings.
    public init(silence: TimeSpan = .seconds(180), longest: TimeSpan = .seconds(1800)) {
        self.silence = silence
        self.longest = longest
    }
}
