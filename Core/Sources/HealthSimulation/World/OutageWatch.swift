import FleetModel
import Health

/// What faults take out of the fleet, counted beside the engine's own books.
struct OutageWatch: Sendable {
    /// When the storm began.
    var stormFrom: Instant?
    private var taken: [(at: Instant, devices: Int64)] = []
    private(set) var lastHour: Int64 = 0
    /// Whether each node that is tested took work before.
    private var wasServing: [Bool] = []
    /// Bit `i` says that device `i` of a node is out by itself.
    private var devicesOut: [UInt64] = []

    private mutating func grow(to id: NodeID) {
        while wasServing.count <= id.index {
            wasServing.append(false)
            devicesOut.append(0)
        }
    }

    mutating func testedFrom(_ id: NodeID, takesWork: Bool) {
        grow(to: id)
        wasServing[id.index] = takesWork
    }

    /// Devices that a move takes out of service. An idle test takes nothing out unless it fails.
    mutating func devicesTaken(
        _ id: NodeID, _ device: Int32?, _ from: HealthState, _ to: HealthState,
        _ rule: DecisionRule, devices: Int
    ) -> Int64 {
        grow(to: id)
        if let device {
            let bit: UInt64 = 1 << UInt64(device)
            let wasOut = devicesOut[id.index] & bit != 0
            if to.takesWork { devicesOut[id.index] &= ~bit } else { devicesOut[id.index] |= bit }
            // What a test on arrival or after a repair finds was out with its node.
            let isOwn = rule == .partialFault || rule == .proofFailed && wasServing[id.index]
            return !to.takesWork && !wasOut && from.takesWork && isOwn ? 1 : 0
        }
        let isTestFailed = from == .qualifying && to == .quarantined && wasServing[id.index]
        if to != .qualifying { wasServing[id.index] = false }
        guard !to.takesWork, to != .qualifying, from.takesWork || isTestFailed else { return 0 }
        return Int64(devices - devicesOut[id.index].nonzeroBitCount)
    }

    mutating func take(_ devices: Int64, at now: Instant) {
        taken.append((now, devices))
        taken.removeAll { now - $0.at > .seconds(3600) }
        lastHour = taken.reduce(0) { $0 + $1.devices }
    }
}
