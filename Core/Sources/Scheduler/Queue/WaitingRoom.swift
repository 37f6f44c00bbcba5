import FleetModel

/// All waiting jobs by class, and which classes are to be tried in which order.
struct WaitingRoom: Sendable {
    /// Gang classes by index.
    var gangs: [GangClass] = []
    /// Wait classes by index.
    private(set) var classes: [WaitClass] = []
    /// Gang classes that have parked wait classes, in order of parking.
    private(set) var gangsWithParked: [Int32] = []
    /// Gang classes that have impossible wait classes.
    private(set) var gangsWithImpossible: [Int32] = []
    /// Wait classes parked at a tenant, by tenant index plus one; the fleet is 0.
    private var parkedAtQuota: [[Int32]] = [[]]
    /// Ready classes: one list for the whole fleet, or one per tenant.
    private var lists: [ReadyList] = [ReadyList()]
    /// Ready classes of each tenant and those below it, by kind column.
    private(set) var readyCounts: [Int32] = []
    /// Bit `k`: the tenant's ready count of kind `k` is not zero.
    private(set) var readyKinds: [UInt64] = []
    /// Ready classes of each tenant and those below it.
    private(set) var readyTotals: [Int32] = []
    /// Jobs in all queues.
    private(set) var waiting = 0

    private var gangIndex: [GangRequest: Int32] = [:]
    private var classIndex: [WaitClassKey: Int32] = [:]
    private var freeGangs: [Int32] = []
    private var freeClasses: [Int32] = []
    private var sweepAt = WaitingRoom.keptClasses
    private let isByTenant: Bool

    /// Classes that are kept for later jobs before empty ones are let go.
    static let keptClasses = 4096

    init(isByTenant: Bool) { self.isByTenant = isByTenant }

    /// The index of a gang class, made now if it is new.
    ///
    /// Indexes of classes without waiting jobs hold until the next call.
    mutating func gangClass(_ request: GangRequest) -> Int32 {
        if let known = gangIndex[request] { return known }
        if max(gangIndex.count, classIndex.count) >= sweepAt { sweep() }
        if let free = freeGangs.popLast() {
            gangs[Int(free)] = GangClass(request: request)
            gangIndex[request] = free
            return free
        }
        let index = Int32(gangs.count)
        gangIndex[request] = index
        gangs.append(GangClass(request: request))
        return index
    }

    /// The index of a wait class, made now if it is new.
    mutating func waitClass(_ key: WaitClassKey) -> Int {
        if let known = classIndex[key] { return Int(known) }
        let new = WaitClass(tenant: key.tenant, priority: key.priority, gang: key.gang)
        if let free = freeClasses.popLast() {
            classes[Int(free)] = new
            classIndex[key] = free
            return Int(free)
        }
        let index = Int32(classes.count)
        classIndex[key] = index
        classes.append(new)
        return Int(index)
    }

    /// Lets go of classes without waiting jobs, so that shapes that never come back cost nothing.
    /// O(classes), but only after as many new ones as are left have come.
    private mutating func sweep() {
        var isGangUsed = [Bool](repeating: false, count: gangs.count)
        for (index, waitClass) in classes.enumerated() {
            let key = WaitClassKey(
                tenant: waitClass.tenant, priority: waitClass.priority, gang: waitClass.gang)
            guard classIndex[key] == Int32(index) else { continue }
            if waitClass.state == .empty {
                classIndex[key] = nil
                freeClasses.append(Int32(index))
            } else {
                isGangUsed[Int(waitClass.gang)] = true
            }
        }
        for (index, gang) in gangs.enumerated() where !isGangUsed[index] {
            guard gangIndex[gang.request] == Int32(index) else { continue }
            gangIndex[gang.request] = nil
            freeGangs.append(Int32(index))
        }
        sweepAt = max(WaitingRoom.keptClasses, 2 * max(gangIndex.count, classIndex.count))
    }

    /// Classes that are known, waiting jobs or not.
    var knownClasses: Int { classIndex.count }

    /// Makes room for tenants up to `count`.
    mutating func growTenants(to count: Int) {
        while readyTotals.count < count {
            readyTotals.append(0)
            readyKinds.append(0)
            readyCounts.append(contentsOf: repeatElement(0, count: QuotaTree.stride))
            parkedAtQuota.append([])
            if isByTenant { lists.append(ReadyList()) }
        }
    }

    /// The ready classes of a tenant, or of the whole fleet.
    func readyList(_ tenant: Int) -> ReadyList { lists[isByTenant ? tenant + 1 : 0] }

    /// The class to try first, over the whole fleet or for a tenant.
    func firstReady(_ tenant: Int = 0) -> ReadyList.Entry? {
        lists[isByTenant ? tenant + 1 : 0].first
    }

    /// Queues a job. A class that was empty becomes ready; others keep their state, as the job
    /// changes nothing for them, but for its rank.
    mutating func enqueue(
        _ entry: JobQueue.Entry, in index: Int, kinds: UInt64, quota: QuotaTree
    ) {
        waiting += 1
        let wasFirst = classes[index].queue.first
        classes[index].queue.insert(entry)
        switch classes[index].state {
        case .empty: setReady(index, kinds, quota)
        case .ready where wasFirst?.order != classes[index].queue.first?.order: relist(index)
        case .ready, .parkedForRoom, .parkedForQuota, .impossible: break
        }
    }

    /// Takes a job out of its queue.
    mutating func dequeue(order: Int64, from index: Int, quota: QuotaTree) {
        waiting -= 1
        let wasFirst = classes[index].queue.first?.order == order
        classes[index].queue.remove(order: order)
        if classes[index].queue.isEmpty {
            leaveState(index, quota: quota)
            classes[index].state = .empty
        } else if wasFirst, classes[index].state == .ready {
            relist(index)
        }
    }

