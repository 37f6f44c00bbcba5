import FleetModel

/// Ranks nodes for one member by the placement rule in force; lower is better.
///
/// A score depends only on the node, the shape and the workload profile, so that an index can keep
/// it until one of them changes.
struct NodeScorer: Sendable {
    /// The rule.
    private(set) var rule: PlacementRule
    /// What the fleet is expected to run.
    var profile = WorkloadProfile()

    init(rule: PlacementRule) { self.rule = rule }

    /// Grows when scores change for another reason than a change of the node.
    var version: Int {
        switch rule {
        case .standard: profile.valueVersion
        case .fgd: profile.classVersion
        case .bestFit, .packing, .random: 0
        }
    }

    /// Whether the choice among equal nodes is drawn; otherwise the first in topology order is
    /// taken, as the simulator that FGD was published with does.
    var drawsTies: Bool { rule == .random }

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
            var free = fleet.wholeFree[node] & ~fleet.claimed[node]
            for _ in 0..<request.devices {
                chosen |= free & (0 &- free)
                free &= free - 1
            }
            return chosen
        }
        switch rule {
        case .standard: return 1 << UInt64(mostValuable(node, shape: shape, fleet: fleet).device)
        case .fgd: return 1 << UInt64(leastFragmenting(node, shape: shape, fleet: fleet).device)
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

    /// FGD's score when a member of `shape` takes its best devices, and the device when it takes a
    /// part of one; the first device among equals.
    private func leastFragmenting(
        _ node: Int, shape: Shape, fleet: FleetState
    ) -> (score: Int64, device: Int) {
        var view = NodeView(node, of: fleet)
        let weight = max(1, profile.totalWeight)
        let before = view.fragmentation(profile)
        view.host = view.host - shape.request.host
        guard shape.request.isFractional else {
            view.takeWhole(Int(shape.request.devices))
            let growth = view.fragmentation(profile) - before
            return (Sigmoid.percent(growth: growth, weight: weight), -1)
        }
        let milli = shape.request.deviceMilli
        var best = (score: Int64.min, device: -1)
        for device in 0..<view.deviceCount where view.deviceFree[device] >= milli {
            let free = view.deviceFree[device]
            if (0..<device).contains(where: { view.deviceFree[$0] == free }) { continue }
            view.deviceFree[device] = free - milli
            let growth = view.fragmentation(profile) - before
            view.deviceFree[device] = free
            let score = Sigmoid.percent(growth: growth, weight: weight)
            if score > best.score { best = (score, device) }
        }
        return best
    }

    /// By how much the value of the node's holes rises, or falls least, and the device that a part
    /// of one is taken from; the first device among equals.
    private func mostValuable(
        _ node: Int, shape: Shape, fleet: FleetState
    ) -> (change: Int64, device: Int) {
        let holes = profile.values.holes
        let milli = Int(shape.request.deviceMilli)
        guard shape.request.isFractional else {
            let fall = holes[1000] - holes[0]
            return (-fall * Int64(shape.request.devices), -1)
        }
        var best = (change: Int64.min, device: -1)
        let offset = Int(fleet.deviceOffset[node])
        let unhealthy = fleet.unhealthy[node] | fleet.claimed[node]
        for device in 0..<Int(fleet.deviceCount[node])
        where unhealthy & (1 << UInt64(device)) == 0 {
            let free = Int(fleet.deviceFree[offset + device])
            guard free >= milli else { continue }
            let change = holes[free - milli] - holes[free]
            if change > best.change { best = (change, device) }
        }
        return best
    }

    /// The change of ``PlacementValues`` that a member makes, largest first; among equals the node
    /// with fewer whole devices left for a member that takes whole ones, then the sounder one.
    private func standardScore(_ node: Int, shape: Shape, fleet: FleetState) -> Int64 {
        let request = shape.request
        let values = profile.values
        let idle = fleet.freeDeviceMilli(node)
        let cpu = fleet.hostFree[node].cpuMilli
        let cpuLeft = cpu - request.host.cpuMilli
        let whole = fleet.wholeFree[node].nonzeroBitCount
        let kind = fleet.kind[node]
        var gain =
            1024
            * (values.fed(idle: idle - request.gpuMilli, cpuMilli: cpuLeft)
                - values.fed(idle: idle, cpuMilli: cpu))
        var wholeLeft = whole
        if request.devices > 0 {
            let (change, device) = mostValuable(node, shape: shape, fleet: fleet)
            let isBreaking =
                device >= 0 && fleet.wholeFree[node] & (1 << UInt64(device)) != 0
            wholeLeft -= request.isFractional ? (isBreaking ? 1 : 0) : Int(request.devices)
            gain += 2 * change - values.kindPrices[Int(kind)] * request.gpuMilli
        }
        if !values.sets.isEmpty && kind != FleetState.noKind {
            let kindBit: UInt64 = 1 << UInt64(kind)
            let count = Int(fleet.deviceCount[node])
            gain +=
                values.setsValue(
                    wholeDevices: wholeLeft, cpuMilli: cpuLeft, kindBit: kindBit,
                    devicesOnNode: count)
                - values.setsValue(
                    wholeDevices: whole, cpuMilli: cpu, kindBit: kindBit, devicesOnNode: count)
        }
        let takesWhole = request.devices > 0 && request.deviceMilli == 1000
        let sick = Int64(fleet.unhealthy[node].nonzeroBitCount)
        return -(gain << 14) + (takesWhole ? Int64(whole) << 7 : 0) + sick
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
        -leastFragmenting(node, shape: shape, fleet: fleet).score
    }
}

extension NodeScorer: SnapshotValue {
    static var blank: NodeScorer { NodeScorer(rule: .standard) }

    mutating func pass(through coder: inout SnapshotCoder) {
        coder.field(&rule)
        coder.field(&profile)
    }
}
