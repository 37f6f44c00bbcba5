/// How much work the engine did, in units that are the same on every machine.
public struct WorkCounters: Hashable, Sendable {
    /// Inputs applied.
    public var inputs = 0
    /// Cycles that had something to decide.
    public var cycles = 0
    /// Gangs for which a place was looked for.
    public var attempts = 0
    /// Gangs started.
    public var starts = 0
    /// Nodes whose room was looked at.
    public var nodesEvaluated = 0
    /// Times that a search ended at its limit instead of at its end.
    public var limitsHit = 0
    /// Reservations made, for whatever purpose.
    public var reservations = 0
    /// Gangs started on the place that was reserved for them.
    public var reservedStarts = 0
    /// Gangs started on what a reservation holds, to end before it is due or to make way.
    public var backfills = 0
    /// Gangs stopped in turn, for a higher priority, or where they had slipped in.
    public var evictions = 0
    /// Gangs stopped for another tenant that was owed their place by its guarantee.
    public var reclaims = 0
    /// Gangs stopped to go on elsewhere, so that a larger one finds room.
    public var moves = 0
    /// Times that an elastic gang was told to go on with fewer members.
    public var shrinks = 0
    /// Times that an elastic gang got more members.
    public var grows = 0
    /// Broken gangs that kept what was left of their place.
    public var graces = 0
    /// Broken gangs that got new members for those they lost before the grace time ended.
    public var spares = 0
    /// Gangs stopped because their node had to be empty.
    public var drains = 0
    /// Gangs stopped in cells that their owner called back.
    public var cellCalls = 0
    /// Reviews of what waits.
    public var reviews = 0

    /// Starts at zero.
    public init() {}
}

extension WorkCounters: SnapshotValue {
    static var blank: WorkCounters { WorkCounters() }

    mutating func pass(through coder: inout SnapshotCoder) {
        coder.field(&inputs)
        coder.field(&cycles)
        coder.field(&attempts)
        coder.field(&starts)
        coder.field(&nodesEvaluated)
        coder.field(&limitsHit)
        coder.field(&reservations)
        coder.field(&reservedStarts)
        coder.field(&backfills)
        coder.field(&evictions)
        coder.field(&reclaims)
        coder.field(&moves)
        coder.field(&shrinks)
        coder.field(&grows)
        coder.field(&graces)
        coder.field(&spares)
        coder.field(&drains)
        coder.field(&cellCalls)
        coder.field(&reviews)
    }
}
