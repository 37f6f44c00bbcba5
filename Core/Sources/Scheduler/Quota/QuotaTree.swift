import FleetModel

/// Who may use how much, and whose turn it is.
///
/// Amounts are thousandths of GPUs per accelerator kind; host-only work is counted in thousandths
/// of CPU cores in a column of its own. Numbers of a tenant include those of its descendants.
struct QuotaTree: Sendable {
    /// Columns of one tenant.
    static let stride = FleetState.kindStride
    /// The column of host-only work.
    static let hostColumn = FleetLimits.acceleratorKinds

    /// Whether the tenant exists.
    private(set) var exists: [Bool] = []
    /// The tenant above; -1 for those directly below the fleet.
    private(set) var parent: [Int32] = []
    /// Tenants below, in order of id.
    private(set) var children: [[Int32]] = []
    /// Tenants directly below the fleet, in order of id.
    private(set) var roots: [Int32] = []
    /// In use now.
    private(set) var usage: [Int64] = []
    /// Decaying average of use.
    private var history: [Int64] = []
    private var historyAt: [Instant] = []
    private var guaranteed: [Int64] = []
    private var limit: [Int64] = []
    private var keepBack: [Int64] = []
    private var weight: [Int64] = []
    /// Guarantees that are neither in use nor lent, own and below: withheld from everybody else.
    private var withheld: [Int64] = []
    private var rootWithheld = [Int64](repeating: 0, count: QuotaTree.stride)
    private var rootUsage = [Int64](repeating: 0, count: QuotaTree.stride)
    /// Whether some tenant has a limit or keeps something back; if not, admission is free.
    private(set) var isBinding = false
    /// Whether some tenant is guaranteed something.
    private(set) var hasGuarantees = false

    private var halfLife: TimeSpan
    /// The part of a request that counts as past use at once.
    private var entryShare: Int64

    /// `limit` of a tenant without one.
    static let unlimited = Int64.max
    /// The largest guarantee: every device of the largest fleet.
    static let mostGuaranteed = Int64(FleetLimits.nodes * FleetLimits.devicesPerNode) * 1000

    init(policy: Policy) {
        halfLife = policy.usageHalfLife
        let whole: Int64 = 1 << 30
        entryShare =
            whole - Decay.apply(whole, elapsed: policy.entryPenalty, halfLife: policy.usageHalfLife)
    }

    /// Whether jobs may be submitted to the tenant.
    func isLeaf(_ tenant: TenantID) -> Bool {
        exists.indices.contains(tenant.index) && exists[tenant.index]
            && children[tenant.index].isEmpty
    }

    /// Takes over a new tree. Usage and history of tenants that remain are kept.
    ///
    /// Refuses, and changes nothing, when a tenant in use (by index; absent ones are not) would
    /// vanish or stop to be a leaf, when parents do not come first, or when the tree is too deep.
    mutating func replace(
        with specs: [TenantSpec], inUse: [Bool], at now: Instant
    ) -> Bool {
        let count = max(exists.count, (specs.map { $0.id.index }.max() ?? -1) + 1)
        var newParent = [Int32](repeating: -1, count: count)
        var newExists = [Bool](repeating: false, count: count)
        var depth = [Int](repeating: 1, count: count)
        for spec in specs {
            guard !newExists[spec.id.index] else { return false }
            if let above = spec.parent {
                guard above.index < count, newExists[above.index] else { return false }
                depth[spec.id.index] = depth[above.index] + 1
                guard depth[spec.id.index] <= FleetLimits.tenantDepth else { return false }
            }
            newExists[spec.id.index] = true
            newParent[spec.id.index] = spec.parent?.rawValue ?? -1
        }
        var isLeaf = newExists
        for spec in specs { if let above = spec.parent { isLeaf[above.index] = false } }
        for tenant in inUse.indices where inUse[tenant] && !isLeaf[tenant] { return false }
        let leafUsage = leafNumbers()
        let histories = leafHistories(at: now)
        exists = newExists
        parent = newParent
        rebuildShape(specs, count: count)
        for (tenant, row) in leafUsage.enumerated() { addRow(row, tenant: tenant) }
        restoreHistories(histories, at: now)
        refreshWithheld()
        return true
    }

