import FleetModel

/// The fleet as a projection sees it: how much is free on each node, not which devices.
///
/// Devices of a node are one amount, so that a node with two half devices free counts as one with a
/// whole one; host resources are left out. Nodes of one kind and pool stand in lists by free
/// devices, and for every number of devices that is asked for the members that fit are counted.
struct ProjectedFleet {
    /// A kind of nodes: a pool, an accelerator kind, the rules that admit them, and whether they
    /// are kept as spares.
    typealias NodeClass = (pool: UInt8, kind: UInt8, rules: UInt64, isSpare: Bool)

    /// Kinds of nodes.
    private(set) var nodeClasses: [NodeClass] = []
    /// Rules that are told apart, by the bit of each.
    private let rules: [Int32]
    /// Free thousandths by node.
    private var free: [Int32]
    /// Kind of node by node; 255 for nodes that take no work or have no devices.
    private(set) var classOf: [UInt8]
    private var next: [Int32]
    private var previous: [Int32]
    private var heads: [Int32] = []
    private var mostDevices: [Int] = []
    /// Numbers of devices that are asked for.
    private var sizes: [Int32] = []
    /// Members that fit, by kind of node and number of devices.
    private var slots: [Int64] = []
    /// The node that parts of devices are taken from, by kind of node.
    private var shared: [Int32] = []
    private let tree: DomainTree
    private var domainFree: [Int64] = []
    private var isCountingDomains = false
    /// Nodes that may still be looked at in searches for a domain.
    private var domainSteps = 400_000

    private static let stride = FleetLimits.devicesPerNode + 1
    private static let classLimit = 64
    private static let none: UInt8 = 255

    /// `rules` are those that gangs have: nodes are told apart by them, unless that makes too many
    /// kinds of nodes; then rules are passed over. O(nodes × rules).
    init(_ fleet: FleetState, tree: DomainTree, rules: [Int32]) {
        let told = rules.count <= Self.classLimit ? rules : []
        self.init(fleet, tree, telling: told)
        if !told.isEmpty, nodeClasses.count == Self.classLimit {
            self.init(fleet, tree, telling: [])
        }
    }

    private init(_ fleet: FleetState, _ tree: DomainTree, telling rules: [Int32]) {
        let count = fleet.nodeCount
        self.tree = tree
        self.rules = rules
        free = [Int32](repeating: 0, count: count)
        classOf = [UInt8](repeating: Self.none, count: count)
        next = [Int32](repeating: -1, count: count)
        previous = next
        for node in 0..<count where fleet.takesWork(node) && fleet.deviceCount[node] > 0 {
            var admitting: UInt64 = 0
            for (bit, rule) in rules.enumerated() where fleet.admits(Int(rule), node) {
                admitting |= 1 << UInt64(bit)
            }
            let kind = nodeClass(
                (fleet.pool[node], fleet.kind[node], admitting, fleet.spares.contains(node)))
            classOf[node] = UInt8(kind)
            free[node] = Int32(fleet.freeDeviceMilli(node))
            mostDevices[kind] = max(mostDevices[kind], Int(fleet.deviceCount[node]))
            link(node)
        }
    }

    /// Kinds of nodes that a member may stand on, as bits.
    func accepted(_ shape: Shape) -> UInt64 {
        var bits: UInt64 = 0
        let rule = rules.firstIndex(of: shape.rule).map { UInt64(1) << UInt64($0) } ?? 0
        for (index, one) in nodeClasses.enumerated()
        where shape.pools.bits & 1 << UInt64(one.pool) != 0
            && shape.kinds.bits & 1 << UInt64(one.kind) != 0 && one.rules & rule == rule
            && (!one.isSpare || shape.sparePools & 1 << UInt64(one.pool) != 0)
        {
            bits |= 1 << UInt64(index)
        }
        return bits
    }

    /// The index under which members of so many devices are counted from now on.
    mutating func sizeIndex(_ devices: Int32) -> Int {
        if let known = sizes.firstIndex(of: devices) { return known }
        sizes.append(devices)
        recount()
        return sizes.count - 1
    }

    /// Starts to keep what is free by domain; without, no gang is held to one. O(nodes).
    mutating func countDomains(isCurrent: Bool) {
        guard isCurrent, !isCountingDomains else { return }
        isCountingDomains = true
        domainFree = [Int64](repeating: 0, count: tree.domainCount)
        for node in free.indices where classOf[node] != Self.none {
            addToDomains(node, Int64(free[node]))
        }
    }

    /// Members of so many devices that fit on nodes of these kinds.
    @inline(__always)
    func fit(_ size: Int, on kinds: UInt64) -> Int64 {
        var sum: Int64 = 0
        var rest = kinds
        while rest != 0 {
            sum += slots[rest.trailingZeroBitCount * sizes.count + size]
            rest &= rest - 1
        }
        return sum
    }

