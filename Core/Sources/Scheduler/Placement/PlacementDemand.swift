import FleetModel

/// What jobs ask for, as far as placement values are worked out from it. Counts fade, so that they
/// follow changes of the workload.
struct PlacementDemand: Sendable {
    private struct SetDemand: Hashable, SnapshotValue {
        var bucket: Int64
        var devices: Int
        var kinds: UInt64
        var cpuMilli: Int64
        var gpuMilli: Int64

        static var blank: SetDemand {
            SetDemand(bucket: 0, devices: 0, kinds: 0, cpuMilli: 0, gpuMilli: 0)
        }

        mutating func pass(through coder: inout SnapshotCoder) {
            coder.field(&bucket)
            coder.field(&devices)
            coder.field(&kinds)
            coder.field(&cpuMilli)
            coder.field(&gpuMilli)
        }
    }

    private var devicesBySize = [Int64](repeating: 0, count: 1001)
    private var total: Int64 = 0
    private var cpuMilli: Int64 = 0
    private var gpuMilli: Int64 = 0
    private var sets: [SetDemand] = []
    private var insisting = [Int64](repeating: 0, count: FleetLimits.acceleratorKinds)

    /// CPU of one member that is counted at most: far beyond hardware, and far from overflow when
    /// multiplied by the weight of a class and a thousand.
    private static let countedCPUMilli: Int64 = 1 << 26
    /// Devices counted before all counts are halved.
    private static let window: Int64 = 16_384
    /// Kinds of sets that are counted; further ones are passed over until some have faded.
    private static let countedSets = 256
    /// How many times a member's frequency outweighs the wish to leave a hole empty.
    private static let patience: Int64 = 1024
    /// The price of a set that is as scarce as it is wanted, per device: a quarter of it.
    private static let setPrice: Int64 = 256_000
    /// The most that a kind can cost beyond its use: twice it.
    private static let kindPriceLimit: Int64 = 2048

    /// Counts members of a shape.
    mutating func add(_ shape: Shape, members: Int64, fleet: FleetState) {
        let request = shape.request
        guard request.devices > 0 else { return }
        let milli = members * request.gpuMilli
        devicesBySize[Int(request.deviceMilli)] += members * Int64(request.devices)
        total += members * Int64(request.devices)
        cpuMilli += members * min(request.host.cpuMilli, PlacementDemand.countedCPUMilli)
        gpuMilli += milli
        if request.devices > 1 { addSet(shape, milli: milli) }
        addInsisting(shape.kinds.bits, milli: milli, fleet: fleet)
        while total > PlacementDemand.window { fade() }
    }

    /// Whether parts of devices are asked for at all.
    var hasParts: Bool { total > devicesBySize[1000] }

    /// The values for the fleet as it is now. O(devices + 1000 times sizes + nodes times sets).
    func values(for fleet: FleetState) -> PlacementValues {
        var values = PlacementValues()
        values.cpuMilliPerGPU =
            gpuMilli > 0 ? max(1, cpuMilli * 1000 / gpuMilli) : fleet.cpuMilliPerGPU()
        if hasParts { priceHoles(&values.holes, below: fleet.partlyFreeBelow()) }
        guard gpuMilli > 0 else { return values }
        let supply = fleet.schedulableMilli.reduce(0, +)
        for kind in insisting.indices where fleet.schedulableMilli[kind] > 0 {
            let share = insisting[kind] * 1024 / gpuMilli
            let price = PlacementDemand.scaled(share, supply, over: fleet.schedulableMilli[kind])
            values.kindPrices[kind] = min(PlacementDemand.kindPriceLimit, price)
        }
        values.sets = pricedSets(fleet, supply: supply)
        return values
    }

    /// `below[f]` counts partly used devices with less than `f` thousandths free.
    private func priceHoles(_ holes: inout [Int64], below: [Int64]) {
        let sizes = (1..<1000).filter { devicesBySize[$0] > 0 }
        for free in 1..<1000 {
            var gain: Int64 = 0
            var weight = total << 16
            for size in sizes where size <= free {
                let rivals = max(1, below[free + 1] - below[size])
                let rate = (devicesBySize[size] * PlacementDemand.patience) << 16 / rivals
                weight += rate
                gain += rate * (Int64(size) * 1024 + holes[free - size])
            }
            holes[free] = gain / weight
        }
    }

    private func pricedSets(_ fleet: FleetState, supply: Int64) -> [PlacementValues.DeviceSet] {
        var priced: [(set: PlacementValues.DeviceSet, wanted: Int64)] = []
        for demand in sets {
            var set = PlacementValues.DeviceSet(
                devices: demand.devices, cpuMilli: demand.cpuMilli, kinds: demand.kinds, price: 0)
            let size = Int64(demand.devices) * 1000
            let available = max(1, fleet.count(of: set) * size)
            let wanted = PlacementDemand.scaled(demand.gpuMilli, supply, over: gpuMilli) >> 3
            let scarce = min(available, max(4 * size, wanted))
            let full = PlacementDemand.setPrice * Int64(demand.devices)
            set.price = PlacementDemand.rounded(
                PlacementDemand.scaled(full, scarce, over: available))
            if set.price > 0 { priced.append((set, demand.gpuMilli)) }
        }
        if priced.count > PlacementValues.setLimit {
            let order = priced.indices.sorted {
                priced[$0].wanted != priced[$1].wanted
                    ? priced[$0].wanted > priced[$1].wanted : $0 < $1
            }
            priced = order.prefix(PlacementValues.setLimit).sorted().map { priced[$0] }
        }
        return priced.map(\.set)
    }

