import FleetModel

/// How much virtual time the scheduler's own work takes.
public enum DecisionCost {
    /// None.
    case free
    /// The same for every input.
    case perInput(TimeSpan)
    /// As long as it really takes, by a clock that the edge lends: nanoseconds since any origin.
    /// Two runs then differ.
    case measured(() -> Int64)
}
