import FleetModel
import KubernetesObjects

/// The Tenant objects of the cluster, and what they say together. No I/O and no clock.
struct TenantBook {
    private(set) var objects: [String: TenantObject] = [:]

    /// Takes in an object; says whether more than its status has changed.
    mutating func put(_ object: TenantObject) -> Bool {
        let old = objects.updateValue(object, forKey: object.metadata.name)
        return old?.hasSameSpec(as: object) != true
    }

    mutating func remove(_ name: String) { objects[name] = nil }

    /// What the objects say of a fleet.
    func read(_ fleet: FleetDefinition) -> TenantReading {
        let order = objects.values.sorted {
            ($0.metadata.creationTimestamp, $0.metadata.name)
                < ($1.metadata.creationTimestamp, $1.metadata.name)
        }
        return TenantReading(order, fleet)
    }
}
