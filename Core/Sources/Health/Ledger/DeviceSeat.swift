import FleetModel

/// Where a device sits in its rack, as its platform says (NVML's platform information, from
/// Blackwell on). It names a place and not the device.
public struct DeviceSeat: Hashable, Sendable {
    /// The serial number of the chassis. Where a rack's trays are the nodes it is the rack's, and
    /// so no identity of a machine.
    public var chassis: IdentityID?
    /// The slot in the chassis, those of switches counted.
    public var slot: Int32?
    /// The tray, those of switches not counted.
    public var tray: Int32?
    /// The node within the slot.
    public var host: Int32?
    /// The device within the node.
    public var module: Int32?
    /// What is at the other end of the links: a number of the platform's.
    public var peer: Int32?

    /// Gathers what is told.
    public init(
        chassis: IdentityID? = nil, slot: Int32? = nil, tray: Int32? = nil, host: Int32? = nil,
        module: Int32? = nil, peer: Int32? = nil
    ) {
        self.chassis = chassis
        self.slot = slot
        self.tray = tray
        self.host = host
        self.module = module
        self.peer = peer
    }

    /// Whether it is another place: both sides tell something of it, and not the same. What is at
    /// the other end of the links is no place.
    func differs(from other: DeviceSeat?) -> Bool {
        guard let other else { return false }
        func differ<Value: Equatable>(_ one: Value?, _ two: Value?) -> Bool {
            one != nil && two != nil && one != two
        }
        return differ(chassis, other.chassis) || differ(slot, other.slot)
            || differ(tray, other.tray) || differ(host, other.host)
            || differ(module, other.module)
    }

    /// The same place with what was told of it before and is not now.
    func completed(by known: DeviceSeat?) -> DeviceSeat {
        DeviceSeat(
            chassis: chassis ?? known?.chassis, slot: slot ?? known?.slot,
            tray: tray ?? known?.tray, host: host ?? known?.host,
            module: module ?? known?.module, peer: peer ?? known?.peer)
    }

    func fold(into hasher: inout StateHasher) {
        hasher.add(chassis?.rawValue ?? -1)
        for number in [slot, tray, host, module, peer] { hasher.add(number ?? -1) }
    }
}

/// The fabric of NVLinks that a device is registered with, beyond its machine.
public struct FabricPlace: Hashable, Sendable {
    /// The UUID of the cluster.
    public var cluster: IdentityID
    /// Which devices of the cluster reach each other.
    public var clique: Int64

    /// Names a place.
    public init(cluster: IdentityID, clique: Int64) {
        self.cluster = cluster
        self.clique = clique
    }
}

extension HealthNames {
    /// Where a device sits, in words: `chassis 1821624410056, slot 12, tray 8, host 1, module 2`.
    public func words(_ seat: DeviceSeat) -> String {
        let numbers = [
            ("slot", seat.slot), ("tray", seat.tray), ("host", seat.host), ("module", seat.module),
        ]
        let chassis = seat.chassis.map { ["chassis " + identities.text($0)] } ?? []
        return (chassis + numbers.compactMap { name, number in number.map { "\(name) \($0)" } })
            .joined(separator: ", ")
    }
}
