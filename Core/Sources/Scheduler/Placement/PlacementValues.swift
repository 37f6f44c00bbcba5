import FleetModel

/// What free capacity is worth, as the default placement rule sees it: worked out from time to time
/// from what jobs ask for and what is free, and used unchanged in between.
///
/// - A hole, the free part of a partly used device, is worth what is expected to be put in it.
///   Members that fit come with their frequency, are shared with the other holes that would suit
///   them as well, and leave a smaller hole. A whole device is worth a little less than itself, so
///   that holes are filled first.
/// - Free CPU is worth the GPU that it can feed.
/// - A set, several whole devices of one node with enough CPU, is worth more the scarcer such sets
///   are.
/// - A device of a kind that some jobs insist on is worth more to those who do not.
///
/// The rule is Muster's own; `docs/decisions/0003-placement-score.md` has the reasons and compares
/// it with FGD.
struct PlacementValues: Hashable, Sendable {
    /// Whole devices of one node, asked for together.
    struct DeviceSet: Hashable, Sendable {
        /// Devices.
        var devices: Int
        /// Thousandths of CPU cores that come with them.
        var cpuMilli: Int64
        /// Kinds that will do.
        var kinds: UInt64
        /// What one more or less is worth, in 1/1024 of a thousandth of a GPU.
        var price: Int64

        /// How many such sets a node has.
        @inline(__always)
        func count(wholeDevices: Int, cpuMilli free: Int64, kindBit: UInt64) -> Int64 {
            guard kinds & kindBit != 0, wholeDevices >= devices, free >= cpuMilli else { return 0 }
            let byDevices = Int64(wholeDevices / devices)
            return cpuMilli == 0 ? byDevices : min(byDevices, free / cpuMilli)
        }
    }

    /// Value of a hole by free thousandths of one device, in 1/1024 of a thousandth.
    var holes: [Int64]
    /// Thousandths of a CPU core that a whole device's worth of members needs.
    var cpuMilliPerGPU: Int64 = 1
    /// Sets that are worth something, at most ``setLimit``.
    var sets: [DeviceSet] = []
    /// By kind: what a thousandth of such a device costs beyond its use, in 1/1024 of a thousandth.
    var kindPrices = [Int64](repeating: 0, count: FleetLimits.acceleratorKinds)

    /// The value of a whole device: fifteen sixteenths of it.
    static let wholeDevice: Int64 = 960_000
    /// Kinds of sets that are priced; the most wanted are kept.
    static let setLimit = 16

    /// Values before anything is known: holes are worth nothing, whole devices nearly themselves.
    init() {
        holes = [Int64](repeating: 0, count: 1001)
        holes[1000] = PlacementValues.wholeDevice
    }

    /// The part of idle GPU thousandths that free CPU can feed.
    @inline(__always)
    func fed(idle: Int64, cpuMilli: Int64) -> Int64 {
        min(idle, max(0, cpuMilli) * 1000 / cpuMilliPerGPU)
    }

    /// The price of all sets that a node has. Sets of at most half of the node's devices are left
    /// out: there are enough of those wherever there is a larger one.
    @inline(__always)
    func setsValue(
        wholeDevices: Int, cpuMilli: Int64, kindBit: UInt64, devicesOnNode: Int
    ) -> Int64 {
        var value: Int64 = 0
        for set in sets where 2 * set.devices > devicesOnNode {
            value +=
                set.price
                * set.count(wholeDevices: wholeDevices, cpuMilli: cpuMilli, kindBit: kindBit)
        }
        return value
    }
}

extension PlacementValues.DeviceSet: SnapshotValue {
    static var blank: Self {
        PlacementValues.DeviceSet(devices: 1, cpuMilli: 0, kinds: 0, price: 0)
    }

    mutating func pass(through coder: inout SnapshotCoder) {
        coder.field(&devices)
        coder.field(&cpuMilli)
        coder.field(&kinds)
        coder.field(&price)
    }
}

extension PlacementValues: SnapshotValue {
    static var blank: PlacementValues { PlacementValues() }

    mutating func pass(through coder: inout SnapshotCoder) {
        coder.field(&holes)
        coder.field(&cpuMilliPerGPU)
        coder.field(&sets)
        coder.field(&kindPrices)
    }
}
