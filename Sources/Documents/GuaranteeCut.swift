import FleetModel

/// A guarantee that is more than what the tenant above has left.
public struct GuaranteeCut: Hashable, Sendable {
    /// Whose it is.
    public var tenant: TenantID
    /// The tenant above.
    public var parent: TenantID
    /// The kind.
    public var kind: AcceleratorKindID
    /// What was asked for, in thousandths of GPUs.
    public var askedMilli: Int64
    /// What is left of the parent's, and counts.
    public var leftMilli: Int64

    /// The cut in words.
    public func text(_ tree: TenantTree, _ fleet: FleetDefinition) -> String {
        "\(tree.names[tenant]), \(fleet.kinds[kind]): \(GPUText.gpus(milli: askedMilli)) are to be "
            + "guaranteed, but \(GPUText.gpus(milli: leftMilli)) is what "
            + "'\(tree.names[parent])' has left, which counts"
    }
}

extension TenantTree {
    /// Cuts guarantees down to what is left of the parent's, the first siblings first, from the top
    /// down; what may be lent is cut with them. Says which. O(tenants × quotas).
    public mutating func cutGuarantees() -> [GuaranteeCut] {
        var cuts: [GuaranteeCut] = []
        var left: [TenantID: [AcceleratorKindID: Int64]] = [:]
        for position in tenants.indices {
            let tenant = tenants[position]
            for index in tenant.quotas.indices {
                var quota = tenant.quotas[index]
                if let parent = tenant.parent {
                    let most = left[parent]?[quota.kind] ?? 0
                    if quota.guaranteedMilli > most {
                        cuts.append(
                            GuaranteeCut(
                                tenant: tenant.id, parent: parent, kind: quota.kind,
                                askedMilli: quota.guaranteedMilli, leftMilli: most))
                        quota.guaranteedMilli = most
                        quota.lendableMilli = quota.lendableMilli.map { min($0, most) }
                        tenants[position].quotas[index] = quota
                    }
                    left[parent]?[quota.kind] = most - quota.guaranteedMilli
                }
                left[tenant.id, default: [:]][quota.kind] = quota.guaranteedMilli
            }
        }
        return cuts
    }
}
