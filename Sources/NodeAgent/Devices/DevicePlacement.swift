import AgentWire
import DeviceLibraries
import FleetModel

/// Where a device sits and how it stands in its fabric, as NVML tells it.
struct DevicePlacement: Equatable {
    /// Where it sits; nil where its platform does not say.
    var seat: ReportedSeat?
    /// The fabric that it is registered with; nil for none, and for one within the machine.
    var fabric: ReportedFabric?
    /// The state of its fabric, by DCGM's numbers of the fields.
    var values: [Int32: Int64] = [:]

    /// Of what the library answered.
    init(platform: ManagementLibrary.Platform?, fabric: ManagementLibrary.Fabric?) {
        seat = platform.map { platform in
            var seat = ReportedSeat()
            seat.guid = platform.guid
            seat.chassisSerial = platform.chassisSerial
            seat.slot = platform.slot
            seat.tray = platform.tray
            seat.host = platform.host
            seat.peer = platform.peer
            seat.module = platform.module
            return seat
        }
        guard let told = fabric, let state = told.state else { return }
        let isRegistered = state == .completed && told.status == 0
        // DCGM's status goes on where NVML's state ends: 3 is a success, 4 a failure.
        values[170] = state == .completed && !isRegistered ? 4 : Int64(state.rawValue)
        guard state != .notSupported else { return }
        if state == .completed { values[171] = Int64(told.status) }
        values[174] = told.healthMask.map { Int64($0) }
        values[175] = told.healthSummary.map { Int64($0) }
        guard isRegistered, !told.cluster.isEmpty else { return }
        self.fabric = ReportedFabric(cluster: told.cluster, clique: told.clique)
    }
}

/// What devices told of their places. It changes seldom, and is asked for so often only.
struct PlacementBook {
    /// Rules about the fabric look at five minutes.
    static let pace = TimeSpan.seconds(60)

    private var known: [String: (at: Instant, placement: DevicePlacement)] = [:]

    /// The placement of a device; it is read when it was not for a while.
    mutating func placement(
        of uuid: String, now: Instant, _ read: () -> DevicePlacement
    ) -> DevicePlacement {
        if let last = known[uuid], now < last.at + PlacementBook.pace { return last.placement }
        let placement = read()
        // No machine has so many: these are of devices that were exchanged.
        if known.count >= 2 * AgentLimits.devices { known = [:] }
        known[uuid] = (now, placement)
        return placement
    }
}
