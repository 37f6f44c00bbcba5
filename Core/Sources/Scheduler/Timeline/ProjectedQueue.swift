import FleetModel

/// A gang as a projection sees it; gangs that differ in nothing that matters there are one.
struct ProjectedGang: Hashable {
    /// One role: members of so many devices each.
    struct Role: Hashable {
        /// Kinds of nodes, as bits.
        var kinds: UInt64
        /// Devices of a member.
        var devices: Int32
        /// Thousandths of each device.
        var milli: Int32
        /// Index of `devices` among the sizes that are counted.
        var size: Int
        /// The fewest members.
        var minimum: Int32
        /// The most members.
        var maximum: Int32
    }

    /// Roles with devices; none for gangs of CPU work, which always fit.
    var roles: [Role]
    /// The level of which one domain must hold it; -1 for none.
    var level: Int32
    /// Thousandths of GPUs of the smallest gang.
    var gpuMilli: Int64
    /// The column of ``ProjectedShares`` in which it counts.
    var column: Int

    init(_ request: GangRequest, fleet: inout ProjectedFleet, shares: ProjectedShares) {
        roles = []
        for role in request.roles where role.shape.request.devices > 0 && role.maximum > 0 {
            let asked = role.shape.request
            roles.append(
                Role(
                    kinds: fleet.accepted(role.shape), devices: asked.devices,
                    milli: asked.deviceMilli, size: fleet.sizeIndex(asked.devices),
                    minimum: role.minimum, maximum: role.maximum))
        }
        level = -1
        if case .required(let index) = request.topology.preference { level = Int32(index.index) }
        gpuMilli = request.minimumGPUMilli
        let kinds = roles.first?.kinds ?? 0
        column = shares.column(
            kinds == 0 ? nil : Int(fleet.nodeClasses[kinds.trailingZeroBitCount].kind))
    }
}

/// Waiting jobs that a projection does not tell apart.
struct ProjectedClass {
    /// Who pays.
    var tenant: Int32
    /// Their priority.
    var priority: Int32
    /// How urgent they are.
    var urgency: Urgency
    /// Index of their gang.
    var gang: Int32
    /// How many of them have started.
    var started = 0
    /// Rank of the next; `.max` when all have started.
    var order = Int64.max
}

/// What is looked at of a gang again and again.
struct ProjectedDemand {
    /// Kinds of nodes, size and fewest members of the first role; none for CPU work.
    var kinds: UInt64
    var size: Int
    var minimum: Int64
    /// As in ``ProjectedGang``.
    var gpuMilli: Int64
    var column: Int
    /// Its classes, as a range of ``ProjectedQueue/classes``.
    var firstClass: Int32 = 0
    var endClass: Int32 = 0
    /// Jobs that are left.
    var left = 0
    /// Whether no place was found since something ended.
    var hasFailed = false

    init(_ gang: ProjectedGang) {
        let role = gang.roles.first
        kinds = role?.kinds ?? 0
        size = role?.size ?? -1
        minimum = Int64(role?.minimum ?? 0)
        gpuMilli = gang.gpuMilli
        column = gang.column
    }
}

/// The waiting jobs of an engine in a projection.
struct ProjectedQueue {
    private struct ClassKey: Hashable {
        var tenant: TenantID
        var priority: Int32
        var urgency: Urgency
        var gang: Int32
    }

    /// Gangs.
    private(set) var gangs: [ProjectedGang] = []
    /// The same, in brief.
    var demands: [ProjectedDemand] = []
    /// Classes of jobs, by gang and tenant.
    var classes: [ProjectedClass] = []
    /// Jobs of each class in queue order.
    private(set) var entries: [[JobQueue.Entry]] = []
    /// Gangs by kinds and size of the first member, fewest members first.
    private(set) var gangOrder: [Int32] = []
    /// Gangs that ask alike, as ends of ranges of ``gangOrder``.
    private(set) var groupEnds: [Int] = []
    /// Jobs with a due time, in order of it.
    private(set) var reserved: [(due: Instant, entry: JobQueue.Entry, gang: Int32, tenant: Int32)] =
        []

