/// What is switched off in a run of the fleet.
public struct HealthVariant: Hashable, Sendable {
    /// The name in tables.
    public var name: String
    /// Whether machines can be told apart by their serial numbers.
    public var hasLedger = true
    /// Whether nodes are tested under load; without it, whatever idles looks well.
    public var hasProof = true
    /// Whether nodes are kept free for gangs that break.
    public var hasSpares = true
    /// Whether nodes are suspected for what they do to their jobs.
    public var hasLemonScore = true
    /// Whether small jobs make way for a gang that has lost some of its place.
    public var smallJobsYield = true

    /// Names a variant with everything on.
    public init(_ name: String) { self.name = name }

    /// Nothing is off.
    public static let whole = HealthVariant("all of it")

    /// Each part off by itself, and all together.
    public static let all: [HealthVariant] = {
        var (ledger, proof) = (HealthVariant("no ledger"), HealthVariant("no qualification"))
        var (spares, lemons) = (HealthVariant("no spares"), HealthVariant("no lemon score"))
        var alone = HealthVariant("no spares, nobody makes way")
        var none = HealthVariant("none of it")
        ledger.hasLedger = false
        proof.hasProof = false
        spares.hasSpares = false
        lemons.hasLemonScore = false
        (alone.hasSpares, alone.smallJobsYield) = (false, false)
        (none.hasLedger, none.hasProof, none.hasSpares, none.hasLemonScore) =
            (false, false, false, false)
        return [whole, ledger, proof, spares, alone, lemons, none]
    }()
}
