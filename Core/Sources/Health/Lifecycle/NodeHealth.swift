import FleetModel

/// Why a node that came is not taken in.
public enum ArrivalHold: UInt8, CaseIterable, Hashable, Sendable {
    /// It is known to be bad.
    case refused
    /// Another node has some of its hardware at the same time.
    case contested
}

/// Why a node is watched.
public struct Suspicion: Hashable, Sendable {
    /// Since when.
    public var since: Moment
    /// When it ends if nothing adds to it, by the engine's clock.
    public var until: Instant
    /// The fault that it began with, if it was one.
    public var cause: CauseID?
    /// How often something added to it.
    public var count: Int32
    /// The faults that it rests on, while it rests on nothing else; nil when it does, or when they
    /// are too many.
    public var causes: [CauseID]?

    /// Faults that are kept.
    static let causesKept = 8
}

/// What the engine knows of one node that is there.
public struct NodeHealth: Hashable, Sendable {
    /// The node.
    public var id: NodeID
    /// The machine that it is.
    public var machine: MachineID
    /// What it said on arrival.
    public var report: HardwareReport
    /// Its domains, coarse to fine.
    public var domains: [DomainID]
    /// Its devices in the ledger, by index.
    public var parts: [PartID?]
    /// Bit `i` says that device `i` answers.
    public var answering: UInt64
    /// Why it is not taken in, if so.
    public var hold: ArrivalHold?
    /// Whether another node had some of its hardware when it last reported.
    public var isContested = false
    /// What the ledger knew when it came.
    public var standing: Standing
    /// The life of the node.
    public var track: HealthTrack
    /// The life of each device by itself.
    public var devices: [HealthTrack]
    /// Whether it has been in service since it came; only then is it counted by breakers.
    public var wasInService = false
    /// Whether Muster's own cordon stands.
    public var isCordoned = false
    /// The devices that were told to be out of service.
    public var toldUnhealthy: UInt64 = 0
    /// Who else has cordoned it, in order.
    public var cordonedBy: [ActorID] = []
    /// Whether anything runs there.
    public var isBusy = false
    /// The devices that are in use.
    public var busyDevices: UInt64 = 0
    /// When its agent was last heard of, by the engine's clock; nil before the first time.
    public var lastHeard: Instant?
    /// How far its silence was told: 0 not at all, 1 as a suspicion, 2 as a proposal.
    public var silenceTold: UInt8 = 0
    /// Why it is watched.
    public var suspicion: Suspicion?
    /// Comparisons with its peers that it lost, by the engine's clock, newest last.
    public var peerLosses: [Instant] = []
    /// When it was last tested without a fault, by the engine's clock.
    public var idleTestedAt: Instant?
    /// Whether somebody asked for a test.
    public var isTestWanted = false
    /// When its drain has to be over, by the engine's clock.
    public var drainUntil: Instant?
    /// Whether it was told that the drain is overdue.
    public var isOverdueTold = false
    /// Whether it was told to be a lemon since it came.
    public var isLemonTold = false
    /// The stack of versions that it is to be brought to, until it is proved there.
    public var restack: RestackOrder?
    /// The pool that it is in, where that was told.
    public var pool: PoolID?
    /// The test of its network, when it has passed its own test and that is to follow.
    public var network: NetworkTest?
    /// The node whose network is tested with it, while it is in service and kept free for that.
    public var lentTo: NodeID?

    /// Whether something keeps a next step of it, or of one of its devices, from being done.
    var isHeldBack: Bool { track.held != nil || devices.contains { $0.held != nil } }

    /// Devices that it has or should have.
    public var deviceCount: Int { devices.count }

    /// Every device.
    var allDevices: UInt64 {
        devices.count >= 64 ? .max : (1 << UInt64(devices.count)) - 1
    }

    /// What it counts for in breakers: its devices, or one.
    var units: Int32 { max(1, Int32(devices.count)) }

    /// Devices that are out of service by themselves.
    var unhealthyDevices: UInt64 {
        var bits: UInt64 = 0
        for (index, device) in devices.enumerated() where !device.state.takesWork {
            // A device that waits for its job to end is still in use.
            if device.state != .draining { bits |= 1 << UInt64(index) }
        }
        return bits
    }

    /// How much of it is out of service, for breakers.
    var unitsOut: Int32 {
        guard track.state.takesWork else { return units }
        return Int32(devices.reduce(0) { $0 + ($1.state.takesWork ? 0 : 1) })
    }

    /// Whether one device may be out of service while the node works.
    func canShrink(_ policy: RepairPolicy) -> Bool {
        policy.shrinksNodes && report.isolatesDevices && devices.count > 1
    }
}
