import FleetModel

// What rules on neighbours mean among the members of one gang, who come all at once.
extension ClusterGang {
    /// A pod of each role that has any, as its neighbours see it.
    public var residents: [Resident] { roles.compactMap { resident(of: $0) } }

    private func resident(of role: ClusterRole) -> Resident? {
        role.pods.first.map {
            Resident(namespace: namespace, labels: $0.labels, rules: role.rules.neighbours)
        }
    }

    /// Members that must be with other members must all stand in one domain of the level. Where
    /// they cannot be placed as they want it is a problem that blocks. What speaks of the level of
    /// the gang's slices is left to those: that is how a JobSet keeps each Job in a domain.
    func addNeighbours(
        to constraint: inout TopologyConstraint, in levels: Topology,
        problems: inout [GangProblem]
    ) {
        for role in roles {
            guard let own = resident(of: role) else { continue }
            for rule in role.rules.neighbours {
                let level = LevelReference.label(rule.topologyKey).level(in: levels)
                if let slice = constraint.slice, slice.level == level { continue }
                let concerned = roles.filter { other in
                    resident(of: other).map { concerns(rule, $0) } ?? false
                }
                let others =
                    concerned.reduce(0) { $0 + $1.pods.count } - (concerns(rule, own) ? 1 : 0)
                guard others > 0 else { continue }
                if rule.isAnti {
                    let isAmongOthers = concerned.contains { $0.name != role.name }
                    if isAmongOthers || !rule.keepsNodesApart { cannotKeepApart(rule, &problems) }
                } else {
                    keepTogether(rule, level, &constraint, levels, &problems)
                }
            }
        }
    }

    private func concerns(_ rule: NeighbourRule, _ member: Resident) -> Bool {
        rule.concerns(member, home: namespace, namespaceLabels: { _ in [:] })
    }

    private func keepTogether(
        _ rule: NeighbourRule, _ level: LevelIndex?, _ constraint: inout TopologyConstraint,
        _ levels: Topology, _ problems: inout [GangProblem]
    ) {
        guard let level else {
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

    private func cannotKeepApart(_ rule: NeighbourRule, _ problems: inout [GangProblem]) {
        problems.append(
            GangProblem(
                .unsupported, field: "spec.affinity.podAntiAffinity",
                "members of one gang cannot be kept apart by '\(rule.topologyKey)' like this",
                remedy: "let the members of each role keep apart from each other, by "
                    + "kubernetes.io/hostname"))
    }
}

extension NeighbourRule {
    /// Whether it keeps pods off each other's nodes.
    public var keepsNodesApart: Bool { isAnti && topologyKey == "kubernetes.io/hostname" }
}
