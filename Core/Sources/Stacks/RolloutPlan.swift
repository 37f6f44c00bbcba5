import FleetModel
import Health

/// How many nodes a wave has.
public enum WaveSize: Hashable, Sendable {
    /// So many.
    case nodes(Int32)
    /// So many of a hundred of the rollout's nodes, rounded up.
    case percent(Int32)

    /// The number of nodes, at least one.
    func count(of total: Int) -> Int {
        switch self {
        case .nodes(let count): max(1, Int(count))
        case .percent(let share): max(1, (total * Int(share) + 99) / 100)
        }
    }

    /// As it is written: `3` or `25%`.
    public var text: String {
        switch self {
        case .nodes(let count): "\(count)"
        case .percent(let share): "\(share)%"
        }
    }

    /// Reads `3` or `25%`; nil for anything else.
    public init?(_ text: String) {
        let isShare = text.last == "%"
        guard text.utf8.count <= 8, let number = Int32(isShare ? String(text.dropLast()) : text),
            number > 0, !isShare || number <= 100
        else { return nil }
        self = isShare ? .percent(number) : .nodes(number)
    }
}

/// How a pool is brought to another stack.
public struct RolloutPlan: Hashable, Sendable {
    /// The sizes of the first waves; one last wave takes all that is left.
    public var waves: [WaveSize] = [.nodes(1), .percent(5), .percent(25)]
    /// How long a wave has to work before the next begins.
    public var soak = TimeSpan.seconds(3600)
    /// Nodes that may be out for it at a time; nil for one of twenty, and one more than
    /// ``failures``.
    public var mostOut: Int32?
    /// Nodes that may fail before it is rolled back.
    public var failures: Int32 = 0
    /// The least level of the test on the new stack.
    public var level = QualificationLevel.fifteenMinutes
    /// How long jobs may stay on a node that is drained; as the health policy says when it is nil.
    public var grace: TimeSpan?

    /// Waves that a plan may name.
    public static let mostWaves = 16

    /// The defaults.
    public init() {}

    /// What is wrong with it, in words.
    public func mistakes() -> [String] {
        var found: [String] = []
        if waves.count > RolloutPlan.mostWaves {
            found.append("\(waves.count) waves, at most \(RolloutPlan.mostWaves)")
        }
        let isEmpty = waves.contains {
            switch $0 {
            case .nodes(let count): count < 1
            case .percent(let share): share < 1 || share > 100
            }
        }
        if isEmpty { found.append("a wave without nodes") }
        if soak < .zero { found.append("a soak of less than no time") }
        if let grace, grace < .zero { found.append("a grace of less than no time") }
        if failures < 0 { found.append("less than no failures") }
        if let mostOut, mostOut <= failures {
            found.append(
                "\(mostOut) nodes out at a time: a node that fails stays out, so there have to be "
                    + "more than the \(failures) that may fail")
        }
        return found
    }

    /// The limit for a rollout of so many nodes.
    func limit(of total: Int) -> Int32 {
        mostOut ?? max(failures + 1, Int32(clamping: (total + 19) / 20))
    }
}