    /// Changes what is free on a node.
    mutating func add(_ milli: Int32, to node: Int) {
        guard classOf[node] != Self.none else { return }
        let kind = Int(classOf[node])
        let before = free[node] / 1000
        let after = (free[node] + milli) / 1000
        if before != after {
            unlink(node)
            free[node] += milli
            link(node)
            for (index, size) in sizes.enumerated() {
                slots[kind * sizes.count + index] += Int64(after / size - before / size)
            }
        } else {
            free[node] += milli
        }
        if isCountingDomains { addToDomains(node, Int64(milli)) }
    }

    /// Takes a member from the node where it leaves the least; -1 when there is none.
    mutating func take(devices: Int32, milli: Int32, on kinds: UInt64) -> Int32 {
        if devices == 1, milli < 1000 { return takePart(milli, on: kinds) }
        for bucket in Int(devices)..<Self.stride {
            var rest = kinds
            while rest != 0 {
                let kind = rest.trailingZeroBitCount
                rest &= rest - 1
                guard bucket <= mostDevices[kind] else { continue }
                let node = heads[kind * Self.stride + bucket]
                if node >= 0 {
                    add(-1000 * devices, to: Int(node))
                    return node
                }
            }
        }
        return -1
    }

    /// A domain of a level that has room for so many members; nil when there is none, -1 when
    /// domains are not looked at (any more).
    mutating func domain(
        level: Int, members: Int64, devices: Int32, on kinds: UInt64
    ) -> Int? {
        guard isCountingDomains, domainSteps > 0, level < tree.levelRanges.count else { return -1 }
        let need = members * Int64(devices) * 1000
        for domain in tree.levelRanges[level] where domainFree[domain] >= need {
            var fit: Int64 = 0
            for position in tree.positions(domain) {
                domainSteps -= 1
                fit += Int64(self.fit(devices, at: position, on: kinds))
                if fit >= members { return domain }
            }
        }
        return nil
    }

    /// Takes a member from the domain; -1 when there is none.
    mutating func take(devices: Int32, in domain: Int, on kinds: UInt64) -> Int32 {
        for position in tree.positions(domain) {
            domainSteps -= 1
            guard fit(devices, at: position, on: kinds) > 0 else { continue }
            let node = tree.nodeAt[position]
            add(-1000 * devices, to: Int(node))
            return node
        }
        return -1
    }

    private func fit(_ devices: Int32, at position: Int, on kinds: UInt64) -> Int32 {
        let node = Int(tree.nodeAt[position])
        guard classOf[node] != Self.none, kinds & 1 << UInt64(classOf[node]) != 0 else { return 0 }
        return free[node] / 1000 / devices
    }

    private mutating func takePart(_ milli: Int32, on kinds: UInt64) -> Int32 {
        var rest = kinds
        while rest != 0 {
            let kind = rest.trailingZeroBitCount
            rest &= rest - 1
            let node = shared[kind]
            guard node >= 0, free[Int(node)] >= milli else { continue }
            add(-milli, to: Int(node))
            return node
        }
        let node = take(devices: 1, milli: 1000, on: kinds)
        guard node >= 0 else { return -1 }
        add(1000 - milli, to: Int(node))
        shared[Int(classOf[Int(node)])] = node
        return node
    }

    private mutating func addToDomains(_ node: Int, _ milli: Int64) {
        let position = Int(tree.positionOf[node])
        guard position >= 0, !tree.leafOf.isEmpty else { return }
        var domain = Int(tree.leafOf[position])
        while domain >= 0 {
            domainFree[domain] += milli
            domain = Int(tree.parent[domain])
        }
    }

    /// More kinds of nodes than fit into a word share the last place.
    private mutating func nodeClass(_ wanted: NodeClass) -> Int {
        if let known = nodeClasses.firstIndex(where: { $0 == wanted }) { return known }
        guard nodeClasses.count < Self.classLimit else { return Self.classLimit - 1 }
        nodeClasses.append(wanted)
        heads += [Int32](repeating: -1, count: Self.stride)
        mostDevices.append(0)
        shared.append(-1)
        return nodeClasses.count - 1
    }

    private mutating func recount() {
        slots = [Int64](repeating: 0, count: nodeClasses.count * sizes.count)
        for node in free.indices where classOf[node] != Self.none {
            let base = Int(classOf[node]) * sizes.count
            for (index, size) in sizes.enumerated() {
                slots[base + index] += Int64(free[node] / 1000 / size)
            }
        }
    }

    private mutating func link(_ node: Int) {
        let head = Int(classOf[node]) * Self.stride + Int(free[node] / 1000)
        next[node] = heads[head]
        previous[node] = -1
        if heads[head] >= 0 { previous[Int(heads[head])] = Int32(node) }
        heads[head] = Int32(node)
    }

    private mutating func unlink(_ node: Int) {
        let (after, before) = (next[node], previous[node])
        if after >= 0 { previous[Int(after)] = before }
        if before >= 0 {
            next[Int(before)] = after
        } else {
            heads[Int(classOf[node]) * Self.stride + Int(free[node] / 1000)] = after
        }
    }
}
