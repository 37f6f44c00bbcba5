import FleetModel

/// All waiting jobs by class, and which classes are to be tried.
///
/// A class waits for room, is parked at a quota, or is impossible. Room is a matter of the gang
/// class: one attempt in vain closes it, and with it every class of every tenant that waits for the
/// same gang, in one step.
struct WaitingRoom: Sendable {
    /// Gang classes by index.
    var gangs: [GangClass] = []
    /// Wait classes by index.
    private(set) var classes: [WaitClass] = []
    /// Gang classes that have waiting classes.
    private(set) var gangsWaiting: [Int32] = []
    /// Gang classes that have impossible wait classes.
    private(set) var gangsWithImpossible: [Int32] = []
    /// Waiting classes of open gangs in the order of the whole queue; empty when tenants take
    /// turns.
    private(set) var ready = ReadyList()
    /// Jobs in all queues.
    private(set) var waiting = 0
    /// Wait classes parked at a tenant, by tenant index plus one; the fleet is 0.
    private var parkedAtQuota: [[Int32]] = [[]]

    private var gangIndex: [GangRequest: Int32] = [:]
    private var classIndex: [WaitClassKey: Int32] = [:]
    private var freeGangs: [Int32] = []
    private var freeClasses: [Int32] = []
    private var sweepAt = WaitingRoom.keptClasses
    private var isByTenant: Bool

    /// Classes that are kept for later jobs before empty ones are let go.
    static let keptClasses = 4096

    init(isByTenant: Bool) { self.isByTenant = isByTenant }

    /// Classes that are known, waiting jobs or not.
    var knownClasses: Int { classIndex.count }

