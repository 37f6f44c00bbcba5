import FleetModel

/// What is free on every node, with transactions: the part of the engine that placement works on.
///
/// Columns are indexed by node. Every change of a node is appended to a log, from which the shape
/// indexes catch up when they are next asked; speculation undoes itself through the same log.
struct FleetState: Sendable {
    /// Whether the node is in the fleet now.
    private(set) var present: [Bool] = []
    /// Whether the node takes no new work.
    private(set) var drained: [Bool] = []
    /// The node's pool index.
    private(set) var pool: [UInt8] = []
    /// The node's accelerator kind index; ``noKind`` for nodes without devices.
    private(set) var kind: [UInt8] = []
    /// Devices of the node.
    private(set) var deviceCount: [UInt8] = []
    /// Bit `i`: device `i` is out of service.
    private(set) var unhealthy: [UInt64] = []
    /// Bit `i`: device `i` is in service and nobody has any of it.
    private(set) var wholeFree: [UInt64] = []
    /// Host resources that nobody has.
    private(set) var hostFree: [HostResources] = []
    /// Host resources of the node.
    private(set) var hostTotal: [HostResources] = []
    /// Where the node's devices start in ``deviceFree``.
    private(set) var deviceOffset: [Int32] = []
    /// Devices for which the node has room in ``deviceFree``: the most that it ever had.
    private var deviceRoom: [UInt8] = []
    /// Thousandths of each device that nobody has, whether it is in service or not.
    private(set) var deviceFree: [Int16] = []
    /// Bit `i`: a reservation counts on device `i`, which is for nobody else even when it is free.
    private(set) var claimed: [UInt64] = []
    /// The zone of each node: 0, or the number of the tenant that owns it as part of a cell.
    private(set) var zone: [UInt8] = []
    /// The domains of each node, coarse to fine.
    private(set) var domains: [[DomainID]] = []
    /// The nodes that each rule admits: bit `i` of word `w` for node `64 w + i`.
    private(set) var rules: [[UInt64]] = []
    /// For each rule a bit for each node that it would rather have; none where all are alike.
    private(set) var preferred: [[UInt64]] = []
    /// Nodes that are kept free for large gangs.
    private(set) var spares = SpareNodes()
    /// Whether more may be held of the host than it has: since it changed under what runs there, or
    /// something was put there by somebody else.
    private(set) var mayBeOverdrawn: [Bool] = []

    /// Thousandths of devices in service on nodes that take work, by kind.
    private(set) var schedulableMilli = [Int64](repeating: 0, count: FleetState.kindStride)
    /// Of those, thousandths that nobody has.
    private(set) var freeMilli = [Int64](repeating: 0, count: FleetState.kindStride)

    /// Thousandths of CPU cores on all nodes that take work.
    private(set) var schedulableCPUMilli: Int64 = 0

    /// Nodes in the order in which they changed, from ``logStart`` on.
    private(set) var log: [Int32] = []
    /// How many changes were dropped from the front of ``log``.
    private(set) var logStart = 0
    /// Grows when the set of nodes or their domains change.
    private(set) var topologyVersion = 0
    /// Grows when nodes or devices come into or go out of service.
    private(set) var serviceVersion = 0
    /// Nodes on which something became free or came into service since the list was last
    /// forgotten; nil when they are too many to be worth a list.
    private(set) var grownNodes: [Int32]? = []
    /// Grows when anything becomes free or comes into service.
    private(set) var growthVersion = 0

    private var undo: [(grant: Grant, taken: Bool)] = []
    private var transactionDepth = 0

    /// The kind of nodes that have no devices.
    static let noKind: UInt8 = 255
    /// No device of a node.
    static let noDevices: UInt64 = 0
    /// Columns per kind: every kind, and one for host-only work.
    static let kindStride = FleetLimits.acceleratorKinds + 1

    /// Nodes that were ever in the fleet.
    var nodeCount: Int { present.count }

    /// The index that the next change will get.
    var logEnd: Int { logStart + log.count }

