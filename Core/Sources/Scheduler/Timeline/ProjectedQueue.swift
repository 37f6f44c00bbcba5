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
    /// Index of their gang.
    var gang: Int32
    /// Jobs in queue order.
    var entries: [JobQueue.Entry] = []
    /// How many of them have started.
    var started = 0
}

/// The waiting jobs of an engine in a projection.
struct ProjectedQueue {
    private struct ClassKey: Hashable {
        var tenant: TenantID
        var priority: Int32
        var gang: Int32
    }

    /// Gangs.
    private(set) var gangs: [ProjectedGang] = []
    /// Classes of jobs.
    var classes: [ProjectedClass] = []
    /// Classes by gang.
    private(set) var classesOf: [[Int32]] = []
    /// Jobs that are left, by gang.
    var left: [Int] = []
    /// Gangs of one size of the first member, fewest members first.
    private(set) var groups: [[Int32]] = []
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
                tenant: waitClass.tenant, priority: waitClass.priority, gang: gang)
            var place = classIndex[key] ?? -1
            if place < 0 {
                place = Int32(classes.count)
                classIndex[key] = place
                classes.append(
                    ProjectedClass(
                        tenant: waitClass.tenant.rawValue, priority: waitClass.priority,
                        gang: gang))
                classesOf[Int(gang)].append(place)
            }
            for number in 0..<waitClass.queue.count {
                let entry = waitClass.queue[number]
                if let due = dues[entry.slot] {
                    reserved.append((due, entry, gang, waitClass.tenant.rawValue))
                } else {
                    classes[Int(place)].entries.append(entry)
                    left[Int(gang)] += 1
                }
            }
        }
        for index in classes.indices { classes[index].entries.sort { $0.order < $1.order } }
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
        classesOf.append([])
        left.append(0)
        return index
    }

    private mutating func group() {
        var firstOf: [ProjectedGang.Role?] = []
        for (index, gang) in gangs.enumerated() {
            let role = gang.roles.first
            let place = firstOf.firstIndex { $0?.kinds == role?.kinds && $0?.size == role?.size }
            if let place {
                groups[place].append(Int32(index))
            } else {
                firstOf.append(role)
                groups.append([Int32(index)])
            }
        }
        for place in groups.indices {
            groups[place].sort { left, right in
                let (a, b) = (gangs[Int(left)], gangs[Int(right)])
                return (a.roles.first?.minimum ?? 0, left) < (b.roles.first?.minimum ?? 0, right)
            }
        }
    }
}
