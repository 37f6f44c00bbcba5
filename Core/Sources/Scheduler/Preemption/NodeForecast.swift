import FleetModel

/// Somebody who is in the way on a node, and when that ends.
struct Occupant: Sendable {
    /// Slot of the job.
    var slot: Int32
    /// When it will be gone, in nanoseconds: now for those that make way, `.max` when nobody knows.
    var goneAt: Int64
    /// GPU-seconds in thousandths that its going costs on this node; 0 when it ends by itself.
    var cost: Int64

    /// Whether this one goes first.
    @inline(__always) func precedes(_ other: Occupant) -> Bool {
        if goneAt != other.goneAt { return goneAt < other.goneAt }
        return cost != other.cost ? cost < other.cost : slot < other.slot
    }
}

/// Room for some more members on one node from a time on.
struct RoomUnit: Sendable {
    /// When, in nanoseconds; `.max` when nobody knows.
    var at: Int64
    /// What that costs.
    var cost: Int64
    /// The node's position in topology order.
    var position: Int32

    /// Whether this one is taken first.
    @inline(__always) func precedes(_ other: RoomUnit) -> Bool {
        if at != other.at { return at < other.at }
        return cost != other.cost ? cost < other.cost : position < other.position
    }
}

/// What will be free on one node when some of its occupants are gone.
struct NodeForecast {
    private var left: InlineArray<64, Int32>
    private var usable: UInt64
    private var host: HostResources

    /// Starts with what is free now and nobody has a claim on.
    @inline(__always) init(_ node: Int, of fleet: FleetState, claimed: UInt64) {
        left = InlineArray(repeating: 0)
        host = fleet.hostFree[node]
        usable = FleetState.mask(fleet.deviceCount[node]) & ~fleet.unhealthy[node] & ~claimed
        let offset = Int(fleet.deviceOffset[node])
        for device in 0..<Int(fleet.deviceCount[node]) {
            left[device] = Int32(fleet.deviceFree[offset + device])
        }
    }

    /// Takes away what one member holds.
    @inline(__always) mutating func release(_ grant: Grant) {
        host = host + grant.host
        var rest = grant.devices
        while rest != 0 {
            left[rest.trailingZeroBitCount] += grant.deviceMilli
            rest &= rest - 1
        }
    }

    /// Devices that are wholly free.
    @inline(__always) var whole: UInt64 {
        var bits: UInt64 = 0
        var rest = usable
        while rest != 0 {
            let device = rest.trailingZeroBitCount
            rest &= rest - 1
            if left[device] == 1000 { bits |= 1 << UInt64(device) }
        }
        return bits
    }

    /// Members of a request that fit, at most `most`.
    @inline(__always) func fit(_ request: MemberRequest, most: Int) -> Int {
        var count = most
        if request.devices > 0 {
            if request.isFractional {
                var sum = 0
                var rest = usable
                while rest != 0 {
                    sum += Int(left[rest.trailingZeroBitCount] / request.deviceMilli)
                    rest &= rest - 1
                }
                count = min(count, sum)
            } else {
                count = min(count, whole.nonzeroBitCount / Int(request.devices))
            }
        }
        guard count > 0 else { return 0 }
        return Int(Shape.hostFit(request.host, host, Int64(count)))
    }

    /// Takes a place for one member; `preferred` devices first. Nil when there is none.
    mutating func take(
        _ request: MemberRequest, on node: NodeID, preferring preferred: UInt64
    ) -> Grant? {
        guard fit(request, most: 1) == 1 else { return nil }
        var devices: UInt64 = 0
        if request.isFractional {
            var best = -1
            var rest = usable
            while rest != 0 {
                let device = rest.trailingZeroBitCount
                rest &= rest - 1
                guard left[device] >= request.deviceMilli else { continue }
                if best < 0 || left[device] < left[best] { best = device }
            }
            devices = 1 << UInt64(best)
        } else {
            let all = whole
            for candidates in [all & preferred, all & ~preferred] {
                var rest = candidates
                while rest != 0, devices.nonzeroBitCount < Int(request.devices) {
                    devices |= rest & (0 &- rest)
                    rest &= rest - 1
                }
            }
        }
        var rest = devices
        while rest != 0 {
            left[rest.trailingZeroBitCount] -= request.deviceMilli
            rest &= rest - 1
        }
        host = host - request.host
        return Grant(
            node: node, deviceMilli: request.deviceMilli, devices: devices, host: request.host)
    }
}
