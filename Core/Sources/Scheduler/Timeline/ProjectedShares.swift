import FleetModel

/// Who has used how much in a projection, as far as turns and limits go.
///
/// Shares move with use, past use stands still: a projection is short beside the half-life.
struct ProjectedShares {
    /// Kind columns that are kept, by column; -1 for the others.
    private var place = [Int](repeating: -1, count: FleetState.kindStride)
    private var columns: [Int] = []
    private var parent: [Int32]
    private var depth: [Int32]
    /// By tenant and kept column.
    private var share: [Int64]
    private var shareOfMilli: [Int64]
    private var weight: [Int64]
    private var added: [Int64]
    private var left: [Int64]
    private var guaranteed: [Int64]
    private let isBinding: Bool
    /// Whether no tenant is below another, so that each stands by itself.
    let isFlat: Bool

    init(_ engine: borrowing Engine) {
        let quota = engine.quota
        parent = quota.parent
        isFlat = parent.allSatisfy { $0 < 0 }
        depth = [Int32](repeating: 0, count: parent.count)
        for tenant in parent.indices where parent[tenant] >= 0 {
            depth[tenant] = depth[Int(parent[tenant])] + 1
        }
        for column in 0..<FleetState.kindStride {
            let isPresent =
                column == QuotaTree.hostColumn || engine.kindsPresent & 1 << UInt64(column) != 0
            guard isPresent else { continue }
            place[column] = columns.count
            columns.append(column)
        }
        let cells = parent.count * columns.count
        share = [Int64](repeating: 0, count: cells)
        shareOfMilli = share
        weight = [Int64](repeating: 1, count: cells)
        added = share
        guaranteed = share
        left = [Int64](repeating: .max, count: cells)
        isBinding = quota.isBinding
        for tenant in parent.indices where quota.exists[tenant] {
            for (index, column) in columns.enumerated() {
                let cell = tenant * columns.count + index
                let capacity = engine.capacity(column)
                share[cell] = quota.share(
                    tenant, column: column, capacity: capacity, at: engine.now)
                shareOfMilli[cell] = (1 << 44) / max(1, capacity)
                weight[cell] = max(1, quota.weight(tenant, column: column))
                let used = quota.usage(TenantID(tenant), column: column)
                guaranteed[cell] = quota.guaranteed(tenant, column: column) - used
                let limit = quota.limit(tenant, column: column)
                if limit != QuotaTree.unlimited {
                    left[cell] = limit - used
                }
            }
        }
    }

    /// The column of a kind of accelerator; host-only work has its own.
    func column(_ kind: Int?) -> Int { kind.map { max(0, place[$0]) } ?? columns.count - 1 }

    /// Counts a start, or with a negative amount an end, of use by a leaf.
    mutating func add(_ milli: Int64, tenant: Int32, column: Int) {
        var tenant = tenant
        while tenant >= 0 {
            let cell = Int(tenant) * columns.count + column
            added[cell] += milli
            let moved = milli.multipliedReportingOverflow(by: shareOfMilli[cell])
            if !moved.overflow, share[cell] != .max {
                let sum = share[cell].addingReportingOverflow(moved.partialValue / weight[cell])
                if !sum.overflow { share[cell] = sum.partialValue }
            }
            tenant = parent[Int(tenant)]
        }
    }

    /// Whether limits let a leaf have so much more.
    func allows(_ milli: Int64, tenant: Int32, column: Int) -> Bool {
        guard isBinding else { return true }
        var tenant = tenant
        while tenant >= 0 {
            let cell = Int(tenant) * columns.count + column
            if left[cell] != .max, added[cell] + milli > left[cell] { return false }
            tenant = parent[Int(tenant)]
        }
        return true
    }

    /// Compares two leaves where their paths part: guarantees first, then shares. Zero when equal.
    func compare(
        _ first: Int32, _ firstColumn: Int, _ firstMilli: Int64,
        _ second: Int32, _ secondColumn: Int, _ secondMilli: Int64
    ) -> Int {
        var (a, b) = (first, second)
        while depth[Int(a)] > depth[Int(b)] { a = parent[Int(a)] }
        while depth[Int(b)] > depth[Int(a)] { b = parent[Int(b)] }
        while parent[Int(a)] != parent[Int(b)] {
            a = parent[Int(a)]
            b = parent[Int(b)]
        }
        guard a != b else { return 0 }
        let left = standing(a, firstColumn, firstMilli)
        let right = standing(b, secondColumn, secondMilli)
        return left == right ? 0 : left.precedes(right) ? -1 : 1
    }

    /// What a tenant's turn goes by among its siblings if it asks for so much.
    @inline(__always)
    func standing(_ tenant: Int32, _ column: Int, _ milli: Int64) -> ProjectedStanding {
        let cell = Int(tenant) * columns.count + column
        let isGuaranteed = milli > 0 && added[cell] + milli <= guaranteed[cell]
        return ProjectedStanding(tier: isGuaranteed ? 0 : 1, share: share[cell])
    }
}

/// What a tenant's turn goes by among its siblings: guarantees first, then shares.
struct ProjectedStanding: Equatable {
    /// 0 when what it asks for is guaranteed to it, else 1.
    var tier: Int32 = 1
    /// Its share.
    var share: Int64 = 0

    /// Whether its turn comes first.
    @inline(__always) func precedes(_ other: ProjectedStanding) -> Bool {
        tier != other.tier ? tier < other.tier : share < other.share
    }
}
