import FleetModel

extension Engine {
    /// Why a job waits, in full; nil when it runs or is unknown. O(nodes + running jobs), and what
    /// ``estimate(_:)`` costs unless it is left out, for those who have it already.
    ///
    /// Indexes of the fleet may catch up; nothing that a decision depends on changes.
    public mutating func explanation(
        of id: JobID, withEstimate: Bool = true
    ) -> Explanation? {
        guard let slot = waitingSlot(of: id) else { return nil }
        var explanation = asking(for: slot) { $0.explanation(slot) }
        if withEstimate { explanation.estimate = estimate(id) }
        return explanation
    }

    private mutating func explanation(_ slot: Int) -> Explanation {
        placer.refreshTree()
        let request = request(of: slot)
        let refusals = refusals(slot)
        let scopes = scopes(of: request)
        let tallies = scopes.map { tally(positions($0), for: request) }
        let reasons = refusals.map { refusal in
            Reason(
                refusal: refusal, holders: holders(behind: refusal, request, scopes, tallies))
        }
        let spec = jobs[slot].spec
        return Explanation(
            job: spec.id, tenant: spec.tenant, submittedAt: jobs[slot].submittedAt, askedAt: now,
            reasons: reasons,
            domains: zip(scopes, tallies).map { outlook($0, $1, request) },
            quotas: quotaStandings(of: slot, request), ahead: jobsAhead(of: slot, request),
            reservation: reservationOutlook(of: slot),
            outOfService: outOfService(0..<placer.tree.nodeCount, request), estimate: nil)
    }

    /// What is held for a waiting job.
    private func reservationOutlook(of slot: Int) -> ReservationOutlook? {
        var nodes: [NodeID]
        var outlook = ReservationOutlook(missingMembers: 0, nodes: [], nodeCount: 0)
        if jobs[slot].hasReservation {
            let own = reservations[Int(jobs[slot].reservation)]
            nodes = own.members.map(\.grant.node)
            outlook.due = own.due
            outlook.missingMembers = own.missing
        } else if let headReservation, headReservation.order == jobs[slot].order {
            nodes = headReservation.holds.map(\.node)
            outlook.due = headReservation.due == .never ? nil : headReservation.due
        } else {
            return nil
        }
        nodes.sort()
        let unique = nodes.indices.filter { $0 == 0 || nodes[$0] != nodes[$0 - 1] }
        outlook.nodes = unique.prefix(AnswerLimits.nodes).map { nodes[$0] }
        outlook.nodeCount = unique.count
        return outlook
    }

    private func holders(
        behind refusal: Refusal, _ request: GangRequest, _ scopes: [DomainFinder.Place],
        _ tallies: [HolderTally]
    ) -> [HoldingGang] {
        switch refusal.code {
        case .capacity, .fragmentation, .topology:
            guard let scope = scopes.first, let tally = tallies.first else { return [] }
            let isWhole = refusal.code == .topology || scope == .domain(0)
            let range = isWhole ? positions(scope) : 0..<placer.tree.nodeCount
            return largest(
                isWhole ? tally : self.tally(range, for: request), in: range,
                limit: AnswerLimits.holders)
        case .quota: return refusal.tenant.map { largestHolders(of: $0) } ?? []
        case .dependency, .reservation:
            guard let job = refusal.job, let slot = jobs.slot(of: job), jobs[slot].isPlaced else {
                return []
            }
            return [holder(slot, in: 0..<placer.tree.nodeCount)]
        case .fairShare, .pool, .health, .held, .spares: return []
        }
    }
}

extension Engine {
    /// The role that a gang's domains are measured by: the one with most GPUs in all, of equals the
    /// first.
    func leadRole(of request: GangRequest) -> RoleRequest {
        func weight(_ role: RoleRequest) -> Int64 {
            Int64(role.minimum) * max(1, role.shape.request.gpuMilli)
        }
        return request.roles.dropFirst().reduce(request.roles[0]) {
            weight($1) > weight($0) ? $1 : $0
        }
    }

