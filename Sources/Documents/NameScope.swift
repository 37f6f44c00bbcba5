import FleetModel

/// What the names in a jobs document may refer to.
struct NameScope {
    /// Where tenants come from.
    enum Tenants {
        /// The tenants document was wrong, so nothing can be said about names.
        case unknown
        /// There is no quota tree: any name is a tenant.
        case open
        /// Only the leaves of this tree submit jobs.
        case tree(TenantTree)
    }

    /// Nil when the fleet was wrong, so that nothing can be said about its names.
    var fleet: FleetDefinition?
    var tenants: Tenants

    init(fleet: FleetDefinition?, tenants: Tenants) {
        self.fleet = fleet
        self.tenants = tenants
    }

    init(fleet: FleetDefinition, tenants: TenantTree?) {
        self.init(fleet: fleet, tenants: tenants.map { .tree($0) } ?? .open)
    }
}