    /// Whether new work may go to the node at all.
    @inline(__always) func takesWork(_ node: Int) -> Bool { present[node] && !drained[node] }

    /// Thousandths of devices in service that are free on the node.
    func freeDeviceMilli(_ node: Int) -> Int64 {
        let offset = Int(deviceOffset[node])
        var sum: Int64 = 0
        for device in 0..<Int(deviceCount[node]) where unhealthy[node] & (1 << UInt64(device)) == 0
        {
            sum += Int64(deviceFree[offset + device])
        }
        return sum
    }

    /// Thousandths of devices in service on the node.
    func serviceMilli(_ node: Int) -> Int64 {
        let all = FleetState.mask(deviceCount[node])
        return Int64((all & ~unhealthy[node]).nonzeroBitCount) * 1000
    }

    /// Whether a known node comes back with as many devices of the same kind as it had.
    func isSameHardware(_ spec: NodeSpec) -> Bool {
        let known = spec.kind.map { UInt8($0.rawValue) } ?? FleetState.noKind
        return kind[spec.id.index] == known && Int32(deviceCount[spec.id.index]) == spec.devices
    }

    /// Whether a node has the pool, the domains and the host resources that it is said to have.
    func isAlike(_ spec: NodeSpec) -> Bool {
        let node = spec.id.index
        return pool[node] == UInt8(spec.pool.rawValue) && domains[node] == spec.domains
            && hostTotal[node] == spec.host
    }

    /// Starts the list of grown nodes anew.
    mutating func forgetGrown() { grownNodes = [] }

    private mutating func noteGrowth(_ node: Int) {
        growthVersion += 1
        if grownNodes?.last == Int32(node) { return }
        grownNodes?.append(Int32(node))
        if let count = grownNodes?.count, count > FleetState.grownLimit { grownNodes = nil }
    }

    /// Nodes that are listed as grown before the list is given up.
    private static let grownLimit = 64

    /// The word with the lowest `count` bits set.
    static func mask(_ count: UInt8) -> UInt64 {
        count >= 64 ? .max : (1 << UInt64(count)) - 1
    }

    /// Adds or brings back a node; `held` is what gangs that have not ended yet still hold of it.
    mutating func add(_ spec: NodeSpec, held: [Grant]) {
        let node = spec.id.index
        grow(to: node + 1)
        precondition(!present[node], "a node joined twice")
        let offset = deviceFree.count
        let count = Int(spec.devices)
        if Int(deviceRoom[node]) < count {
            deviceOffset[node] = Int32(offset)
            deviceRoom[node] = UInt8(count)
            deviceFree.append(contentsOf: repeatElement(1000, count: count))
        }
        deviceCount[node] = UInt8(count)
        let base = Int(deviceOffset[node])
        for device in 0..<count { deviceFree[base + device] = 1000 }
        pool[node] = UInt8(spec.pool.rawValue)
        kind[node] = spec.kind.map { UInt8($0.rawValue) } ?? FleetState.noKind
        unhealthy[node] = spec.unhealthyDevices & FleetState.mask(UInt8(count))
        hostTotal[node] = spec.host
        hostFree[node] = spec.host
        domains[node] = spec.domains
        drained[node] = false
        wholeFree[node] = FleetState.mask(UInt8(count)) & ~unhealthy[node]
        for grant in held { applyToColumns(grant, taken: true) }
        present[node] = true
        account(node, sign: 1)
        topologyVersion += 1
        serviceVersion += 1
        noteGrowth(node)
    }

    /// Takes a node out of the fleet. Grants on it may be returned later.
    mutating func remove(_ id: NodeID) {
        let node = id.index
        precondition(present[node], "a node left that was not there")
        account(node, sign: -1)
        present[node] = false
        topologyVersion += 1
        serviceVersion += 1
        noteChange(node)
    }

    /// Says which devices of the node reservations count on.
    mutating func setClaimed(_ node: Int, _ bits: UInt64) {
        guard claimed[node] != bits else { return }
        let isGrowing = claimed[node] & ~bits != 0
        claimed[node] = bits
        if isGrowing { noteGrowth(node) }
        noteChange(node)
    }

