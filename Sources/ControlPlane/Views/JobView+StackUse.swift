import FleetModel
import Stacks
import Store

extension JobView {
    /// What the present attempt uses of its nodes up to a time; nil while it does not run with all
    /// of its members. What it used is counted for good when it ends.
    public func runningUse(at now: Instant) -> StackUse? {
        guard row.state == .running || row.state == .stopping, let runningAt else { return nil }
        let shares = stackShares(of: now - runningAt)
        return shares.isEmpty ? nil : StackUse(shares: shares, isFailure: false)
    }

    /// What it used of which nodes in a time. Fractions go to the nodes by their devices, so that
    /// the sum is exactly what it held.
    func stackShares(of span: TimeSpan) -> [StackUse.Share] {
        var weights: [(node: NodeID, weight: Int128)] = []
        var slots: [NodeID: Int] = [:]
        for member in members {
            let weight = Int128(max(1, member.placement.devices.nonzeroBitCount))
            if let slot = slots[member.placement.node] {
                weights[slot].weight += weight
            } else {
                slots[member.placement.node] = weights.count
                weights.append((member.placement.node, weight))
            }
        }
        let total = weights.reduce(Int128(0)) { $0 + $1.weight }
        guard total > 0, row.gpuMilli > 0 else { return [] }
        let held = Int128(max(0, span.nanoseconds)) * Int128(row.gpuMilli) / 1_000_000_000
        var (shares, given, seen) = ([StackUse.Share](), Int128(0), Int128(0))
        for (node, weight) in weights {
            seen += weight
            let until = held * seen / total
            shares.append(
                StackUse.Share(node: node, gpuMilliSeconds: Int64(clamping: until - given)))
            given = until
        }
        return shares
    }
}