    /// Counts a start (`sign` 1) or an end (-1) of use by a leaf.
    mutating func charge(
        _ tenant: TenantID, column: Int, amount: Int64, sign: Int64, at now: Instant
    ) {
        guard amount != 0 else { return }
        var node = tenant.index
        while true {
            let cell = node * QuotaTree.stride + column
            settle(node, at: now)
            if sign > 0 {
                let product = amount.multipliedFullWidth(by: entryShare)
                history[cell] += product.high << 34 | Int64(product.low >> 30)
            }
            changeUsage(node, column: column, by: sign * amount)
            guard parent[node] >= 0 else { break }
            node = Int(parent[node])
        }
        rootUsage[column] += sign * amount
        precondition(rootUsage[column] >= 0, "more use ended than had started")
    }

    /// What the leaf's path leaves it of a kind now, and who leaves the least; nil for the fleet.
    ///
    /// A limit on the path binds, and so does what tenants beside the path keep back of their
    /// guarantees; that nothing is free does not. O(depth times siblings).
    func left(
        _ tenant: TenantID, column: Int, capacity: Int64
    ) -> (milli: Int64, tenant: TenantID?) {
        guard isBinding, column < FleetLimits.acceleratorKinds else { return (.max, nil) }
        var least: (milli: Int64, tenant: TenantID?) = (.max, nil)
        var node = tenant.index
        var withheldBeside: Int64 = 0
        while node >= 0 {
            let cell = node * QuotaTree.stride + column
            if limit[cell] != QuotaTree.unlimited {
                let milli = limit[cell] - usage[cell] - withheldBeside
                if milli < least.milli { least = (milli, TenantID(node)) }
            }
            let above = Int(parent[node])
            let all = above >= 0 ? childrenWithheld(above, column) : rootWithheld[column]
            withheldBeside = all - withheld[cell]
            node = above
        }
        guard withheldBeside > 0 else { return least }
        let milli = capacity - rootUsage[column] - withheldBeside
        return milli < least.milli ? (milli, nil) : least
    }

    /// Whether so much more of a kind is within what the tenant is guaranteed.
    func fitsGuarantee(_ tenant: Int, column: Int, amount: Int64) -> Bool {
        let cell = tenant * QuotaTree.stride + column
        return usage[cell] + amount <= guaranteed[cell]
    }

    /// The tenant's weighted share of the kind: present use plus decayed past use over capacity and
    /// weight, in 2^-44. Fine enough for the largest weight on the largest fleet.
    func share(_ tenant: Int, column: Int, capacity: Int64, at now: Instant) -> Int64 {
        let cell = tenant * QuotaTree.stride + column
        let past = decayedHistory(tenant, column: column, at: now)
        let sum = usage[cell] + past
        let scaled = UInt64(sum).multipliedFullWidth(by: 1 << 44)
        let divisor = UInt64(max(1, capacity))
        guard scaled.high < divisor else { return .max }
        let (quotient, _) = divisor.dividingFullWidth(scaled)
        return Int64(clamping: quotient) / max(1, weight[cell])
    }

    /// Whether the tenant uses more of a kind than it is guaranteed.
    func isBeyondGuarantee(_ tenant: Int, column: Int) -> Bool {
        beyondGuarantee(tenant, column: column) > 0
    }

    /// What the tenant uses of a kind beyond its guarantee; below zero when it stays within it.
    func beyondGuarantee(_ tenant: Int, column: Int) -> Int64 {
        let cell = tenant * QuotaTree.stride + column
        return usage[cell] - guaranteed[cell]
    }

    /// The tenants on the paths of two leaves just below the place where the paths part.
    func parting(_ one: TenantID, _ other: TenantID) -> (Int, Int) {
        var path: [Int] = []
        var node = one.index
        while node >= 0 {
            path.append(node)
            node = Int(parent[node])
        }
        var last = other.index
        node = other.index
        while node >= 0 {
            if let place = path.firstIndex(of: node) {
                precondition(place > 0, "a leaf above another leaf")
                return (path[place - 1], last)
            }
            last = node
            node = Int(parent[node])
        }
        return (path[path.count - 1], last)
    }

