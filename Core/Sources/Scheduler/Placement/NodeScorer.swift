import FleetModel

/// Ranks nodes for one member by the placement rule in force; lower is better.
///
/// A score depends only on the node, the shape and the workload profile, so that an index can keep
/// it until one of them changes.
struct NodeScorer: Sendable {
    /// The rule.
    let rule: PlacementRule
    /// What the fleet is expected to run.
    var profile = WorkloadProfile()

    init(rule: PlacementRule) { self.rule = rule }

    /// Grows when scores change for another reason than a change of the node.
    var version: Int {
        switch rule {
        case .standard, .fgd: profile.version
        case .bestFit, .packing, .random: 0
        }
    }

    /// Whether equal nodes are drawn from at random, as the published rules demand.
    var drawsTies: Bool { rule != .standard }

    /// The rank of a node that has room for a member of `shape`.
    func score(_ node: Int, shape: Shape, fleet: FleetState) -> Int64 {
        switch rule {
        case .standard: standardScore(node, shape: shape, fleet: fleet)
        case .bestFit: bestFitScore(node, shape: shape, fleet: fleet)
        case .packing: packingScore(node, shape: shape, fleet: fleet)
        case .random: 0
        case .fgd: fgdScore(node, shape: shape, fleet: fleet)
        }
    }

    /// The devices that a member gets on a node that has room for it.
    func devices(_ node: Int, shape: Shape, fleet: FleetState) -> UInt64 {
        let request = shape.request
        guard request.devices > 0 else { return 0 }
        guard request.isFractional else {
            var chosen: UInt64 = 0
            var free = fleet.wholeFree[node]
            for _ in 0..<request.devices {
                chosen |= free & (0 &- free)
                free &= free - 1
            }
            return chosen
        }
        switch rule {
        case .standard, .fgd:
            return 1 << UInt64(leastFragmenting(node, shape: shape, fleet: fleet).device)
        case .bestFit, .packing, .random:
            return 1 << UInt64(tightestDevice(node, shape: shape, fleet: fleet))
        }
    }

    private func tightestDevice(_ node: Int, shape: Shape, fleet: FleetState) -> Int {
        let view = NodeView(node, of: fleet)
        var best = -1
        for device in 0..<view.deviceCount
        where view.deviceFree[device] >= shape.request.deviceMilli {
            if best < 0 || view.deviceFree[device] < view.deviceFree[best] { best = device }
        }
        precondition(best >= 0, "a node without room was chosen")
        return best
    }

    /// The growth of fragmentation when a member of `shape` takes its best devices, and the device
    /// when it takes a part of one.
    private func leastFragmenting(
        _ node: Int, shape: Shape, fleet: FleetState
    ) -> (growth: Int64, device: Int) {
        var view = NodeView(node, of: fleet)
        let before = view.fragmentation(profile)
        view.host = view.host - shape.request.host
        guard shape.request.isFractional else {
            view.takeWhole(Int(shape.request.devices))
            return (view.fragmentation(profile) - before, -1)
        }
        let milli = shape.request.deviceMilli
        var best = (growth: Int64.max, device: -1)
        for device in 0..<view.deviceCount where view.deviceFree[device] >= milli {
            let free = view.deviceFree[device]
            let isRepeat = (0..<device).contains { view.deviceFree[$0] == free }
            if isRepeat { continue }
            view.deviceFree[device] = free - milli
            let growth = view.fragmentation(profile) - before
            view.deviceFree[device] = free
            let isTighter =
                best.device >= 0 && growth == best.growth
                && free < view.deviceFree[best.device]
            if growth < best.growth || isTighter { best = (growth, device) }
        }
        return best
    }

    private func standardScore(_ node: Int, shape: Shape, fleet: FleetState) -> Int64 {
        let growth = leastFragmenting(node, shape: shape, fleet: fleet).growth
        let free = fleet.freeDeviceMilli(node)
        let sick = Int64(fleet.unhealthy[node].nonzeroBitCount)
        return growth * 1024 * 128 + min(free, 1000 * 64) / 64 * 64 + sick
    }

    /// FGD's `BestFit`: `floor(100 (1 - cpuAfter / 256,000 - gpuAfter / 16,000))`, largest first.
    private func bestFitScore(_ node: Int, shape: Shape, fleet: FleetState) -> Int64 {
        let cpu = fleet.hostFree[node].cpuMilli - shape.request.host.cpuMilli
        let gpu = fleet.freeDeviceMilli(node) - shape.request.gpuMilli
        let scaled = 12_800_000 - 50 * cpu - 800 * gpu
        let floored = scaled >= 0 ? scaled / 128_000 : -((127_999 - scaled) / 128_000)
        return -floored
    }

    private func packingScore(_ node: Int, shape: Shape, fleet: FleetState) -> Int64 {
        let free = fleet.freeDeviceMilli(node)
        let isIdle = free == fleet.serviceMilli(node)
        if shape.request.isFractional {
            let view = NodeView(node, of: fleet)
            let shares = (0..<view.deviceCount).contains {
                view.deviceFree[$0] < 1000 && view.deviceFree[$0] >= shape.request.deviceMilli
            }
            if shares { return free }
        }
        return free + (isIdle ? 2_000_000 : 1_000_000)
    }

    /// FGD: `floor(100 sigmoid(-growth / 1000))`, largest first.
    private func fgdScore(_ node: Int, shape: Shape, fleet: FleetState) -> Int64 {
        let growth = leastFragmenting(node, shape: shape, fleet: fleet).growth
        return -Sigmoid.percent(growth: growth, weight: max(1, profile.totalWeight))
    }
}
