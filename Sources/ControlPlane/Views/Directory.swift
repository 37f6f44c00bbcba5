import FleetModel
import Store

/// The names behind all ids, for readers.
public struct Directory: Sendable {
    /// Topology, pools, kinds, domains and nodes.
    public var fleet: FleetDefinition {
        didSet { noteDomains() }
    }
    /// Tenants that are there now.
    public var tenants: TenantTree
    /// Families of jobs.
    public var families = NameTable<FamilyID>()
    /// Rules for nodes, by the names that the backend gives them.
    public var rules = NameTable<NodeRuleID>()
    /// Things that a node has once, by the names that the backend gives them.
    public var exclusives = NameTable<ExclusiveID>()
    /// Whether a tenant is a leaf, by its index; tenants that were taken away are none.
    public private(set) var isLeaf: [Bool] = []
    private var isPresent: [Bool] = []
    /// The last part of each domain's path, by id.
    private var domainValues: [String] = []

    /// Gathers names.
    public init(fleet: FleetDefinition, tenants: TenantTree) {
        self.fleet = fleet
        self.tenants = tenants
        noteTenants()
        noteDomains()
    }

    private mutating func noteDomains() {
        domainValues = fleet.domains.names.map { path in
            String(path.split(separator: "/").last ?? "")
        }
    }

    /// Takes note of another quota tree in ``tenants``.
    mutating func noteTenants() {
        isLeaf = tenants.names.names.map { _ in false }
        isPresent = isLeaf
        for tenant in tenants.tenants {
            isPresent[tenant.id.index] = true
            isLeaf[tenant.id.index] = true
        }
        for tenant in tenants.tenants {
            if let parent = tenant.parent { isLeaf[parent.index] = false }
        }
    }

    /// The full name of a tenant.
    public func tenant(_ id: TenantID) -> String {
        id.index < tenants.names.count ? tenants.names[id] : "tenant-\(id)"
    }

    /// The name of a node.
    public func node(_ id: NodeID) -> String {
        id.index < fleet.nodeNames.count ? fleet.nodeNames[id] : "node-\(id)"
    }

    /// A tenant by its full name, if it is there now.
    public func tenant(named name: String) -> TenantID? {
        tenants.names.id(of: name).flatMap { isPresent[$0.index] ? $0 : nil }
    }

    /// A tenant and all below it, present or not, by their full names.
    public func subtree(of name: String) -> [TenantID] {
        tenants.names.names.enumerated().compactMap { index, other in
            other == name || other.hasPrefix(name + "/") ? TenantID(index) : nil
        }
    }

    /// The value of each level above the host for a node: the last part of each domain's path.
    public func domainValues(of spec: NodeSpec) -> [String] {
        spec.domains.map { domainValues[$0.index] }
    }
}