    /// The limit of a tenant, ``unlimited`` when it has none.
    func limit(_ tenant: Int, column: Int) -> Int64 { limit[tenant * QuotaTree.stride + column] }

    /// What a tenant is guaranteed.
    func guaranteed(_ tenant: Int, column: Int) -> Int64 {
        guaranteed[tenant * QuotaTree.stride + column]
    }

    /// The numbers of a tenant for a kind, as they were set.
    func numbers(_ tenant: Int, column: Int) -> QuotaSpec {
        let cell = tenant * QuotaTree.stride + column
        return QuotaSpec(
            kind: AcceleratorKindID(column), guaranteedMilli: guaranteed[cell],
            limitMilli: limit[cell] == QuotaTree.unlimited ? nil : limit[cell],
            lendableMilli: guaranteed[cell] - keepBack[cell], weight: weight[cell])
    }

    /// The tenant's weight among its siblings.
    func weight(_ tenant: Int, column: Int) -> Int64 { weight[tenant * QuotaTree.stride + column] }

    /// What the tenant uses of a kind.
    func usage(_ tenant: TenantID, column: Int) -> Int64 {
        usage[tenant.index * QuotaTree.stride + column]
    }

    /// All use of a kind.
    func totalUsage(column: Int) -> Int64 { rootUsage[column] }

    /// Folds everything that decisions depend on into a digest.
    func fold(into hasher: inout StateHasher) {
        for value in usage { hasher.add(value) }
        for value in history { hasher.add(value) }
        for value in guaranteed { hasher.add(value) }
        for value in limit { hasher.add(value) }
        for value in keepBack { hasher.add(value) }
        for value in weight { hasher.add(value) }
        for value in historyAt { hasher.add(value.nanoseconds) }
        for value in parent { hasher.add(value) }
    }
}

extension QuotaTree {
    private func childrenWithheld(_ tenant: Int, _ column: Int) -> Int64 {
        children[tenant].reduce(0) { $0 + withheld[Int($1) * QuotaTree.stride + column] }
    }

    private mutating func rebuildShape(_ specs: [TenantSpec], count: Int) {
        let cells = count * QuotaTree.stride
        children = [[Int32]](repeating: [], count: count)
        roots = []
        for tenant in 0..<count where exists[tenant] {
            if parent[tenant] >= 0 {
                children[Int(parent[tenant])].append(Int32(tenant))
            } else {
                roots.append(Int32(tenant))
            }
        }
        usage = [Int64](repeating: 0, count: cells)
        history = usage
        guaranteed = usage
        keepBack = usage
        withheld = usage
        limit = [Int64](repeating: QuotaTree.unlimited, count: cells)
        weight = [Int64](repeating: 1, count: cells)
        historyAt = [Instant](repeating: .zero, count: count)
        rootUsage = [Int64](repeating: 0, count: QuotaTree.stride)
        isBinding = false
        hasGuarantees = specs.contains { $0.quotas.contains { $0.guaranteedMilli > 0 } }
        for spec in specs {
            for quota in spec.quotas {
                let cell = spec.id.index * QuotaTree.stride + quota.kind.index
                guaranteed[cell] = quota.guaranteedMilli
                limit[cell] = quota.limitMilli ?? QuotaTree.unlimited
                keepBack[cell] =
                    quota.guaranteedMilli - (quota.lendableMilli ?? quota.guaranteedMilli)
                weight[cell] = quota.weight
                if quota.limitMilli != nil || keepBack[cell] > 0 { isBinding = true }
            }
        }
    }

    private func leafNumbers() -> [[Int64]] {
        exists.indices.map { tenant in
            guard exists[tenant], children[tenant].isEmpty else { return [] }
            return Array(usage[(tenant * QuotaTree.stride)..<((tenant + 1) * QuotaTree.stride)])
        }
    }