    /// Parks a class, ready until now.
    mutating func park(_ index: Int, _ state: WaitState, quota: QuotaTree) {
        leaveState(index, quota: quota)
        classes[index].state = state
        let gang = Int(classes[index].gang)
        switch state {
        case .parkedForRoom:
            if gangs[gang].parked.isEmpty { gangsWithParked.append(Int32(gang)) }
            gangs[gang].parked.append(Int32(index))
        case .parkedForQuota(let tenant): parkedAtQuota[Int(tenant) + 1].append(Int32(index))
        case .impossible:
            if gangs[gang].impossible.isEmpty { gangsWithImpossible.append(Int32(gang)) }
            gangs[gang].impossible.append(Int32(index))
        case .empty, .ready: preconditionFailure("a class cannot be parked as \(state)")
        }
    }

    /// Makes every class that is parked for room of this gang ready.
    mutating func unparkRoom(gang: Int, kinds: UInt64, quota: QuotaTree) {
        for index in gangs[gang].parked { setReady(Int(index), kinds, quota) }
        gangs[gang].parked.removeAll(keepingCapacity: true)
        gangsWithParked.removeAll { $0 == Int32(gang) }
    }

    /// Makes every class ready that waited for nodes.
    mutating func unparkImpossible(kinds: UInt64, quota: QuotaTree) {
        for gang in gangsWithImpossible {
            for index in gangs[Int(gang)].impossible {
                setReady(Int(index), kinds, quota)
            }
            gangs[Int(gang)].impossible.removeAll()
        }
        gangsWithImpossible.removeAll()
    }

    /// Makes every class ready that is parked at this tenant's quota; -1 is the fleet.
    mutating func unparkQuota(_ tenant: Int, kinds: UInt64, quota: QuotaTree) {
        guard !parkedAtQuota[tenant + 1].isEmpty else { return }
        for index in parkedAtQuota[tenant + 1] { setReady(Int(index), kinds, quota) }
        parkedAtQuota[tenant + 1].removeAll(keepingCapacity: true)
    }

    /// Makes every class parked at any quota ready.
    mutating func unparkAllQuotas(kinds: UInt64, quota: QuotaTree) {
        for tenant in -1..<(parkedAtQuota.count - 1) {
            unparkQuota(tenant, kinds: kinds, quota: quota)
        }
    }

    /// Whether a class is parked at the quota of a tenant; -1 is the fleet.
    func isParked(_ index: Int, atQuota tenant: Int) -> Bool {
        parkedAtQuota[tenant + 1].contains(Int32(index))
    }

    /// Counts every ready class anew, after the quota tree has changed.
    mutating func recountReady(quota: QuotaTree) {
        for cell in readyCounts.indices { readyCounts[cell] = 0 }
        for tenant in readyTotals.indices {
            readyTotals[tenant] = 0
            readyKinds[tenant] = 0
        }
        for index in classes.indices where classes[index].state == .ready {
            count(index, sign: 1, quota: quota)
        }
    }

    private mutating func setReady(_ index: Int, _ kinds: UInt64, _ quota: QuotaTree) {
        classes[index].state = .ready
        let request = gangs[Int(classes[index].gang)].request
        classes[index].countedKinds = request.isHostOnly ? 0 : request.kinds.bits & kinds
        count(index, sign: 1, quota: quota)
        list(index)
    }

    private mutating func list(_ index: Int) {
        guard let first = classes[index].queue.first else {
            preconditionFailure("an empty class was made ready")
        }
        let entry = ReadyList.Entry(
            priority: classes[index].priority, waitClass: Int32(index), order: first.order)
        classes[index].entry = entry
        lists[isByTenant ? classes[index].tenant.index + 1 : 0].insert(entry)
    }

    private mutating func relist(_ index: Int) {
        lists[isByTenant ? classes[index].tenant.index + 1 : 0].remove(classes[index].entry)
        list(index)
    }

    private mutating func leaveState(_ index: Int, quota: QuotaTree) {
        let gang = Int(classes[index].gang)
        switch classes[index].state {
        case .ready:
            count(index, sign: -1, quota: quota)
            lists[isByTenant ? classes[index].tenant.index + 1 : 0].remove(classes[index].entry)
        case .parkedForRoom:
            gangs[gang].parked.removeAll { $0 == Int32(index) }
            if gangs[gang].parked.isEmpty { gangsWithParked.removeAll { $0 == Int32(gang) } }
        case .impossible:
            gangs[gang].impossible.removeAll { $0 == Int32(index) }
            if gangs[gang].impossible.isEmpty {
                gangsWithImpossible.removeAll { $0 == Int32(gang) }
            }
        case .parkedForQuota(let tenant):
            parkedAtQuota[Int(tenant) + 1].removeAll { $0 == Int32(index) }
        case .empty: break
        }
    }

    private mutating func count(_ index: Int, sign: Int32, quota: QuotaTree) {
        guard isByTenant else { return }
        let kinds = classes[index].countedKinds
        var node = classes[index].tenant.index
        while node >= 0 {
            readyTotals[node] += sign
            var rest = kinds
            while rest != 0 {
                let kind = rest.trailingZeroBitCount
                rest &= rest - 1
                let cell = node * QuotaTree.stride + kind
                readyCounts[cell] += sign
                if readyCounts[cell] == 0 {
                    readyKinds[node] &= ~(1 << UInt64(kind))
                } else {
                    readyKinds[node] |= 1 << UInt64(kind)
                }
            }
            node = Int(quota.parent[node])
        }
    }
}