    /// Whether a rule admits a node; one that was never told admits none.
    @inline(__always) func admits(_ rule: Int, _ node: Int) -> Bool {
        rule < rules.count && node >> 6 < rules[rule].count
            && rules[rule][node >> 6] & (1 << UInt64(node & 63)) != 0
    }

    /// Whether a rule would rather have this node than others.
    @inline(__always) func prefers(_ rule: Int, _ node: Int) -> Bool {
        rule < preferred.count && node >> 6 < preferred[rule].count
            && preferred[rule][node >> 6] & (1 << UInt64(node & 63)) != 0
    }

    /// Whether a rule would rather have some nodes than others.
    func hasPreference(_ rule: Int) -> Bool { rule < preferred.count && !preferred[rule].isEmpty }

    /// Says which nodes a rule admits. O(nodes), and what follows a change for each that differs.
    mutating func setRule(_ rule: Int, _ words: [UInt64]) {
        while rules.count <= rule { rules.append([]) }
        let before = rules[rule]
        rules[rule] = words
        for (node, isAdmitted) in differences(before, words) {
            if isAdmitted { noteGrowth(node) }
            serviceVersion += 1
            noteChange(node)
        }
    }

    /// Says which nodes a rule would rather have. O(nodes).
    mutating func setPreference(_ rule: Int, _ words: [UInt64]) {
        while preferred.count <= rule { preferred.append([]) }
        let before = preferred[rule]
        preferred[rule] = words
        for (node, _) in differences(before, words) { noteChange(node) }
    }

    /// Says which nodes are kept for large gangs. O(nodes kept), and what follows a change for each
    /// that differs.
    mutating func setSpares(_ new: SpareNodes) {
        let before = spares
        spares = new
        for node in new.nodes where node.index < nodeCount && !before.contains(node.index) {
            noteChange(node.index)
        }
        for node in before.nodes where node.index < nodeCount && !new.contains(node.index) {
            noteGrowth(node.index)
            noteChange(node.index)
        }
    }

    /// The nodes whose bit is another, with what it is now.
    private func differences(_ before: [UInt64], _ now: [UInt64]) -> [(node: Int, isSet: Bool)] {
        (0..<nodeCount).compactMap { node in
            let (word, bit) = (node >> 6, UInt64(1) << UInt64(node & 63))
            let was = word < before.count && before[word] & bit != 0
            let isSet = word < now.count && now[word] & bit != 0
            return was == isSet ? nil : (node, isSet)
        }
    }

    /// Gives a present node another pool, other domains and host resources; what is held of it
    /// stays held, so that less than nothing may be left of the host.
    mutating func update(_ spec: NodeSpec) {
        let node = spec.id.index
        precondition(present[node], "a node changed that was not there")
        account(node, sign: -1)
        if domains[node] != spec.domains { topologyVersion += 1 }
        if pool[node] != UInt8(spec.pool.rawValue) || domains[node] != spec.domains
            || hostTotal[node] != spec.host
        {
            serviceVersion += 1
        }
        pool[node] = UInt8(spec.pool.rawValue)
        domains[node] = spec.domains
        hostFree[node] = hostFree[node] + (spec.host - hostTotal[node])
        hostTotal[node] = spec.host
        mayBeOverdrawn[node] = true
        account(node, sign: 1)
        noteGrowth(node)
        noteChange(node)
    }

    /// Says to whose cell the node belongs. Every index starts anew.
    mutating func setZone(_ id: NodeID, _ value: UInt8) {
        guard zone[id.index] != value else { return }
        zone[id.index] = value
        topologyVersion += 1
        serviceVersion += 1
        noteGrowth(id.index)
    }

    /// Says whether the node takes new work.
    mutating func setDrained(_ id: NodeID, _ isDrained: Bool) {
        let node = id.index
        guard drained[node] != isDrained else { return }
        account(node, sign: -1)
        drained[node] = isDrained
        serviceVersion += 1
        account(node, sign: 1)
        if !isDrained { noteGrowth(node) }
        noteChange(node)
    }

