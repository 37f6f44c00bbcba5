import FleetModel

/// The test of what is between two members of a gang.
public struct PairTest: Hashable, Sendable {
    /// What came of it.
    public enum Outcome: UInt8, Hashable, Sendable {
        /// It runs.
        case open
        /// What is between them is right.
        case good
        /// It is slow, changes what goes over it, or cannot be used.
        case bad
        /// Nothing was found out.
        case unanswered

        /// The name in output.
        public var name: String {
            switch self {
            case .open: "open"
            case .good: "good"
            case .bad: "bad"
            case .unanswered: "unanswered"
            }
        }
    }

    /// Its number, from 0.
    public var number: Int
    /// The rank of the one who asks.
    public var from: Int
    /// The rank of the one who answers.
    public var to: Int
    /// The pass of ``PairPlan`` that it is of.
    public var pass: Int
    /// What came of it.
    public var outcome = Outcome.open
    /// What the one who asked tells; nil when it told nothing.
    public var result: CheckResult?
    /// Why it is bad or unanswered.
    public var words = ""
    /// Whether it is bad for no other reason than its speed beside the others.
    var isSlow = false

    /// Begins a test.
    public init(number: Int, from: Int, to: Int, pass: Int) {
        self.number = number
        self.from = from
        self.to = to
        self.pass = pass
    }

    /// The slower direction, in thousandths of a GB/s; nil where none was measured.
    var speed: Int64? { result?.figure(.network)?.milli }

    /// Whether nothing is wrong with it but, perhaps, its speed beside the others.
    var isSound: Bool { result != nil && (outcome == .open || outcome == .good || isSlow) }

    /// The other member of it; nil for one that is in it not at all.
    public func partner(of rank: Int) -> Int? {
        if rank == from { return to }
        return rank == to ? from : nil
    }
}

/// Holds pairs against each other.
struct PairJudge {
    /// By how much less than the median of the pairs is right, in per cent.
    var slackPercent: Int64

    /// What a result says by itself.
    enum Own: Hashable {
        /// Nothing against what is between the two, unless others are faster.
        case right
        /// What is between them is bad, and why.
        case bad(String)
        /// There was no connection, which says something once it is known that the other one is
        /// there.
        case noConnection(String)
        /// Nothing: the one who asked could not do it.
        case nothing(String)
    }

    static func judge(_ result: CheckResult) -> Own {
        let words = result.notes.first ?? result.status.words
        if RunVerdict.isFault(result) { return .bad(words) }
        switch result.status {
        case .passed, .degraded:
            return result.figure(.network) == nil ? .nothing("it told no figure") : .right
        case .error: return result.code == .checkPeer ? .noConnection(words) : .nothing(words)
        case .failed, .notApplicable, .notRun: return .nothing(words)
        }
    }

    /// The median of speeds; nil for none.
    static func median(_ speeds: [Int64]) -> Int64? {
        guard !speeds.isEmpty else { return nil }
        let sorted = speeds.sorted()
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }

    /// Why a speed is less than it should be beside the median; nil when it is right.
    func slowness(_ speed: Int64, median: Int64?) -> String? {
        guard let median, speed < median * (100 - slackPercent) / 100 else { return nil }
        let usual = FixedDecimal.text(milli: median)
        return "\(FixedDecimal.text(milli: speed)) GB/s, and the median of the pairs is \(usual)"
    }
}