    /// The places of the level that a gang requires with most room for it, or the whole fleet.
    mutating func scopes(of request: GangRequest) -> [DomainFinder.Place] {
        guard let level = request.topology.preference.requiredLevel else { return [.domain(0)] }
        let role = leadRole(of: request)
        let index = placer.index(of: role.shape)
        let tree = placer.tree
        guard level.index < tree.levelRanges.count else {
            let accepted = (0..<tree.nodeCount).filter {
                role.shape.accepts(Int(tree.nodeAt[$0]), of: placer.fleet)
            }
            return accepted.least(AnswerLimits.domains) {
                (-index.fit[$0], $0) < (-index.fit[$1], $1)
            }.map { .node($0) }
        }
        return Array(tree.levelRanges[level.index]).least(AnswerLimits.domains) {
            (-index.domainFit[$0], $0) < (-index.domainFit[$1], $1)
        }.map { .domain($0) }
    }

    /// Positions of a place.
    func positions(_ place: DomainFinder.Place) -> Range<Int> {
        switch place {
        case .node(let position): position..<(position + 1)
        case .domain(let domain): placer.tree.positions(domain)
        }
    }

    private mutating func outlook(
        _ place: DomainFinder.Place, _ tally: HolderTally, _ request: GangRequest
    ) -> DomainOutlook {
        let role = leadRole(of: request)
        let index = placer.index(of: role.shape)
        let range = positions(place)
        let room: Int
        switch place {
        case .node(let position): room = Int(index.fit[position])
        case .domain(let domain): room = index.domainFit[domain]
        }
        var nodes = 0
        var free = 0
        for position in range {
            let node = Int(placer.tree.nodeAt[position])
            guard request.accepts(node, of: placer.fleet) else { continue }
            nodes += 1
            if isWhollyFree(node) { free += 1 }
        }
        return DomainOutlook(
            place: named(place), room: room, need: Int(role.minimum), nodes: nodes,
            freeNodes: free, outOfService: outOfService(range, request),
            nextToEnd: nextToEnd(tally, in: range))
    }

    private func named(_ place: DomainFinder.Place) -> DomainOutlook.Place {
        switch place {
        case .node(let position): return .node(NodeID(rawValue: placer.tree.nodeAt[position]))
        case .domain(0): return .fleet
        case .domain(let domain):
            let level = placer.tree.levelRanges.firstIndex { $0.contains(domain) } ?? 0
            let node = Int(placer.tree.nodeAt[placer.tree.positions(domain).lowerBound])
            return .domain(LevelIndex(level), placer.fleet.domains[node][level])
        }
    }

    private func isWhollyFree(_ node: Int) -> Bool {
        let fleet = placer.fleet
        guard fleet.takesWork(node), holders[node].isEmpty else { return false }
        let all = FleetState.mask(fleet.deviceCount[node])
        return fleet.wholeFree[node] == all & ~fleet.unhealthy[node]
            && (fleet.deviceCount[node] == 0 || fleet.wholeFree[node] != 0)
    }

    /// What is out of service of the nodes that a gang accepts.
    private func outOfService(_ positions: Range<Int>, _ request: GangRequest) -> OutOfService {
        let fleet = placer.fleet
        var out = OutOfService()
        for position in positions {
            let node = Int(placer.tree.nodeAt[position])
            guard fleet.drained[node] || fleet.unhealthy[node] != 0,
                request.accepts(node, of: fleet)
            else { continue }
            if fleet.drained[node] { out.drainedNodes += 1 } else { out.nodesWithDevicesOut += 1 }
            out.devicesOut += fleet.unhealthy[node].nonzeroBitCount
            if out.examples.count < AnswerLimits.nodes { out.examples.append(NodeID(node)) }
        }
        return out
    }
}