    /// The index of a gang class, made now if it is new.
    ///
    /// Indexes of classes without waiting jobs hold until the next call.
    mutating func gangClass(_ request: GangRequest) -> Int32 {
        if max(gangIndex.count, classIndex.count) >= sweepAt { sweep() }
        if let known = gangIndex[request] { return known }
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
    mutating func waitClass(
        tenant: TenantID, priority: Int32, urgency: Urgency = .young, gang: Int32
    ) -> Int {
        let payer = isByTenant ? tenant : TenantID(0)
        let key = WaitClassKey(tenant: payer, priority: priority, urgency: urgency, gang: gang)
        if let known = classIndex[key] { return Int(known) }
        let new = WaitClass(tenant: payer, priority: priority, urgency: urgency, gang: gang)
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

    /// Makes room for tenants up to `count`.
    mutating func growTenants(to count: Int) {
        while parkedAtQuota.count < count + 1 { parkedAtQuota.append([]) }
    }

    /// Queues a job. Says whether there is something new to try: not when its class, or its gang,
    /// is known not to start now, nor when others of the class are before it.
    mutating func enqueue(_ entry: JobQueue.Entry, in index: Int) -> Bool {
        waiting += 1
        let wasFirst = classes[index].queue.first
        classes[index].queue.insert(entry)
        if classes[index].state == .empty {
            wait(index)
        } else if classes[index].entry != nil, wasFirst?.order != classes[index].queue.first?.order
        {
            unlist(index)
            list(index)
        }
        return classes[index].state == .waiting && gangs[Int(classes[index].gang)].isOpen
    }

    /// Takes a job out of its queue.
    mutating func dequeue(order: Int64, from index: Int) {
        waiting -= 1
        let wasFirst = classes[index].queue.first?.order == order
        classes[index].queue.remove(order: order)
        if classes[index].queue.isEmpty {
            leave(index)
            classes[index].state = .empty
        } else if wasFirst, classes[index].entry != nil {
            unlist(index)
            list(index)
        }
    }

    /// Parks a class at the quota of a tenant; -1 is the fleet.
    mutating func park(_ index: Int, atQuota tenant: Int32) {
        leave(index)
        classes[index].state = .parkedForQuota(tenant)
        parkedAtQuota[Int(tenant) + 1].append(Int32(index))
    }

    /// Sets every waiting class of a gang aside until nodes join.
    mutating func setAside(gang: Int) {
        for index in gangs[gang].waiting {
            unlist(Int(index))
            classes[Int(index)].state = .impossible
        }
        if gangs[gang].impossible.isEmpty { gangsWithImpossible.append(Int32(gang)) }
        gangs[gang].impossible += gangs[gang].waiting
        gangs[gang].waiting.removeAll()
        forgetWaiting(gang)
    }

    /// Notes that there is no room for a gang now.
    mutating func close(gang: Int) {
        guard gangs[gang].isOpen else { return }
        gangs[gang].isOpen = false
        for index in gangs[gang].waiting { unlist(Int(index)) }
    }

    /// Notes that there may be room for a gang.
    mutating func open(gang: Int) {
        guard !gangs[gang].isOpen else { return }
        gangs[gang].isOpen = true
        for index in gangs[gang].waiting { list(Int(index)) }
    }

    /// Lets every class wait for room that waited for nodes.
    mutating func unparkImpossible() {
        for gang in gangsWithImpossible {
            let returning = gangs[Int(gang)].impossible
            gangs[Int(gang)].impossible.removeAll()
            for index in returning { wait(Int(index)) }
            open(gang: Int(gang))
        }
        gangsWithImpossible.removeAll()
    }

    /// Lets every class wait for room that is parked at a tenant's quota; -1 is the fleet. Says
    /// whether there was one.
    mutating func unparkQuota(_ tenant: Int) -> Bool {
        let returning = parkedAtQuota[tenant + 1]
        guard !returning.isEmpty else { return false }
        parkedAtQuota[tenant + 1].removeAll(keepingCapacity: true)
        for index in returning { wait(Int(index)) }
        return true
    }

    /// Lets every class wait for room that is parked at some quota.
    mutating func unparkAllQuotas() -> Bool {
        var found = false
        for tenant in -1..<(parkedAtQuota.count - 1) where unparkQuota(tenant) { found = true }
        return found
    }

    /// Whether a class is in the list that its state names.
    func isListed(_ index: Int) -> Bool {
        let waitClass = classes[index]
        let gang = gangs[Int(waitClass.gang)]
        switch waitClass.state {
        case .empty: return waitClass.entry == nil
        case .waiting:
            guard gang.waiting.contains(Int32(index)), gang.place >= 0,
                gangsWaiting[Int(gang.place)] == waitClass.gang
            else { return false }
            guard !isByTenant, gang.isOpen else { return waitClass.entry == nil }
            guard let entry = waitClass.entry else { return false }
            return ready.entries.contains(entry) && entry.order == waitClass.queue.first?.order
        case .parkedForQuota(let tenant):
            return parkedAtQuota[Int(tenant) + 1].contains(Int32(index)) && waitClass.entry == nil
        case .impossible:
            return gang.impossible.contains(Int32(index))
                && gangsWithImpossible.contains(waitClass.gang) && waitClass.entry == nil
        }
    }
}

extension WaitingRoom {
    private mutating func wait(_ index: Int) {
        let gang = Int(classes[index].gang)
        classes[index].state = .waiting
        if gangs[gang].waiting.isEmpty {
            gangs[gang].place = Int32(gangsWaiting.count)
            gangsWaiting.append(Int32(gang))
            // While nothing waited for it nobody looked whether there was room.
            gangs[gang].isOpen = true
        }
        gangs[gang].waiting.append(Int32(index))
        if gangs[gang].isOpen { list(index) }
    }

    private mutating func leave(_ index: Int) {
        let gang = Int(classes[index].gang)
        unlist(index)
        switch classes[index].state {
        case .waiting:
            gangs[gang].waiting.removeAll { $0 == Int32(index) }
            if gangs[gang].waiting.isEmpty { forgetWaiting(gang) }
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

    private mutating func forgetWaiting(_ gang: Int) {
        let place = Int(gangs[gang].place)
        let last = gangsWaiting[gangsWaiting.count - 1]
        gangsWaiting[place] = last
        gangs[Int(last)].place = Int32(place)
        gangsWaiting.removeLast()
        gangs[gang].place = -1
    }

    private mutating func list(_ index: Int) {
        guard !isByTenant else { return }
        guard let first = classes[index].queue.first else {
            preconditionFailure("an empty class was listed")
        }
        let entry = ReadyList.Entry(
            priority: classes[index].priority, waitClass: Int32(index), order: first.order)
        classes[index].entry = entry
        ready.insert(entry)
    }

    private mutating func unlist(_ index: Int) {
        guard let entry = classes[index].entry else { return }
        ready.remove(entry)
        classes[index].entry = nil
    }

    /// Lets go of classes without waiting jobs, so that shapes that never come back cost nothing.
    /// O(classes), but only after as many new ones as are left have come.
    private mutating func sweep() {
        var isGangUsed = [Bool](repeating: false, count: gangs.count)
        for (index, waitClass) in classes.enumerated() {
            let key = WaitClassKey(
                tenant: waitClass.tenant, priority: waitClass.priority,
                urgency: waitClass.urgency, gang: waitClass.gang)
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
}

extension WaitingRoom: SnapshotValue {
    static var blank: WaitingRoom { WaitingRoom(isByTenant: false) }

    mutating func pass(through coder: inout SnapshotCoder) {
        coder.field(&gangs)
        coder.field(&classes)
        coder.field(&gangsWaiting)
        coder.field(&gangsWithImpossible)
        coder.field(&ready)
        coder.field(&waiting)
        coder.field(&parkedAtQuota)
        let requests = gangs.map(\.request)
        coder.index(&gangIndex, keys: requests)
        let keys = classes.map {
            WaitClassKey(
                tenant: $0.tenant, priority: $0.priority, urgency: $0.urgency, gang: $0.gang)
        }
        coder.index(&classIndex, keys: keys)
        coder.field(&freeGangs)
        coder.field(&freeClasses)
        coder.field(&sweepAt)
        coder.field(&isByTenant)
    }
}