    /// Says which devices of the node are out of service.
    mutating func setUnhealthy(_ id: NodeID, _ bits: UInt64) {
        let node = id.index
        let valid = bits & FleetState.mask(deviceCount[node])
        guard unhealthy[node] != valid else { return }
        account(node, sign: -1)
        if unhealthy[node] & ~valid != 0 { noteGrowth(node) }
        unhealthy[node] = valid
        serviceVersion += 1
        recomputeWholeFree(node)
        account(node, sign: 1)
        noteChange(node)
    }

    /// Takes all that is free of a node; for speculation.
    mutating func takeAll(of node: Int) {
        var host = hostFree[node].clampedToZero
        for device in 0..<Int(deviceCount[node]) {
            let free = deviceFree[Int(deviceOffset[node]) + device]
            guard free > 0 || host != .zero else { continue }
            take(
                Grant(
                    node: NodeID(node), deviceMilli: Int32(free),
                    devices: free > 0 ? 1 << UInt64(device) : 0, host: host))
            host = .zero
        }
        if host != .zero {
            take(Grant(node: NodeID(node), deviceMilli: 0, devices: 0, host: host))
        }
    }

    /// Whether everything that a grant names is free; whether it is in service is not asked.
    func hasFree(_ grant: Grant) -> Bool {
        hostFree[grant.node.index].contains(grant.host) && hasFreeDevices(grant)
    }

    /// Whether every device that a grant names is free, as far as it names it.
    func hasFreeDevices(_ grant: Grant) -> Bool {
        let node = grant.node.index
        let offset = Int(deviceOffset[node])
        var rest = grant.devices
        while rest != 0 {
            let device = rest.trailingZeroBitCount
            rest &= rest - 1
            if Int32(deviceFree[offset + device]) < grant.deviceMilli { return false }
        }
        return true
    }

    /// Gives a member what it was granted; within a transaction it can be undone.
    mutating func take(_ grant: Grant) {
        if transactionDepth > 0 { undo.append((grant, true)) }
        change(grant, taken: true)
    }

    /// Gives a member what it has already, even if less than nothing is left of the host.
    mutating func takeAsIs(_ grant: Grant) {
        mayBeOverdrawn[grant.node.index] = true
        take(grant)
    }

    /// Takes back what a member had.
    mutating func putBack(_ grant: Grant) {
        if transactionDepth > 0 {
            undo.append((grant, false))
        } else {
            noteGrowth(grant.node.index)
        }
        change(grant, taken: false)
    }

    /// Opens a transaction; transactions nest. Returns the mark to roll back to.
    mutating func checkpoint() -> Int {
        transactionDepth += 1
        return undo.count
    }

    /// Undoes everything since `mark` and closes the transaction.
    mutating func rollback(to mark: Int) {
        precondition(transactionDepth > 0, "rollback outside a transaction")
        while undo.count > mark {
            let (grant, taken) = undo.removeLast()
            change(grant, taken: !taken)
        }
        transactionDepth -= 1
    }

    /// Keeps everything since the checkpoint and closes the transaction.
    mutating func commit() {
        precondition(transactionDepth > 0, "commit outside a transaction")
        transactionDepth -= 1
        if transactionDepth == 0 { undo.removeAll(keepingCapacity: true) }
    }

    /// Whether a transaction is open.
    var isSpeculating: Bool { transactionDepth > 0 }

    private mutating func change(_ grant: Grant, taken: Bool) {
        let node = grant.node.index
        let counted = takesWork(node) && kind[node] != FleetState.noKind
        let healthy = (grant.devices & ~unhealthy[node]).nonzeroBitCount
        if counted {
            let milli = Int64(healthy) * Int64(grant.deviceMilli)
            freeMilli[Int(kind[node])] += taken ? -milli : milli
        }
        applyToColumns(grant, taken: taken)
        noteChange(node)
    }

