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

    /// Starts at zero.
    public init() {}
}
