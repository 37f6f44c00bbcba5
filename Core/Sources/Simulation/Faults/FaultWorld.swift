import FleetModel

/// The faults of one run: which are about, where, and which gangs they hit.
public struct FaultWorld: Sendable {
    /// A fault that has struck.
    struct Active: Sendable {
        /// The fault.
        var fault: Fault
        /// Whether it is still about.
        var isActive = true
    }

    /// Why a running attempt is about to end.
    struct Blame: Sendable {
        /// The fault.
        var fault: Int
        /// The attempt.
        var attempt: Attempt
        /// When it broke; nil when it runs on for a while.
        var failedAt: Instant?
    }

    /// How often what goes wrong.
    let model: FaultModel
    /// From the order to stop a gang until nothing of it runs any more.
    let stopDelay: TimeSpan
    /// Faults to come.
    var schedule: FaultSchedule
    /// What the engine has been told of nodes.
    var conditions: NodeConditions
    /// Faults that have struck.
    private(set) var struck: [Active] = []
    /// The fault that has each node by itself; -1 for none. Racks are not in it.
    private var faultOfNode: [Int32]
    /// The jobs that have members on a node.
    private var occupants: [[Int32]]
    private var blames: [Int32: Blame] = [:]
    /// The last fault that broke a job that waits.
    private var breakers: [Int32: Int] = [:]

    /// Prepares for a fleet, with faults from an instant on. O(nodes).
    public init(
        _ model: FaultModel, _ fleet: FleetDefinition, stopDelay: TimeSpan,
        from start: Instant = .zero
    ) {
        self.model = model
        self.stopDelay = stopDelay
        schedule = FaultSchedule(model: model, fleet: fleet, from: start)
        conditions = NodeConditions(fleet.nodes)
        faultOfNode = fleet.nodes.map { _ in -1 }
        occupants = fleet.nodes.map { _ in [] }
    }

    // MARK: Faults

    /// When the next fault strikes; never when none is to come.
    public var nextTime: Instant { schedule.next?.at ?? .never }

    /// A fault that has struck.
    public func fault(_ index: Int) -> Fault { struck[index].fault }

    /// Whether a fault that has struck is still about.
    public func isActive(_ index: Int) -> Bool { struck[index].isActive }

    /// Passes over faults that nobody was there to meet.
    mutating func skip(before instant: Instant) { schedule.skip(before: instant) }

    /// Takes the next fault; nil when it strikes what is broken or away already.
    mutating func takeNext() -> Int? {
        guard let fault = schedule.next else { return nil }
        schedule.draw()
        if fault.kind.strikesNode {
            let node = fault.nodes[0]
            guard conditions.isPresent(node), faultOfNode[node.index] < 0 else { return nil }
            if fault.kind != .software { faultOfNode[node.index] = Int32(struck.count) }
        } else if !fault.nodes.contains(where: { conditions.isPresent($0) }) {
            return nil
        }
        struck.append(Active(fault: fault, isActive: fault.kind != .software))
        return struck.count - 1
    }

    /// The fault is repaired.
    mutating func end(_ index: Int) {
        struck[index].isActive = false
        for node in struck[index].fault.nodes where faultOfNode[node.index] == Int32(index) {
            faultOfNode[node.index] = -1
        }
    }

    /// The fault that a node has by itself.
    func fault(on node: NodeID) -> (index: Int, kind: FaultKind)? {
        let index = Int(faultOfNode[node.index])
        return index < 0 ? nil : (index, struck[index].fault.kind)
    }

    /// The speed of the slowest of some nodes.
    public func speed(of members: [MemberPlacement]) -> Int64 {
        var slowest = AttemptProgress.fullSpeed
        for member in members {
            guard let (index, kind) = fault(on: member.node), kind == .slowNode else { continue }
            slowest = min(slowest, struck[index].fault.speed)
        }
        return slowest
    }

    // MARK: Jobs

    /// Jobs with members on a node, in order of id.
    public func jobs(on nodes: [NodeID]) -> [Int32] {
        var jobs = nodes.flatMap { occupants[$0.index] }
        jobs.sort()
        var unique: [Int32] = []
        for job in jobs where unique.last != job { unique.append(job) }
        return unique
    }

    /// The members of a job have changed.
    public mutating func move(
        _ job: Int32, from old: [MemberPlacement], to new: [MemberPlacement]
    ) {
        for node in FaultWorld.nodes(of: old) {
            occupants[node.index].removeAll { $0 == job }
        }
        for node in FaultWorld.nodes(of: new) { occupants[node.index].append(job) }
    }

    /// The nodes of some members, each once, in order.
    public static func nodes(of members: [MemberPlacement]) -> [NodeID] {
        let nodes = members.map(\.node).sorted()
        var unique: [NodeID] = []
        for node in nodes where unique.last != node { unique.append(node) }
        return unique
    }

    /// An attempt ends because of a fault, now or soon; the first to blame counts.
    mutating func blame(_ fault: Int, for job: Int32, _ attempt: Attempt, failedAt: Instant?) {
        if let known = blames[job], known.attempt == attempt, known.failedAt != nil { return }
        blames[job] = Blame(fault: fault, attempt: attempt, failedAt: failedAt)
    }

    /// What ended an attempt, if a fault did.
    mutating func takeBlame(_ job: Int32, _ attempt: Attempt) -> Blame? {
        guard let blame = blames.removeValue(forKey: job), blame.attempt == attempt else {
            return nil
        }
        return blame
    }

    /// A job waits because of a fault, or for another reason.
    mutating func setBreaker(_ fault: Int?, of job: Int32) { breakers[job] = fault }

    /// Whether members stand on what broke the job last and is not repaired.
    mutating func isOnSuspect(_ job: Int32, _ members: [MemberPlacement]) -> Bool {
        guard let index = breakers.removeValue(forKey: job), struck[index].isActive else {
            return false
        }
        let nodes = struck[index].fault.nodes
        return members.contains { nodes.contains($0.node) }
    }
}
