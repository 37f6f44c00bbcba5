import Health

/// An engine that is wrong on purpose: it is told something else than the book, so that it breaks
/// a promise. Shows that the book would notice.
public struct Mishearing: Sendable {
    /// The limits that the engine has in place of the true ones.
    public var policy: @Sendable (HealthPolicy) -> HealthPolicy
    /// What the engine hears in place of an input.
    public var input: @Sendable (HealthInput) -> HealthInput

    /// Gathers what is misheard; nothing by default.
    public init(
        policy: @escaping @Sendable (HealthPolicy) -> HealthPolicy = { $0 },
        input: @escaping @Sendable (HealthInput) -> HealthInput = { $0 }
    ) {
        self.policy = policy
        self.input = input
    }
}
