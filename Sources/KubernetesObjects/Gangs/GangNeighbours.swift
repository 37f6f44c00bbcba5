import FleetModel

// What rules on neighbours mean among the members of one gang, who come all at once.
extension ClusterGang {
    /// A pod of each role that has any, as its neighbours see it.
    public var residents: [Resident] {
        roles.compactMap { role in
            role.pods.first.map {
                Resident(
                    namespace: namespace, labels: $0.labels, rules: role.rules.neighbours)
            }
        }
    }

    /// Members that must be with other members must all stand in one domain of the level. Where
    /// they cannot be placed as they want it is a problem that blocks.
    func addNeighbours(
        to constraint: inout TopologyConstraint, in levels: Topology,
        problems: inout [GangProblem]
    ) {
        let members = residents
        for role in roles {
            for rule in role.rules.neighbours {
                let among = members.filter {
                    rule.concerns($0, home: namespace, namespaceLabels: { _ in [:] })
                }
                guard !among.isEmpty, role.pods.count + members.count > 2 else { continue }
                if rule.isAnti {
                    keepApart(role, rule, &problems)
                } else {
                    keepTogether(rule, &constraint, levels, &problems)
                }
            }
        }
    }

    private func keepTogether(
        _ rule: NeighbourRule, _ constraint: inout TopologyConstraint, _ levels: Topology,
        _ problems: inout [GangProblem]
    ) {
        guard let level = LevelReference.label(rule.topologyKey).level(in: levels) else {
            let known = levels.levels.map(\.label).filter { !$0.isEmpty }.joined(separator: ", ")
            problems.append(
                GangProblem(
                    .unsupported, field: "spec.affinity.podAffinity",
                    "its members want to be together by '\(rule.topologyKey)', which is no level "
                        + "of the fleet's topology",
                    remedy: "add the label to the levels, or use one of \(known)"))
            return
        }
        switch constraint.preference {
        case .required(let other) where other >= level: break
        case .required, .closest, .preferred, .relaxing: constraint.preference = .required(level)
        }
    }

    private func keepApart(
        _ role: ClusterRole, _ rule: NeighbourRule, _ problems: inout [GangProblem]
    ) {
        let isSelf = role.pods.first.map {
            rule.concerns(
                Resident(namespace: namespace, labels: $0.labels), home: namespace,
                namespaceLabels: { _ in [:] })
        }
        guard isSelf == true, role.pods.count > 1, !rule.keepsNodesApart else { return }
        problems.append(
            GangProblem(
                .unsupported, field: "spec.affinity.podAntiAffinity",
                "members of one gang cannot be kept apart by '\(rule.topologyKey)'",
                remedy: "keep them apart by kubernetes.io/hostname"))
    }
}

extension NeighbourRule {
    /// Whether it keeps pods off each other's nodes.
    public var keepsNodesApart: Bool { isAnti && topologyKey == "kubernetes.io/hostname" }
}
