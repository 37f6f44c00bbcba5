import FleetModel

/// What is free on one node, in a form that a score can change in thought.
struct NodeView {
    /// Free thousandths of each device in service; 0 for devices out of service.
    var deviceFree: InlineArray<64, Int32>
    /// Devices.
    let deviceCount: Int
    /// Free host resources.
    var host: HostResources
    /// The kind's bit; none for nodes without devices.
    let kindBit: UInt64

    init(_ node: Int, of fleet: FleetState) {
        deviceFree = InlineArray(repeating: 0)
        deviceCount = Int(fleet.deviceCount[node])
        host = fleet.hostFree[node]
        let kind = fleet.kind[node]
        kindBit = kind == FleetState.noKind ? 0 : 1 << UInt64(kind)
        let offset = Int(fleet.deviceOffset[node])
        let unhealthy = fleet.unhealthy[node] | fleet.claimed[node]
        for device in 0..<deviceCount where unhealthy & (1 << UInt64(device)) == 0 {
            deviceFree[device] = Int32(fleet.deviceFree[offset + device])
        }
    }

    /// Free thousandths of all devices.
    var freeMilli: Int64 {
        var sum: Int64 = 0
        for device in 0..<deviceCount { sum += Int64(deviceFree[device]) }
        return sum
    }

    /// Takes whole devices, lowest first.
    mutating func takeWhole(_ count: Int) {
        var left = count
        for device in 0..<deviceCount where left > 0 && deviceFree[device] == 1000 {
            deviceFree[device] = 0
            left -= 1
        }
    }

    /// The weighted idle thousandths that some class cannot use, in thousandths times weight.
    ///
    /// The measure of Weng et al., ATC 2023, section 3 (`pkg/utils/frag.go` of the authors'
    /// simulator): for each class all idle capacity when a member does not fit the node, else what
    /// lies on devices with too little room for it. O(classes).
    func fragmentation(_ profile: WorkloadProfile) -> Int64 {
        let idle = freeMilli
        guard idle > 0 else { return 0 }
        var usable = InlineArray<64, Int64>(repeating: 0)
        var sorted = InlineArray<64, Int32>(repeating: 0)
        var kinds = 0
        var whole = 0
        for device in 0..<deviceCount where deviceFree[device] > 0 {
            if deviceFree[device] == 1000 {
                whole += 1
            } else {
                sorted[kinds] = deviceFree[device]
                kinds += 1
            }
        }
        for index in 0..<kinds { usable[index] = Int64(sorted[index]) }
        let wholeMilli = Int64(whole) * 1000
        var used: Int64 = 0
        for entry in profile.entries {
            guard entry.kinds & kindBit != 0, host.contains(entry.host) else { continue }
            if entry.devices == 1 && entry.deviceMilli < 1000 {
                var sum = wholeMilli
                for index in 0..<kinds where sorted[index] >= entry.deviceMilli {
                    sum += usable[index]
                }
                used += entry.weight * sum
            } else if whole >= Int(entry.devices) {
                used += entry.weight * wholeMilli
            }
        }
        return idle * profile.totalWeight - used
    }
}