    private mutating func applyToColumns(_ grant: Grant, taken: Bool) {
        let node = grant.node.index
        let offset = Int(deviceOffset[node])
        var rest = grant.devices & FleetState.mask(deviceCount[node])
        let step = Int16(taken ? -grant.deviceMilli : grant.deviceMilli)
        while rest != 0 {
            let device = rest.trailingZeroBitCount
            rest &= rest - 1
            let left = deviceFree[offset + device] + step
            precondition(left >= 0 && left <= 1000, "a device over- or under-allocated")
            deviceFree[offset + device] = left
            let bit: UInt64 = 1 << UInt64(device)
            if left == 1000 && unhealthy[node] & bit == 0 {
                wholeFree[node] |= bit
            } else {
                wholeFree[node] &= ~bit
            }
        }
        hostFree[node] = taken ? hostFree[node] - grant.host : hostFree[node] + grant.host
    }

    private mutating func recomputeWholeFree(_ node: Int) {
        var bits: UInt64 = 0
        let offset = Int(deviceOffset[node])
        for device in 0..<Int(deviceCount[node]) where deviceFree[offset + device] == 1000 {
            bits |= 1 << UInt64(device)
        }
        wholeFree[node] = bits & ~unhealthy[node]
    }

    private mutating func account(_ node: Int, sign: Int64) {
        guard takesWork(node) else { return }
        schedulableCPUMilli += sign * hostTotal[node].cpuMilli
        guard kind[node] != FleetState.noKind else { return }
        schedulableMilli[Int(kind[node])] += sign * serviceMilli(node)
        freeMilli[Int(kind[node])] += sign * freeDeviceMilli(node)
    }

    private mutating func noteChange(_ node: Int) {
        log.append(Int32(node))
        let limit = max(4096, 4 * present.count)
        if log.count > limit {
            let dropped = log.count / 2
            log.removeFirst(dropped)
            logStart += dropped
        }
    }

    private mutating func grow(to count: Int) {
        while present.count < count {
            present.append(false)
            drained.append(false)
            pool.append(0)
            kind.append(FleetState.noKind)
            deviceCount.append(0)
            unhealthy.append(0)
            wholeFree.append(0)
            hostFree.append(.zero)
            hostTotal.append(.zero)
            deviceOffset.append(0)
            deviceRoom.append(0)
            domains.append([])
            zone.append(0)
            claimed.append(0)
            mayBeOverdrawn.append(false)
        }
    }
}

extension FleetState: SnapshotValue {
    static var blank: FleetState { FleetState() }

    mutating func pass(through coder: inout SnapshotCoder) {
        coder.field(&present)
        coder.field(&drained)
        coder.field(&pool)
        coder.field(&kind)
        coder.field(&deviceCount)
        coder.field(&unhealthy)
        coder.field(&wholeFree)
        coder.field(&hostFree)
        coder.field(&hostTotal)
        coder.field(&deviceOffset)
        coder.field(&deviceRoom)
        coder.field(&deviceFree)
        coder.field(&claimed)
        coder.field(&zone)
        coder.field(&domains)
        coder.field(&rules, since: 2)
        coder.field(&preferred, since: 3)
        coder.field(&spares, since: 4)
        coder.field(&mayBeOverdrawn, since: 2)
        // Older snapshots know of no such node.
        while mayBeOverdrawn.count < present.count { mayBeOverdrawn.append(false) }
        coder.field(&schedulableMilli)
        coder.field(&freeMilli)
        coder.field(&schedulableCPUMilli)
        coder.field(&log)
        coder.field(&logStart)
        coder.field(&topologyVersion)
        coder.field(&serviceVersion)
        coder.field(&grownNodes)
        coder.field(&growthVersion)
        // No transaction is open between two inputs, so there is nothing to undo.
        precondition(transactionDepth == 0 && undo.isEmpty, "a snapshot within a transaction")
        coder.leaveOut()
        coder.leaveOut()
    }
}
