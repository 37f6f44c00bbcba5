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
    let tenant: TenantID
    /// Their priority.
    let priority: Int32
    /// How urgent they are among jobs of the tenant and priority.
    let urgency: Urgency
    /// Their gang, an index into the gang classes.
    let gang: Int32
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
    let request: GangRequest
    /// Kinds that it accepts; none for gangs without devices.
    let kinds: UInt64
    /// Thousandths of GPUs of the smallest gang.
    let minimumGPUMilli: Int64
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
enum GangChance: UInt8, Sendable {
    /// It could.
    case possible
    /// It could if all that is out of service came back.
    case onlyWhenHealthy
    /// It could not.
    case never
}
