/// What one tenant may use of one accelerator kind, in thousandths of GPUs.
public struct QuotaSpec: Hashable, Sendable {
    /// The kind.
    public var kind: AcceleratorKindID
    /// What the tenant can always have, short of broken hardware.
    public var guaranteedMilli: Int64
    /// The most it may use, borrowed capacity included; nil for no limit of its own.
    public var limitMilli: Int64?
    /// How much of its idle guarantee others may use; nil for all of it.
    public var lendableMilli: Int64?
    /// Its part of what is over, relative to its siblings; 1 or more.
    public var weight: Int64

    /// Gathers a quota; no limit, lends everything, weight one by default.
    public init(
        kind: AcceleratorKindID, guaranteedMilli: Int64 = 0, limitMilli: Int64? = nil,
        lendableMilli: Int64? = nil, weight: Int64 = 1
    ) {
        self.kind = kind
        self.guaranteedMilli = guaranteedMilli
        self.limitMilli = limitMilli
        self.lendableMilli = lendableMilli
        self.weight = weight
    }
}

/// Whole domains of one level that a tenant owns: others use them only with what can be called
/// back at once. HiveD's cells (Zhao et al., OSDI 2020).
public struct CellQuota: Hashable, Sendable {
    /// The accelerator kind of the domains.
    public var kind: AcceleratorKindID
    /// The level; the host level for whole nodes.
    public var level: LevelIndex
    /// How many.
    public var count: Int32

    /// Gathers a cell quota.
    public init(kind: AcceleratorKindID, level: LevelIndex, count: Int32) {
        self.kind = kind
        self.level = level
        self.count = count
    }
}

/// A node of the quota tree. Leaves submit jobs.
public struct TenantSpec: Hashable, Sendable {
    /// The tenant.
    public var id: TenantID
    /// The tenant above it; nil for a tenant directly below the fleet.
    public var parent: TenantID?
    /// Quotas, at most one per kind. A kind without one: nothing guaranteed, no limit, weight one.
    public var quotas: [QuotaSpec]
    /// Whole domains that it and its descendants own.
    public var cells: [CellQuota]

    /// Gathers a tenant's description; no quotas and no cells by default.
    public init(
        id: TenantID, parent: TenantID? = nil, quotas: [QuotaSpec] = [], cells: [CellQuota] = []
    ) {
        self.id = id
        self.parent = parent
        self.quotas = quotas
        self.cells = cells
    }
}
