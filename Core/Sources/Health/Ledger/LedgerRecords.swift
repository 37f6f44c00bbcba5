import FleetModel

/// A device in the ledger.
public struct PartRecord: Hashable, Sendable {
    /// Its id.
    public var id: PartID
    /// Its UUID.
    public var uuid: IdentityID?
    /// The serial number of its board.
    public var boardSerial: IdentityID?
    /// The machine that it was last seen in.
    public var machine: MachineID?
    /// Its index there.
    public var index: Int32
    /// Where it is plugged in.
    public var slot: IdentityID?
    /// Its GUID in the fabric of NVLinks, if it ever said.
    public var guid: IdentityID?
    /// Where it sits in its rack, where that was told since it came to its place.
    public var seat: DeviceSeat?
    /// The fabric that it was registered with last.
    public var fabric: FabricPlace?
    /// Its past.
    public var history = HardwareHistory()
}

/// A machine in the ledger.
public struct MachineRecord: Hashable, Sendable {
    /// Its id.
    public var id: MachineID
    /// The serial number of its chassis, if it ever said.
    public var chassis: IdentityID?
    /// GUIDs of its network interfaces.
    public var nics: [IdentityID]
    /// The devices that belong to it, by index; one that does not answer still belongs to it until
    /// it is seen elsewhere or another stands in its place.
    public var parts: [PartID?]
    /// The node that it is now; nil while it is away.
    public var node: NodeID?
    /// The node that it was last.
    public var lastNode: NodeID?
    /// When it last arrived or reported, counted over all machines.
    public var lastArrival: Int64 = 0
    /// Its past.
    public var history = HardwareHistory()
    /// What tells lemons.
    public var signals = LemonSignals()
    /// Attempts to repair it, newest last; only those within the window count.
    public var attempts: [RepairAttempt] = []

    /// Attempts that are kept; the policy's limits are below it.
    public static let attemptsKept = 64
}

/// One repair of a machine that was begun.
public struct RepairAttempt: Hashable, Sendable {
    /// Because of what.
    public var cause: CauseID?
    /// When, by the engine's clock.
    public var at: Instant
}

/// Something that a report says and that cannot be, or cannot be as it was.
public enum Contradiction: Hashable, Sendable {
    /// Two devices of one report have one identity.
    case repeatedInReport(IdentityID)
    /// Another node that is there has the same chassis serial.
    case sharedChassis(IdentityID, with: NodeID)
    /// Another node that is there has the same device.
    case sharedDevice(PartID, with: NodeID)
    /// The chassis is known with other devices: this many of them are new to it.
    case otherDevices(MachineID, count: Int32)
    /// A device was last seen in another machine.
    case movedDevice(PartID, from: MachineID)
    /// The devices of a machine stand in a chassis with another serial.
    case otherChassis(MachineID, IdentityID)
    /// A device that belongs to the machine does not answer.
    case missingDevice(PartID)
    /// Fewer devices answer than the machine should have.
    case tooFewDevices(have: Int32, expected: Int32)
}

/// What is known against a machine.
public enum BadReason: Hashable, Sendable {
    /// It is not to come back.
    case retiredMachine
    /// One of its devices is not to come back.
    case retiredDevice(PartID)
    /// A fault of the machine that nothing has proved to be gone.
    case openFault(OpenFault)
    /// A fault of one of its devices that nothing has proved to be gone.
    case openDeviceFault(PartID, OpenFault)
}

/// What the ledger knows of a machine that arrives.
public enum Standing: Hashable, Sendable {
    /// Never seen, or never proved.
    case new
    /// Known, with nothing against it and a proof that still holds.
    case knownGood(provedAt: Moment)
    /// Known, with something against it.
    case knownBad([BadReason], isRenamed: Bool)
    /// It contradicts what the ledger knows; the node is new to it as far as that goes.
    case contradictory([Contradiction])
}

/// What is known of a machine, for whoever has to repair or replace it.
public struct Evidence: Hashable, Sendable {
    /// The node that it is, or wanted to be.
    public var node: NodeID
    /// The machine.
    public var machine: MachineID
    /// The serial number of its chassis.
    public var chassis: IdentityID?
    /// GUIDs of its network interfaces.
    public var nics: [IdentityID]
    /// What is known against it.
    public var reasons: [BadReason]
    /// The machine's past.
    public var history: HardwareHistory
    /// Its devices with something in their past, with that past.
    public var parts: [PartRecord]
    /// When this was gathered.
    public var at: Moment
}
