import FleetModel

extension Engine {
    /// Gives present nodes other pools, domains or host resources; other devices only where nobody
    /// holds any. What runs there goes on.
    mutating func updateNodes(_ nodes: [NodeSpec]) {
        var hasChanged = false
        for spec in nodes where isPresent(spec.id) && isWithinLimits(spec) {
            guard placer.fleet.isSameHardware(spec) else {
                if replace(spec) { hasChanged = true }
                continue
            }
            guard !placer.fleet.isAlike(spec) else { continue }
            dropReservations(on: spec.id) { _ in true }
            if placer.fleet.domains[spec.id.index] != spec.domains { freeOfTopology(spec.id) }
            placer.fleet.update(spec)
            hasChanged = true
        }
        guard hasChanged else { return }
        noteOtherNodes()
    }

    /// Says which nodes a rule admits. Reservations elsewhere are not kept for its gangs.
    mutating func setRule(_ rule: NodeRuleID, _ nodes: [NodeID]) {
        guard let words = words(rule, nodes) else { return }
        let before = placer.fleet.serviceVersion
        placer.fleet.setRule(rule.index, words)
        guard placer.fleet.serviceVersion != before else { return }
        for entry in reservations.all {
            let spec = jobs[Int(entry.slot)].spec
            let isKept = entry.members.allSatisfy { member in
                spec.roles[Int(member.role)].rule.map {
                    placer.fleet.admits($0.index, member.grant.node.index)
                } ?? true
            }
            if !isKept { dropReservation(of: Int(entry.slot)) }
        }
        noteOtherNodes()
    }

    /// Says which of its nodes a rule would rather have. Only where there is a choice it counts.
    mutating func preferNodes(_ rule: NodeRuleID, _ nodes: [NodeID]) {
        guard let words = words(rule, nodes) else { return }
        placer.fleet.setPreference(rule.index, words)
    }

    /// Whether a rule would rather have some of its nodes than others.
    public func hasPreference(_ rule: NodeRuleID) -> Bool {
        placer.fleet.hasPreference(rule.index)
    }

    /// Rules that gangs in the queue have, in order, but for those that admit every node.
    var rulesInUse: [Int32] {
        var rules: Set<Int32> = []
        for gang in room.gangs {
            for role in gang.request.roles where role.shape.rule >= 0 {
                rules.insert(role.shape.rule)
            }
        }
        return rules.sorted().filter { rule in
            (0..<placer.fleet.nodeCount).contains {
                placer.fleet.takesWork($0) && !placer.fleet.admits(Int(rule), $0)
            }
        }
    }

    /// A bit for each of these nodes; nil when one of them, or the rule, cannot be.
    private func words(_ rule: NodeRuleID, _ nodes: [NodeID]) -> [UInt64]? {
        guard (0..<FleetLimits.nodeRules).contains(rule.index),
            nodes.allSatisfy({ $0.rawValue >= 0 && $0.index < FleetLimits.nodes })
        else { return nil }
        var words: [UInt64] = []
        for node in nodes {
            while words.count <= node.index >> 6 { words.append(0) }
            words[node.index >> 6] |= 1 << UInt64(node.index & 63)
        }
        return words
    }

    /// Whatever was refused for want of nodes may be possible now, and the other way round.
    private mutating func noteOtherNodes() {
        bindCells()
        room.unparkImpossible()
        _ = room.unparkAllQuotas()
        setAsideImpossible()
        hasNewReady = true
    }

    /// Takes other devices for a node that nobody uses. Says whether it did.
    private mutating func replace(_ spec: NodeSpec) -> Bool {
        guard holders[spec.id.index].isEmpty, spec.devices == 0 || spec.kind != nil else {
            return false
        }
        let isDrained = placer.fleet.drained[spec.id.index]
        dropReservations(on: spec.id) { _ in true }
        placer.fleet.remove(spec.id)
        placer.fleet.add(spec, held: [])
        if isDrained { placer.fleet.setDrained(spec.id, true) }
        if let kind = spec.kind { kindsPresent |= 1 << UInt64(kind.rawValue) }
        return true
    }

    /// Gangs on a node that has moved stand where they stand.
    mutating func freeOfTopology(_ node: NodeID) {
        for holder in holders[node.index] { jobs[Int(holder.slot)].standsAsIs = true }
    }
}
