import FleetModel
import Health

/// How the spares of a pool stand with what is asked for.
public struct SpareStanding: Hashable, Sendable {
    /// The pool's name.
    public var pool: String
    /// What is asked for.
    public var policy: SparePolicy
    /// What is kept.
    public var choice: SpareChoice

    /// Spares that are asked for and not there.
    public var missing: Int { max(0, choice.wanted - choice.kept.count) }

    /// Why spares are missing, in words; nil when none is. `pools` are those that are known.
    public func shortageText(pools: [String]) -> String? {
        choice.shortage.map { shortage in
            switch shortage {
            case .noPool:
                "no node of a pool '\(pool)' is here; pools are "
                    + (pools.isEmpty ? "not known yet" : pools.joined(separator: ", "))
            case .noneGood: "no node of the pool is in order and open"
            case .noneLeft: "every other good node has a large gang"
            case .halfKept: "no more than half of the pool's good nodes are kept"
            }
        }
    }
}
