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

/// A node of the quota tree. Leaves submit jobs.
public struct TenantSpec: Hashable, Sendable {
    /// The tenant.
    public var id: TenantID
    /// The tenant above it; nil for a tenant directly below the fleet.
    public var parent: TenantID?
    /// Quotas, at most one per kind. A kind without one: nothing guaranteed, no limit, weight one.
    public var quotas: [QuotaSpec]

    /// Gathers a tenant's description.
    public init(id: TenantID, parent: TenantID? = nil, quotas: [QuotaSpec] = []) {
        self.id = id
        self.parent = parent
        self.quotas = quotas
    }
}
