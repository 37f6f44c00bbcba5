import FleetModel

/// What free parts of devices are worth, and how much GPU free CPU can feed.
///
/// A hole of `f` free thousandths is worth what is expected to be put in it: members that fit come
/// with their frequency, are shared with the other holes that would suit them as well, and leave a
/// smaller hole. A whole device is worth a little less than itself, so that holes are filled first.
/// The measure is Muster's own; `docs/decisions/0003-placement-score.md` has its derivation and the
/// comparison with FGD.
struct HoleValues: Hashable, Sendable {
    /// Value of a hole by free thousandths of one device, in 1/1024 of a thousandth.
    private(set) var values = [Int64](repeating: 0, count: 1001)
    /// Thousandths of a CPU core that a whole device's worth of members needs.
    private(set) var cpuMilliPerGPU: Int64 = 1

    /// How many times a member's frequency outweighs the wish to leave a hole empty.
    private static let patience: Int64 = 1024
    /// The value of a whole device: fifteen sixteenths of it.
    private static let wholeValue: Int64 = 960_000

    /// Values before anything is known: holes are worth nothing, whole devices nearly themselves.
    init() { values[1000] = HoleValues.wholeValue }

    /// Works out the table. O(1000 times sizes).
    ///
    /// `demand` counts devices asked for by thousandths; `below[f]` counts partly used devices with
    /// less than `f` thousandths free.
    init(demand: [Int64], below: [Int64], cpuMilliPerGPU: Int64) {
        let total = demand.reduce(0, +)
        let sizes = (1..<1000).filter { demand[$0] > 0 }
        values[1000] = HoleValues.wholeValue
        self.cpuMilliPerGPU = max(1, cpuMilliPerGPU)
        guard total > 0 else { return }
        for free in 1..<1000 {
            var gain: Int64 = 0
            var weight = total << 16
            for size in sizes where size <= free {
                let rivals = max(1, below[free + 1] - below[size])
                let rate = (demand[size] * HoleValues.patience) << 16 / rivals
                weight += rate
                gain += rate * (Int64(size) * 1024 + values[free - size])
            }
            values[free] = gain / weight
        }
    }

    /// The part of idle GPU thousandths that free CPU can feed.
    func fed(idle: Int64, cpuMilli: Int64) -> Int64 {
        min(idle, max(0, cpuMilli) * 1000 / cpuMilliPerGPU)
    }
}

/// The demand that hole values are worked out from: counts that fade, so that they follow changes.
struct HoleDemand: Sendable {
    private var devicesBySize = [Int64](repeating: 0, count: 1001)
    private var total: Int64 = 0
    private var cpuMilli: Int64 = 0
    private var gpuMilli: Int64 = 0

    /// Devices counted before all counts are halved.
    private static let window: Int64 = 16_384

    /// Counts members of a request.
    mutating func add(_ request: MemberRequest, members: Int64) {
        guard request.devices > 0 else { return }
        let devices = members * Int64(request.devices)
        devicesBySize[Int(request.deviceMilli)] += devices
        total += devices
        cpuMilli += members * request.host.cpuMilli
        gpuMilli += members * request.gpuMilli
        while total > HoleDemand.window { halve() }
    }

    /// Whether parts of devices are asked for at all.
    var hasParts: Bool { total > devicesBySize[1000] }

    /// CPU per whole GPU that the counted members ask; nil while none was counted.
    var cpuMilliPerGPU: Int64? {
        gpuMilli > 0 ? max(1, cpuMilli * 1000 / gpuMilli) : nil
    }

    /// The table for the fleet as it is now. O(devices + 1000 times sizes).
    func values(for fleet: FleetState) -> HoleValues {
        HoleValues(
            demand: devicesBySize, below: fleet.partlyFreeBelow(),
            cpuMilliPerGPU: cpuMilliPerGPU ?? fleet.cpuMilliPerGPU())
    }

    private mutating func halve() {
        for size in devicesBySize.indices { devicesBySize[size] /= 2 }
        total = devicesBySize.reduce(0, +)
        cpuMilli /= 2
        gpuMilli /= 2
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
}