    /// Takes in every job that waits for room or a quota. O(n log n) in waiting jobs.
    init(
        _ engine: borrowing Engine, dues: [Int32: Instant], fleet: inout ProjectedFleet,
        shares: ProjectedShares
    ) {
        var gangIndex: [ProjectedGang: Int32] = [:]
        var classIndex: [ClassKey: Int32] = [:]
        var gangOf = [Int32](repeating: -1, count: engine.room.gangs.count)
        for waitClass in engine.room.classes where Self.isTried(waitClass) {
            let known = Int(waitClass.gang)
            if gangOf[known] < 0 {
                let gang = ProjectedGang(
                    engine.room.gangs[known].request, fleet: &fleet, shares: shares)
                gangOf[known] = index(of: gang, in: &gangIndex)
            }
            let gang = gangOf[known]
            let key = ClassKey(
                tenant: waitClass.tenant, priority: waitClass.priority,
                urgency: waitClass.urgency, gang: gang)
            var place = classIndex[key] ?? -1
            if place < 0 {
                place = Int32(classes.count)
                classIndex[key] = place
                classes.append(
                    ProjectedClass(
                        tenant: waitClass.tenant.rawValue, priority: waitClass.priority,
                        urgency: waitClass.urgency, gang: gang))
                entries.append([])
            }
            for number in 0..<waitClass.queue.count {
                let entry = waitClass.queue[number]
                if let due = dues[entry.slot] {
                    reserved.append((due, entry, gang, waitClass.tenant.rawValue))
                } else {
                    entries[Int(place)].append(entry)
                    demands[Int(gang)].left += 1
                }
            }
        }
        let byGang = classes.indices.sorted {
            (classes[$0].gang, classes[$0].tenant, $0)
                < (classes[$1].gang, classes[$1].tenant, $1)
        }
        classes = byGang.map { classes[$0] }
        entries = byGang.map { entries[$0] }
        for index in classes.indices {
            entries[index].sort { $0.order < $1.order }
            classes[index].order = entries[index].first?.order ?? .max
        }
        reserved.sort { ($0.due, $0.entry.order) < ($1.due, $1.entry.order) }
        group()
        if gangs.contains(where: { $0.level >= 0 }) {
            fleet.countDomains(
                isCurrent: engine.placer.tree.version == engine.placer.fleet.topologyVersion)
        }
    }

    private static func isTried(_ waitClass: WaitClass) -> Bool {
        switch waitClass.state {
        case .waiting, .parkedForQuota: true
        case .empty, .impossible: false
        }
    }

    private mutating func index(
        of gang: ProjectedGang, in known: inout [ProjectedGang: Int32]
    ) -> Int32 {
        if let index = known[gang] { return index }
        let index = Int32(gangs.count)
        known[gang] = index
        gangs.append(gang)
        demands.append(ProjectedDemand(gang))
        return index
    }

    private mutating func group() {
        func asks(_ gang: Int32) -> (UInt64, Int) {
            (demands[Int(gang)].kinds, demands[Int(gang)].size)
        }
        gangOrder = gangs.indices.map { Int32($0) }
        gangOrder.sort { left, right in
            let (a, b) = (asks(left), asks(right))
            if a != b { return a < b }
            let (few, more) = (demands[Int(left)].minimum, demands[Int(right)].minimum)
            return (few, left) < (more, right)
        }
        for place in gangOrder.indices {
            let isLast = place + 1 == gangOrder.count
            if isLast || asks(gangOrder[place]) != asks(gangOrder[place + 1]) {
                groupEnds.append(place + 1)
            }
        }
        for (place, one) in classes.enumerated() {
            let gang = Int(one.gang)
            if demands[gang].endClass == 0 { demands[gang].firstClass = Int32(place) }
            demands[gang].endClass = Int32(place) + 1
        }
    }

    /// The next job of a class has started.
    mutating func noteStart(_ index: Int) {
        demands[Int(classes[index].gang)].left -= 1
        classes[index].started += 1
        let next = classes[index].started
        classes[index].order = next < entries[index].count ? entries[index][next].order : .max
    }
}
