import FleetModel

/// How many good nodes of a pool are kept free for large gangs, and how large these are.
public struct SparePolicy: Hashable, Sendable {
    /// How many.
    public enum Amount: Hashable, Sendable {
        /// So many nodes.
        case nodes(Int32)
        /// So many thousandths of the pool's nodes with devices, rounded up. Published practice is
        /// 20 to 100.
        case share(milli: Int32)
    }

    /// How many nodes are kept.
    public var amount: Amount
    /// GPUs of the smallest gang that may stand on them.
    public var leastGPUs: Int32

    /// Gathers a policy.
    public init(_ amount: Amount, leastGPUs: Int32) {
        self.amount = amount
        self.leastGPUs = leastGPUs
    }

    /// Nodes that a policy may name.
    public static let nodes: ClosedRange<Int64> = 1...Int64(FleetLimits.nodes)
    /// Thousandths of a pool that a policy may name: up to half of it.
    public static let shares: ClosedRange<Int64> = 1...500
    /// Sizes of gangs that a policy may name; a single GPU is no gang.
    public static let sizes: ClosedRange<Int64> = 2...1_000_000

    /// The same size in the engine's unit.
    public var leastMilli: Int64 { Int64(leastGPUs) * 1000 }

    /// How many of so many nodes are to be kept.
    public func wanted(of nodes: Int) -> Int {
        switch amount {
        case .nodes(let count): Int(count)
        case .share(let milli): (nodes * Int(milli) + 999) / 1000
        }
    }
}
