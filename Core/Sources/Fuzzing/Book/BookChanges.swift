import FleetModel

extension WorldBook {
    /// Notes how a node is now; other devices count only where nobody has any.
    mutating func update(_ spec: NodeSpec) {
        guard isWithinLimits(spec), isPresent(spec.id), var known = entry(spec.id) else { return }
        guard known.spec.kind == spec.kind, known.spec.devices == spec.devices else {
            guard known.members == 0 else { return }
            let isDrained = known.isDrained
            let deadline = known.deadline
            known = BookNode(spec: spec)
            known.isDrained = isDrained
            known.deadline = deadline
            nodes[spec.id.index] = known
            return
        }
        if known.spec.domains != spec.domains {
            for id in open where jobs[id]?.occupies(spec.id) ?? false {
                jobs[id]?.standsAsIs = true
            }
        }
        if known.members > 0, known.spec != spec { counts.note(.nodeChangedWhileHeld) }
        let unhealthy = known.spec.unhealthyDevices
        known.spec = spec
        known.spec.unhealthyDevices = unhealthy
        nodes[spec.id.index] = known
    }

    /// Whether a rule admits a node.
    func admits(_ rule: NodeRuleID?, _ node: NodeID) -> Bool {
        rule.map { rules[$0]?.contains(node) ?? false } ?? true
    }

    /// Notes which nodes are kept for large gangs, unless what it says cannot be.
    mutating func keep(_ kept: [NodeID], _ gangs: [SpareGangs]) {
        guard Set(gangs.map(\.pool)).count == gangs.count,
            gangs.allSatisfy({ (0..<64).contains($0.pool.rawValue) && $0.leastMilli >= 0 }),
            kept.allSatisfy({ (0..<FleetLimits.nodes).contains($0.index) })
        else { return }
        spares = Set(kept)
        spareGangs = [:]
        for entry in gangs { spareGangs[entry.pool] = entry.leastMilli }
    }

    /// Whether a gang surely had room beside the spares that are kept from it if nothing else ran:
    /// only of the simplest gangs it is said.
    func hasRoomBesideSpares(_ job: BookJob) -> Bool {
        let spec = job.spec
        switch spec.topology.preference {
        case .closest, .preferred: break
        case .required, .relaxing: return false
        }
        // One that ran before, or goes on with what another one began, may keep away from where
        // hardware failed.
        guard spec.roles.count == 1, spec.topology.slice == nil, job.previous.isEmpty,
            job.suspects.isEmpty, tenants.allSatisfy({ $0.cells.isEmpty })
        else { return false }
        let role = spec.roles[0]
        guard role.request.devices > 0, role.request.host == .zero else { return false }
        var room: [AcceleratorKindID: Int] = [:]
        for node in nodes.compactMap({ $0 }) where node.isPresent && !node.isDrained {
            guard let kind = node.spec.kind, role.accelerators.contains(kind),
                spec.pools.contains(node.spec.pool), admits(role.rule, node.spec.id),
                !isKept(node.spec.id, from: spec)
            else { continue }
            let usable = node.used.indices.count { node.unhealthy & (1 << UInt64($0)) == 0 }
            room[kind, default: 0] += usable / Int(role.request.devices)
        }
        return room.values.contains { $0 >= Int(role.minimum) }
    }

    /// Whether a node is kept from a job.
    func isKept(_ node: NodeID, from spec: JobSpec) -> Bool {
        guard spares.contains(node), let pool = entry(node)?.spec.pool else { return false }
        let gang = spec.roles.reduce(Int64(0)) {
            $0 + Int64($1.minimum) * $1.request.gpuMilli
        }
        return gang < spareGangs[pool] ?? 0
    }

    /// Takes in a gang that runs already, or says that the engine was wrong to refuse it.
    mutating func adopt(
        _ spec: JobSpec, _ attempt: Attempt, _ places: [MemberPlacement], _ answer: [Directive]
    ) {
        let refusal = answer.compactMap { directive -> RejectionReason? in
            if case .reject(spec.id, let reason) = directive { reason } else { nil }
        }.first
        guard let refusal else {
            guard canStand(spec, attempt, places) else {
                return complain("job \(spec.id): adopted where it cannot stand")
            }
            counts.note(.adopted)
            var begun = spec
            begun.notBefore = nil
            begun.held = false
            takeIn(begun)
            jobs[spec.id]?.phase = .running
            jobs[spec.id]?.isHeld = false
            jobs[spec.id]?.attempt = attempt.rawValue
            jobs[spec.id]?.startedAt = now
            jobs[spec.id]?.members = places
            jobs[spec.id]?.standsAsIs = true
            for place in places { occupy(place, of: spec, sign: 1) }
            return
        }
        if refusal == .misplaced {
            counts.note(.adoptionRefused)
            if canStand(spec, attempt, places) {
                complain("job \(spec.id): refused where it could stand")
            }
        }
    }

    private func canStand(
        _ spec: JobSpec, _ attempt: Attempt, _ places: [MemberPlacement]
    ) -> Bool {
        guard attempt.rawValue > 0, spec.dependencies.isEmpty else { return false }
        for (index, role) in spec.roles.enumerated() {
            let count = places.count { $0.role == Int32(index) }
            guard count >= Int(role.minimum), count <= Int(role.maximum) else { return false }
        }
        var used: [NodeID: [Int32]] = [:]
        for place in places {
            guard spec.roles.indices.contains(Int(place.role)), isPresent(place.node),
                let node = entry(place.node)
            else { return false }
            let request = spec.roles[Int(place.role)].request
            guard place.devices.nonzeroBitCount == Int(request.devices) else { return false }
            var devices = used[place.node] ?? node.used
            for device in 0..<64 where place.devices & (1 << UInt64(device)) != 0 {
                guard device < devices.count else { return false }
                devices[device] += request.deviceMilli
                guard devices[device] <= 1000 else { return false }
            }
            used[place.node] = devices
        }
        return true
    }
}

extension BookNode {
    /// Bit `i`: somebody has some of device `i`.
    var usedDevices: UInt64 {
        used.indices.reduce(0) { $0 | (used[$1] > 0 ? 1 << UInt64($1) : 0) }
    }
}

extension BookJob {
    /// Whether some member stands on a node.
    func occupies(_ node: NodeID) -> Bool {
        members.contains { $0.node == node }
            || leaving.contains { $0.members.contains { $0.node == node } }
    }
}
