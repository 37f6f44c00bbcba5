/// Finds slow nodes by pairs, in two passes.
///
/// A pair that is slow says that one of two is, or the way between them. So nobody is blamed after
/// the first pass: each suspect is paired with a node that was good, and is blamed only if that
/// pair is slow, too. GCP's cluster-health-scanner does the same.
public struct PairPlan: Hashable, Sendable {
    /// What is known of a node.
    public enum Standing: UInt8, Hashable, Sendable {
        /// It has not been in a pair that came to an answer.
        case unknown
        /// It was in a good pair.
        case good
        /// It was in a bad pair and waits for its second.
        case suspect
        /// It was in a bad pair with a node that is good.
        case blamed
        /// It was in a bad pair, and no good node was left to pair it with.
        case undecided
    }

    /// Two nodes that are to test what is between them, by their places in the list.
    public struct Pair: Hashable, Sendable {
        /// The one with the smaller place.
        public var first: Int
        /// The other one.
        public var second: Int

        /// Puts two places in order.
        public init(_ one: Int, _ other: Int) {
            first = min(one, other)
            second = max(one, other)
        }
    }

    /// How many nodes there are.
    public let count: Int
    /// What is known of each.
    public private(set) var standings: [Standing]
    /// The pass that runs: 1 or 2; 3 when all is said.
    public private(set) var pass = 1
    /// Pairs that were given out and have not been answered.
    public private(set) var open: [Pair] = []
    /// Pairs that were bad although both nodes are good elsewhere: the way between them.
    public private(set) var badWays: [Pair] = []
    private var badPairs: [Pair] = []
    private var hasBegun = false
    private var hasExtra = false

    /// Plans for so many nodes.
    public init(count: Int) {
        self.count = max(count, 0)
        standings = Array(repeating: .unknown, count: max(count, 0))
    }

    /// The pairs to run now, all at a time, since no node is in two of them; empty when the last
    /// ones are not answered yet, or all is said.
    public mutating func next() -> [Pair] {
        guard open.isEmpty, pass < 3 else { return [] }
        if !hasBegun {
            hasBegun = true
            open = stride(from: 0, to: count - 1, by: 2).map { Pair($0, $0 + 1) }
            if !open.isEmpty { return open }
        }
        if !hasExtra {
            hasExtra = true
            // Of an odd number one is left, and meets a node that was good.
            if count > 1, count % 2 == 1 {
                let partner = standings.firstIndex(of: .good) ?? 0
                open = [Pair(partner, count - 1)]
                return open
            }
        }
        pass = 2
        let suspects = standings.indices.filter { standings[$0] == .suspect }
        let good = standings.indices.filter { standings[$0] == .good }
        if suspects.isEmpty || good.isEmpty {
            for suspect in suspects { standings[suspect] = .undecided }
            finish()
            return []
        }
        open = zip(suspects, good).map { Pair($0, $1) }
        return open
    }

    /// Takes the answer of a pair in; one that was not given out is passed over. `nil` says that
    /// there was no answer, which speaks against neither.
    public mutating func answer(_ pair: Pair, isGood: Bool?) {
        guard let index = open.firstIndex(of: pair) else { return }
        open.remove(at: index)
        let members = [pair.first, pair.second]
        guard let isGood else {
            for member in members where standings[member] == .suspect {
                standings[member] = .undecided
            }
            return
        }
        if isGood {
            for member in members where standings[member] != .blamed { standings[member] = .good }
            return
        }
        badPairs.append(pair)
        if pass == 2 {
            for member in members where standings[member] == .suspect {
                standings[member] = .blamed
            }
        } else {
            for member in members where standings[member] == .unknown {
                standings[member] = .suspect
            }
        }
    }

    private mutating func finish() {
        pass = 3
        badWays = badPairs.filter { standings[$0.first] == .good && standings[$0.second] == .good }
    }
}
