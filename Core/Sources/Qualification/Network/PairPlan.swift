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
    private var hasLeft: [Bool]
    /// Pairs of each that brought no answer although both were there.
    private var silences: [Int]

    /// Pairs without an answer after which a node is given no further one.
    public static let mostSilences = 2

    /// Plans for so many nodes.
    public init(count: Int) {
        let count = max(count, 0)
        self.count = count
        standings = Array(repeating: .unknown, count: count)
        hasLeft = Array(repeating: false, count: count)
        silences = Array(repeating: 0, count: count)
    }

    /// The pairs to run now, all at a time, since no node is in two of them; empty when the last
    /// ones are not answered yet, or all is said.
    public mutating func next() -> [Pair] {
        guard open.isEmpty, pass < 3 else { return [] }
        open = pass == 1 ? firstPass() : []
        if !open.isEmpty { return open }
        pass = 2
        open = secondPass()
        if open.isEmpty { finish() }
        return open
    }

    /// A good node for each suspect, other than one that it was already bad with, or the way
    /// between the two would be its fault. A suspect for which there is none stays undecided.
    private mutating func secondPass() -> [Pair] {
        let good = present(.good)
        var used: Set<Int> = []
        var pairs: [Pair] = []
        for suspect in present(.suspect) {
            let partners = good.filter { !badPairs.contains(Pair($0, suspect)) }
            if partners.isEmpty {
                standings[suspect] = .undecided
            } else if let partner = partners.first(where: { !used.contains($0) }) {
                used.insert(partner)
                pairs.append(Pair(suspect, partner))
            }
        }
        return pairs
    }

    /// Takes note that a node is not there any more: it is in no further pair, and the other one
    /// of its open pair gets another.
    public mutating func leave(_ place: Int) {
        guard standings.indices.contains(place) else { return }
        hasLeft[place] = true
        open.removeAll { $0.first == place || $0.second == place }
    }

    private func present(_ standing: Standing) -> [Int] {
        standings.indices.filter { standings[$0] == standing && !hasLeft[$0] }
    }

    /// Pairs for those that have been in none with an answer: each other at first, then somebody
    /// that was good, such as for the one that is left of an odd number.
    private mutating func firstPass() -> [Pair] {
        let unknown = present(.unknown).filter { silences[$0] < PairPlan.mostSilences }
        var partners: [Int] = []
        if hasBegun {
            partners = present(.good)
            // One whose partner is under suspicion may clear it.
            if partners.isEmpty { partners = present(.suspect) }
        }
        hasBegun = true
        if !partners.isEmpty { return zip(unknown, partners).map { Pair($0, $1) } }
        return stride(from: 0, to: unknown.count - 1, by: 2).map {
            Pair(unknown[$0], unknown[$0 + 1])
        }
    }

    /// Takes the answer of a pair in; one that was not given out is passed over. `nil` says that
    /// there was no answer, which speaks against neither.
    public mutating func answer(_ pair: Pair, isGood: Bool?) {
        guard let index = open.firstIndex(of: pair) else { return }
        open.remove(at: index)
        let members = [pair.first, pair.second]
        guard let isGood else {
            for member in members {
                silences[member] += 1
                if standings[member] == .suspect, pass == 2 { standings[member] = .undecided }
            }
            return
        }
        if isGood {
            for member in members where standings[member] != .blamed { standings[member] = .good }
            return
        }
        badPairs.append(pair)
        for member in members {
            if pass == 2, standings[member] == .suspect { standings[member] = .blamed }
            if pass == 1, standings[member] == .unknown { standings[member] = .suspect }
        }
    }

    /// Takes a good answer of the first pass back, in the light of others. Those who were good for
    /// no other reason are under suspicion.
    public mutating func doubt(_ pair: Pair, suspects: [Int]) {
        guard pass == 1 else { return }
        badPairs.append(pair)
        for suspect in suspects
        where standings.indices.contains(suspect) && standings[suspect] == .good {
            standings[suspect] = .suspect
        }
    }

    private mutating func finish() {
        pass = 3
        for place in standings.indices where standings[place] == .suspect {
            standings[place] = .undecided
        }
        badWays = badPairs.filter { standings[$0.first] == .good && standings[$0.second] == .good }
    }
}
