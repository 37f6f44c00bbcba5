import FleetModel

/// What a class of waiting jobs waits for.
enum WaitState: Hashable, Sendable {
    /// No job waits in it.
    case empty
    /// Room: it is tried while its gang class is open.
    case waiting
    /// A quota refused it; it is tried again when use falls there. -1 is the fleet's capacity.
    case parkedForQuota(Int32)
    /// No state of the present nodes could hold it; it is tried again when nodes join.
    case impossible
}

/// Waiting jobs that are alike in everything that decides whether they can start.
struct WaitClass: Sendable {
    /// Who pays; meaningless where the order of the queue does not ask.
    private(set) var tenant: TenantID
    /// Their priority.
    private(set) var priority: Int32
    /// How urgent they are among jobs of the tenant and priority.
    private(set) var urgency: Urgency
    /// Their gang, an index into the gang classes.
    private(set) var gang: Int32
    /// The jobs.
    var queue = JobQueue()
    /// What they wait for.
    var state = WaitState.empty
    /// The entry on the ready list, while it is on it.
    var entry: ReadyList.Entry?
}

/// The key under which equal jobs meet.
struct WaitClassKey: Hashable, Sendable {
    /// Who pays.
    var tenant: TenantID
    /// Their priority.
    var priority: Int32
    /// How urgent they are.
    var urgency: Urgency
    /// Their gang class.
    var gang: Int32
}

/// A gang request with what is known of its chances.
struct GangClass: Sendable {
    /// The request.
    private(set) var request: GangRequest
    /// Kinds that it accepts; none for gangs without devices.
    private(set) var kinds: UInt64
    /// Thousandths of GPUs of the smallest gang.
    private(set) var minimumGPUMilli: Int64
    /// Wait classes that wait for room for it.
    var waiting: [Int32] = []
    /// Whether it is to be tried; closed when there was no room, until there may be some.
    var isOpen = true
    /// Its place in the list of gang classes that have waiting classes; -1 when it has none.
    var place: Int32 = -1
    /// Wait classes that wait for nodes to join.
    var impossible: [Int32] = []
    /// The fleet's growth when a place was last looked for in vain; nothing has grown since if
    /// equal.
    var failedAtGrowth = -1
    /// The fleet's service version for which `chance` holds.
    var chanceVersion = -1
    /// Whether an empty fleet could hold the gang.
    var chance = GangChance.possible

    init(request: GangRequest) {
        self.request = request
        kinds = request.isHostOnly ? 0 : request.kinds.bits
        minimumGPUMilli = request.minimumGPUMilli
    }
}

/// Whether a gang could be placed if nothing else ran.
enum GangChance: UInt8, SnapshotValue, Sendable {
    /// It could.
    case possible
    /// It could if all that is out of service came back.
    case onlyWhenHealthy
    /// It could not.
    case never
}

extension WaitState: SnapshotValue {
    static var blank: WaitState { .empty }

    mutating func pass(through coder: inout SnapshotCoder) {
        var (tag, tenant) = (UInt8(0), Int32(0))
        switch self {
        case .empty: break
        case .waiting: tag = 1
        case .parkedForQuota(let known): (tag, tenant) = (2, known)
        case .impossible: tag = 3
        }
        coder.field(&tag)
        coder.field(&tenant)
        guard coder.mode == .reading else { return }
        switch tag {
        case 0: self = .empty
        case 1: self = .waiting
        case 2: self = .parkedForQuota(tenant)
        case 3: self = .impossible
        default: coder.fail("\(tag) is not a state of a wait class", expected: "0 to 3")
        }
    }
}

extension WaitClass: SnapshotValue {
    static var blank: WaitClass {
        WaitClass(tenant: TenantID(0), priority: 0, urgency: .young, gang: 0)
    }

    mutating func pass(through coder: inout SnapshotCoder) {
        coder.field(&tenant)
        coder.field(&priority)
        coder.field(&urgency)
        coder.field(&gang)
        coder.field(&queue)
        coder.field(&state)
        coder.field(&entry)
    }
}

extension GangClass: SnapshotValue {
    static var blank: GangClass { GangClass(request: .blank) }

    mutating func pass(through coder: inout SnapshotCoder) {
        coder.field(&request)
        coder.field(&kinds)
        coder.field(&minimumGPUMilli)
        coder.field(&waiting)
        coder.field(&isOpen)
        coder.field(&place)
        coder.field(&impossible)
        coder.field(&failedAtGrowth)
        coder.field(&chanceVersion)
        coder.field(&chance)
    }
}
