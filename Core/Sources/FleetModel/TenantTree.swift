/// The quota tree as files describe it: tenants with their names.
public struct TenantTree: Sendable {
    /// Full names, such as `research/vision`.
    public var names = NameTable<TenantID>()
    /// Tenants, parents before children, in order of id.
    public var tenants: [TenantSpec] = []

    /// Starts without tenants.
    public init() {}

    /// The leaf called `name`, added below the fleet without a quota if it is new.
    public mutating func leaf(named name: String) -> TenantID {
        let known = names.count
        let id = names.intern(name)
        if id.index == known { tenants.append(TenantSpec(id: id)) }
        return id
    }
}
