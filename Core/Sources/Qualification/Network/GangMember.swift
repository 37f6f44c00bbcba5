import FleetModel

/// Why a member of a gang is not there any more.
public enum MemberAbsence: Hashable, Sendable {
    /// It was never heard of.
    case neverCame
    /// Its connection ended.
    case ended
    /// Nothing was heard of it for so many seconds.
    case silent(seconds: Int64)
    /// It is there, and did not come to an end in so many seconds.
    case late(seconds: Int64)
    /// It said what no member says.
    case strange(String)
    /// It was stopped on request.
    case stopped

    /// The absence in words.
    public var words: String {
        switch self {
        case .neverCame: "it never came"
        case .ended: "its connection ended"
        case .silent(let seconds): "nothing was heard of it for \(seconds) s"
        case .late(let seconds): "it did not come to an end in \(seconds) s"
        case .strange(let words): "it said what no member says: \(words)"
        case .stopped: "it was stopped"
        }
    }
}

/// Where a member of a gang is in a check across nodes.
public enum MemberStage: Hashable, Sendable {
    /// It has not come yet.
    case awaited
    /// It runs the checks of its own node.
    case checking(since: Instant)
    /// Its own checks are over.
    case ready
    /// It is not there any more.
    case gone(MemberAbsence)

    /// Whether something can be expected of it.
    public var isThere: Bool {
        switch self {
        case .checking, .ready: true
        case .awaited, .gone: false
        }
    }

    /// Why it is not there; nil while it is, or is awaited.
    public var absence: MemberAbsence? {
        if case .gone(let absence) = self { return absence }
        return nil
    }
}

/// How long the parts of a check across nodes may take, in seconds.
public struct GangLimits: Hashable, Sendable {
    /// From the start until all have come.
    public var gather: Int64
    /// For the checks of a member's own node.
    public var checks: Int64
    /// Without a sign of life.
    public var silence: Int64
    /// For a test of a pair; nil to test none.
    public var pair: Int64?
    /// For a sign of life that was asked for.
    public var confirm: Int64
    /// For an all-reduce across all that are good; nil to run none.
    public var reduce: Int64?
    /// By how much less than the median of the pairs is right, in per cent.
    public var slackPercent: Int64

    /// Gathers limits.
    public init(
        gather: Int64 = 300, checks: Int64, silence: Int64 = 30, pair: Int64?,
        confirm: Int64 = 15, reduce: Int64? = nil, slackPercent: Int64 = 25
    ) {
        self.gather = gather
        self.checks = checks
        self.silence = silence
        self.pair = pair
        self.confirm = confirm
        self.reduce = reduce
        self.slackPercent = min(max(slackPercent, 1), 99)
    }

    /// Seconds after which a check of so many members is over, whoever is silent, and when.
    ///
    /// A round of pairs ends each time with a node that is known better, or has left, and no node
    /// is better known more than four times.
    public func worst(members: Int) -> Int64 {
        let rounds = pair == nil ? 0 : 4 * Int64(members) + 1
        return gather + checks + rounds * ((pair ?? 0) + confirm) + (reduce ?? 0)
    }
}