    private func leafHistories(at now: Instant) -> [[Int64]] {
        exists.indices.map { tenant in
            guard exists[tenant], children[tenant].isEmpty else { return [] }
            return (0..<QuotaTree.stride).map { decayedHistory(tenant, column: $0, at: now) }
        }
    }

    private mutating func addRow(_ row: [Int64], tenant: Int) {
        for (column, amount) in row.enumerated() where amount != 0 {
            var node = tenant
            while node >= 0 {
                usage[node * QuotaTree.stride + column] += amount
                node = Int(parent[node])
            }
            rootUsage[column] += amount
        }
    }

    private mutating func restoreHistories(_ rows: [[Int64]], at now: Instant) {
        for tenant in historyAt.indices { historyAt[tenant] = now }
        for (tenant, row) in rows.enumerated() where exists[tenant] {
            for (column, amount) in row.enumerated() where amount != 0 {
                var node = tenant
                while node >= 0 {
                    history[node * QuotaTree.stride + column] += amount
                    node = Int(parent[node])
                }
            }
        }
    }

    private mutating func refreshWithheld() {
        rootWithheld = [Int64](repeating: 0, count: QuotaTree.stride)
        guard isBinding else { return }
        for column in 0..<FleetLimits.acceleratorKinds {
            for root in roots { rootWithheld[column] += refreshWithheld(Int(root), column) }
        }
    }

    private mutating func refreshWithheld(_ tenant: Int, _ column: Int) -> Int64 {
        var below: Int64 = 0
        for child in children[tenant] { below += refreshWithheld(Int(child), column) }
        let cell = tenant * QuotaTree.stride + column
        withheld[cell] = max(below, max(0, keepBack[cell] - usage[cell]))
        return withheld[cell]
    }

    private mutating func changeUsage(_ tenant: Int, column: Int, by amount: Int64) {
        let cell = tenant * QuotaTree.stride + column
        usage[cell] += amount
        precondition(usage[cell] >= 0, "a tenant's use fell below zero")
        guard isBinding else { return }
        let before = withheld[cell]
        let below = childrenWithheld(tenant, column)
        withheld[cell] = max(below, max(0, keepBack[cell] - usage[cell]))
        if parent[tenant] < 0 { rootWithheld[column] += withheld[cell] - before }
    }

    /// Lets history catch up: it moves towards present use with the half-life.
    private mutating func settle(_ tenant: Int, at now: Instant) {
        guard historyAt[tenant] < now else { return }
        for column in 0..<QuotaTree.stride {
            let cell = tenant * QuotaTree.stride + column
            if usage[cell] != 0 || history[cell] != 0 {
                history[cell] = decayedHistory(tenant, column: column, at: now)
            }
        }
        historyAt[tenant] = now
    }

    private func decayedHistory(_ tenant: Int, column: Int, at now: Instant) -> Int64 {
        let cell = tenant * QuotaTree.stride + column
        let elapsed = now - historyAt[tenant]
        let used = usage[cell]
        if history[cell] >= used {
            return used
                + Decay.apply(history[cell] - used, elapsed: elapsed, halfLife: halfLife)
        }
        return used - Decay.apply(used - history[cell], elapsed: elapsed, halfLife: halfLife)
    }
}

extension QuotaTree: SnapshotValue {
    static var blank: QuotaTree { QuotaTree(policy: Policy()) }

    mutating func pass(through coder: inout SnapshotCoder) {
        coder.field(&exists)
        coder.field(&parent)
        coder.field(&children)
        coder.field(&roots)
        coder.field(&usage)
        coder.field(&history)
        coder.field(&historyAt)
        coder.field(&guaranteed)
        coder.field(&limit)
        coder.field(&keepBack)
        coder.field(&weight)
        coder.field(&withheld)
        coder.field(&rootWithheld)
        coder.field(&rootUsage)
        coder.field(&isBinding)
        coder.field(&hasGuarantees)
        coder.field(&halfLife)
        coder.field(&entryShare)
    }
}
