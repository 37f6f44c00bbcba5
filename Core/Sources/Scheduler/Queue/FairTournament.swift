import FleetModel

/// Finds, in one cycle, the class whose turn it is by the quota tree.
///
/// Each leaf puts up one class: of those that ask for the same kinds the first by priority and
/// rank, and of these the first that fits into its guarantee. Up the tree each tenant puts up the
/// best of those below: one that fits into a guarantee before one that does not, then the one of
/// the least weighted dominant share. Only tenants with something to try are looked at, and after
/// a start only those on its path.
struct FairTournament: Sendable {
    /// What a tenant puts up.
    private struct Candidate {
        /// The class; -1 for none.
        var waitClass: Int32 = -1
        /// 0 when it fits into a guarantee of the tenant or of one below, else 1.
        var tier: Int32 = 1
        /// The tenant's share of the kinds that the class asks for.
        var share: Int64 = 0
        /// Priority of the class.
        var priority: Int32 = 0
        /// How urgent it is.
        var urgency = Urgency.young
        /// Rank of its first job.
        var order: Int64 = 0

        /// Whether this one comes before another of a sibling.
        func precedes(_ other: Candidate) -> Bool {
            guard other.waitClass >= 0 else { return waitClass >= 0 }
            guard waitClass >= 0 else { return false }
            return (tier, share, order) < (other.tier, other.share, other.order)
        }

        /// Whether this one is ahead of another in the same leaf's queue.
        func isAhead(of other: Candidate) -> Bool {
            if priority != other.priority { return priority > other.priority }
            return urgency != other.urgency ? urgency < other.urgency : order < other.order
        }
    }

    private var candidates: [Candidate] = []
    private var classesOf: [[Int32]] = []
    private var below: [[Int32]] = []
    private var isTouched: [Bool] = []
    private var touched: [Int32] = []
    private var top: [Int32] = []

    init() {}

    /// Starts a cycle with every class of every open gang.
    mutating func begin(_ engine: borrowing Engine) {
        for tenant in touched {
            isTouched[Int(tenant)] = false
            classesOf[Int(tenant)].removeAll(keepingCapacity: true)
            below[Int(tenant)].removeAll(keepingCapacity: true)
        }
        touched.removeAll(keepingCapacity: true)
        top.removeAll(keepingCapacity: true)
        while candidates.count < engine.quota.exists.count {
            candidates.append(Candidate())
            classesOf.append([])
            below.append([])
            isTouched.append(false)
        }
        for gang in engine.room.gangsWaiting where engine.room.gangs[Int(gang)].isOpen {
            for index in engine.room.gangs[Int(gang)].waiting {
                let leaf = engine.room.classes[Int(index)].tenant.index
                touch(leaf, engine.quota)
                classesOf[leaf].append(index)
            }
        }
        for tenant in top { evaluate(Int(tenant), engine) }
    }

    /// The class whose turn it is; nil when there is nothing left to try.
    var winner: Int? {
        var best = Candidate()
        for tenant in top where candidates[Int(tenant)].precedes(best) {
            best = candidates[Int(tenant)]
        }
        return best.waitClass < 0 ? nil : Int(best.waitClass)
    }

    /// Takes note that a leaf's use or classes have changed.
    mutating func refresh(_ leaf: Int, _ engine: borrowing Engine) {
        putUpLeaf(leaf, engine)
        var tenant = Int(engine.quota.parent[leaf])
        while tenant >= 0 {
            putUpBest(tenant, engine)
            tenant = Int(engine.quota.parent[tenant])
        }
    }

    /// Takes note that the use of any leaf may have changed.
    mutating func refreshAll(_ engine: borrowing Engine) {
        for tenant in top { evaluate(Int(tenant), engine) }
    }

    /// Takes note that gangs were closed or set aside, for all tenants that put one of them up.
    mutating func withdrawClosed(_ engine: borrowing Engine) {
        for tenant in top { _ = withdrawClosed(Int(tenant), engine) }
    }

    /// Says whether the tenant puts up something else now.
    private mutating func withdrawClosed(_ tenant: Int, _ engine: borrowing Engine) -> Bool {
        guard !below[tenant].isEmpty else {
            var open = 0
            for index in classesOf[tenant] where isOpen(Int(index), engine) { open += 1 }
            guard open < classesOf[tenant].count else { return false }
            var kept: [Int32] = []
            for index in classesOf[tenant] where isOpen(Int(index), engine) { kept.append(index) }
            classesOf[tenant] = kept
            putUpLeaf(tenant, engine)
            return true
        }
        var hasChanged = false
        for child in below[tenant] where withdrawClosed(Int(child), engine) { hasChanged = true }
        if hasChanged { putUpBest(tenant, engine) }
        return hasChanged
    }

