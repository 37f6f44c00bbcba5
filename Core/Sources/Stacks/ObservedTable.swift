import FleetModel
import Qualification

/// A version of a part, as the observed table tells tuples apart.
public struct TupleVersion: Hashable, Sendable {
    /// The part.
    public var part: StackPart
    /// Its version.
    public var text: String

    /// Pairs both.
    public init(_ part: StackPart, _ text: String) {
        self.part = part
        self.text = text
    }
}

/// What one attempt of a job used, node by node, and how it ended.
public struct StackUse: Hashable, Sendable {
    /// What it used of one node.
    public struct Share: Hashable, Sendable {
        /// The node.
        public var node: NodeID
        /// Thousandths of GPUs times seconds.
        public var gpuMilliSeconds: Int64

        /// Pairs both.
        public init(node: NodeID, gpuMilliSeconds: Int64) {
            self.node = node
            self.gpuMilliSeconds = gpuMilliSeconds
        }
    }

    /// Its nodes, each once.
    public var shares: [Share]
    /// Whether hardware or what drives it ended it: a fault, a hang, the network.
    public var isFailure: Bool
    /// The node that is to blame for that, if one is.
    public var suspect: NodeID?

    /// Gathers what was used.
    public init(shares: [Share], isFailure: Bool, suspect: NodeID? = nil) {
        self.shares = shares
        self.isFailure = isFailure
        self.suspect = suspect
    }
}

/// What the fleet has seen of one tuple of versions.
public struct ObservedTuple: Hashable, Sendable {
    /// The versions, in the order of parts; none where nobody told any.
    public var versions: [TupleVersion]
    /// Thousandths of GPUs times seconds in all.
    public var gpuMilliSeconds: Int64 = 0
    /// Those of them in attempts that no fault ended, or that another node's fault did.
    public var greenMilliSeconds: Int64 = 0
    /// Attempts that used it.
    public var attempts: Int64 = 0
    /// Attempts that a fault ended: on a node with it, or on nobody knows which.
    public var failures: Int64 = 0

    /// Nothing was seen of these versions yet.
    public init(versions: [TupleVersion]) {
        self.versions = versions
    }

    /// Whole GPU-hours in all.
    public var gpuHours: Int64 { gpuMilliSeconds / 3_600_000 }
    /// Whole GPU-hours without a fault.
    public var greenHours: Int64 { greenMilliSeconds / 3_600_000 }
}

/// Which tuples of versions ran for how long, and how often they failed. Sums are exact, and stop
/// at the largest number that there is.
public struct ObservedTable: Hashable, Sendable {
    /// The rows, in the order in which they were first seen.
    public internal(set) var rows: [ObservedTuple] = []
    /// What tuples beyond ``most`` add up to.
    public internal(set) var others = ObservedTuple(versions: [])

    /// Tuples that are told apart.
    public static let most = 1024

    /// The row of a tuple; nil for the one of all others.
    private mutating func row(of tuple: [TupleVersion]) -> Int? {
        if let known = rows.firstIndex(where: { $0.versions == tuple }) { return known }
        guard rows.count < ObservedTable.most else { return nil }
        rows.append(ObservedTuple(versions: tuple))
        return rows.count - 1
    }

    /// Adds an attempt; `tuple` says what a node has.
    mutating func add(_ use: StackUse, tuple: (NodeID) -> [TupleVersion]) {
        var touched: [(row: Int?, isBlamed: Bool)] = []
        for share in use.shares {
            let row = row(of: tuple(share.node))
            let isBlamed = use.isFailure && (use.suspect ?? share.node) == share.node
            let amount = max(0, share.gpuMilliSeconds)
            change(row) { known in
                ObservedTable.add(amount, to: &known.gpuMilliSeconds)
                if !isBlamed { ObservedTable.add(amount, to: &known.greenMilliSeconds) }
            }
            if let index = touched.firstIndex(where: { $0.row == row }) {
                touched[index].isBlamed = touched[index].isBlamed || isBlamed
            } else {
                touched.append((row, isBlamed))
            }
        }
        for (row, isBlamed) in touched {
            change(row) { known in
                ObservedTable.add(1, to: &known.attempts)
                if isBlamed { ObservedTable.add(1, to: &known.failures) }
            }
        }
    }

    private mutating func change(_ row: Int?, _ body: (inout ObservedTuple) -> Void) {
        if let row { body(&rows[row]) } else { body(&others) }
    }

    private static func add(_ amount: Int64, to sum: inout Int64) {
        let (result, overflow) = sum.addingReportingOverflow(amount)
        sum = overflow ? .max : result
    }
}