    private mutating func addSet(_ shape: Shape, milli: Int64) {
        let bucket = PlacementDemand.rounded(shape.request.host.cpuMilli)
        let devices = Int(shape.request.devices)
        let known = sets.firstIndex {
            $0.bucket == bucket && $0.devices == devices && $0.kinds == shape.kinds.bits
        }
        if let known {
            sets[known].gpuMilli += milli
            sets[known].cpuMilli = max(sets[known].cpuMilli, shape.request.host.cpuMilli)
        } else if sets.count < PlacementDemand.countedSets {
            sets.append(
                SetDemand(
                    bucket: bucket, devices: devices, kinds: shape.kinds.bits,
                    cpuMilli: shape.request.host.cpuMilli, gpuMilli: milli))
        }
    }

    /// Demand that does not accept every kind is spread over those that it accepts, by their
    /// supply.
    private mutating func addInsisting(_ kinds: UInt64, milli: Int64, fleet: FleetState) {
        var accepted: Int64 = 0
        var isPicky = false
        for kind in insisting.indices where fleet.schedulableMilli[kind] > 0 {
            if kinds & (1 << UInt64(kind)) != 0 {
                accepted += fleet.schedulableMilli[kind]
            } else {
                isPicky = true
            }
        }
        guard isPicky, accepted > 0 else { return }
        for kind in insisting.indices where kinds & (1 << UInt64(kind)) != 0 {
            insisting[kind] += PlacementDemand.scaled(
                milli, fleet.schedulableMilli[kind], over: accepted)
        }
    }

    private mutating func fade() {
        for size in devicesBySize.indices { devicesBySize[size] /= 2 }
        for kind in insisting.indices { insisting[kind] /= 2 }
        for set in sets.indices { sets[set].gpuMilli /= 2 }
        sets.removeAll { $0.gpuMilli == 0 }
        total = devicesBySize.reduce(0, +)
        cpuMilli /= 2
        gpuMilli /= 2
    }

    /// The three leading bits of a number: small changes of demand leave it, and so all scores,
    /// alone.
    private static func rounded(_ value: Int64) -> Int64 {
        guard value >= 8 else { return max(0, value) }
        let shift = Int64(61 - value.leadingZeroBitCount)
        return (value >> shift) << shift
    }

    /// `value` times `factor` over `divisor`, rounded down; all at least 0, the divisor above it.
    private static func scaled(_ value: Int64, _ factor: Int64, over divisor: Int64) -> Int64 {
        let product = value.multipliedFullWidth(by: factor)
        guard product.high < divisor else { return .max }
        return divisor.dividingFullWidth(product).quotient
    }
}

extension FleetState {
    /// By `f` from 0 to 1001: devices in service, partly used, with less than `f` thousandths free.
    func partlyFreeBelow() -> [Int64] {
        var counts = [Int64](repeating: 0, count: 1002)
        for node in 0..<nodeCount where takesWork(node) {
            let offset = Int(deviceOffset[node])
            for device in 0..<Int(deviceCount[node]) {
                let free = Int(deviceFree[offset + device])
                if free < 1000 && unhealthy[node] & (1 << UInt64(device)) == 0 {
                    counts[free + 1] += 1
                }
            }
        }
        for free in 1..<counts.count { counts[free] += counts[free - 1] }
        return counts
    }

    /// Thousandths of CPU cores per GPU over all nodes with devices that take work.
    func cpuMilliPerGPU() -> Int64 {
        var cpuMilli: Int64 = 0
        var devices: Int64 = 0
        for node in 0..<nodeCount where takesWork(node) && deviceCount[node] > 0 {
            cpuMilli += hostTotal[node].cpuMilli
            devices += Int64(deviceCount[node])
        }
        return max(1, cpuMilli / max(1, devices))
    }

    /// How many sets of a kind are free on all nodes. O(nodes).
    func count(of set: PlacementValues.DeviceSet) -> Int64 {
        var count: Int64 = 0
        for node in 0..<nodeCount where takesWork(node) && kind[node] != FleetState.noKind {
            count += set.count(
                wholeDevices: wholeFree[node].nonzeroBitCount, cpuMilli: hostFree[node].cpuMilli,
                kindBit: 1 << UInt64(kind[node]))
        }
        return count
    }
}

extension PlacementDemand: SnapshotValue {
    static var blank: PlacementDemand { PlacementDemand() }

    mutating func pass(through coder: inout SnapshotCoder) {
        coder.field(&devicesBySize)
        coder.field(&total)
        coder.field(&cpuMilli)
        coder.field(&gpuMilli)
        coder.field(&sets)
        coder.field(&insisting)
    }
}