    private func isOpen(_ index: Int, _ engine: borrowing Engine) -> Bool {
        engine.room.classes[index].state == .waiting
            && engine.room.gangs[Int(engine.room.classes[index].gang)].isOpen
    }

    private mutating func touch(_ leaf: Int, _ quota: QuotaTree) {
        var tenant = leaf
        while !isTouched[tenant] {
            isTouched[tenant] = true
            touched.append(Int32(tenant))
            let above = Int(quota.parent[tenant])
            guard above >= 0 else {
                top.append(Int32(tenant))
                return
            }
            below[above].append(Int32(tenant))
            tenant = above
        }
    }

    private mutating func evaluate(_ tenant: Int, _ engine: borrowing Engine) {
        guard !below[tenant].isEmpty else {
            putUpLeaf(tenant, engine)
            return
        }
        for child in below[tenant] { evaluate(Int(child), engine) }
        putUpBest(tenant, engine)
    }

    private mutating func putUpLeaf(_ leaf: Int, _ engine: borrowing Engine) {
        var best = Candidate()
        for index in classesOf[leaf] {
            guard let candidate = candidate(Int(index), engine) else { continue }
            guard isFirstOfItsKinds(candidate, leaf, engine) else { continue }
            var judged = candidate
            let gang = Int(engine.room.classes[Int(index)].gang)
            judged.tier = engine.fitsGuarantee(of: leaf, gang: gang) ? 0 : 1
            let isBetter =
                best.waitClass < 0 || judged.tier < best.tier
                || (judged.tier == best.tier && judged.isAhead(of: best))
            if isBetter { best = judged }
        }
        if best.waitClass >= 0 { best.share = share(leaf, best, engine) }
        candidates[leaf] = best
    }

    private func candidate(_ index: Int, _ engine: borrowing Engine) -> Candidate? {
        guard isOpen(index, engine), let first = engine.room.classes[index].queue.first else {
            return nil
        }
        return Candidate(
            waitClass: Int32(index), priority: engine.room.classes[index].priority,
            urgency: engine.room.classes[index].urgency, order: first.order)
    }

    /// Whether no class of the leaf that asks for the same kinds is ahead.
    private func isFirstOfItsKinds(
        _ one: Candidate, _ leaf: Int, _ engine: borrowing Engine
    ) -> Bool {
        let kinds = kinds(of: Int(one.waitClass), engine)
        for index in classesOf[leaf] where index != one.waitClass {
            guard kinds == self.kinds(of: Int(index), engine),
                let other = candidate(Int(index), engine)
            else { continue }
            if other.isAhead(of: one) { return false }
        }
        return true
    }

    private func kinds(of index: Int, _ engine: borrowing Engine) -> UInt64 {
        engine.room.gangs[Int(engine.room.classes[index].gang)].kinds & engine.kindsPresent
    }

    private mutating func putUpBest(_ tenant: Int, _ engine: borrowing Engine) {
        var best = Candidate()
        for child in below[tenant] where candidates[Int(child)].precedes(best) {
            best = candidates[Int(child)]
        }
        if best.waitClass >= 0 {
            let gang = Int(engine.room.classes[Int(best.waitClass)].gang)
            if engine.fitsGuarantee(of: tenant, gang: gang) { best.tier = 0 }
            best.share = share(tenant, best, engine)
        }
        candidates[tenant] = best
    }

    private func share(_ tenant: Int, _ best: Candidate, _ engine: borrowing Engine) -> Int64 {
        engine.dominantShare(
            of: tenant, gang: Int(engine.room.classes[Int(best.waitClass)].gang))
    }
}

extension Engine {
    /// Whether the smallest gang fits into what a tenant is guaranteed of some kind that it
    /// accepts.
    func fitsGuarantee(of tenant: Int, gang: Int) -> Bool {
        var kinds = room.gangs[gang].kinds & kindsPresent
        let need = room.gangs[gang].minimumGPUMilli
        guard need > 0 else { return false }
        while kinds != 0 {
            let kind = kinds.trailingZeroBitCount
            kinds &= kinds - 1
            if quota.fitsGuarantee(tenant, column: kind, amount: need) { return true }
        }
        return false
    }

    /// The largest of a tenant's shares of the kinds that a gang accepts.
    func dominantShare(of tenant: Int, gang: Int) -> Int64 {
        var kinds = room.gangs[gang].kinds & kindsPresent
        if kinds == 0 {
            let column = QuotaTree.hostColumn
            return quota.share(tenant, column: column, capacity: capacity(column), at: now)
        }
        var share: Int64 = 0
        while kinds != 0 {
            let kind = kinds.trailingZeroBitCount
            kinds &= kinds - 1
            share = max(
                share, quota.share(tenant, column: kind, capacity: capacity(kind), at: now))
        }
        return share
    }
}
