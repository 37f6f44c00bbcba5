import FleetModel

extension Engine {
    /// The best place for a waiting gang among those in use, within what quotas allow; nil when
    /// there is none in the scope.
    ///
    /// Who waits for a place at some time gets it beside the spares if there is any: spares are for
    /// who breaks, and one that is reserved is none.
    mutating func plan(for slot: Int, scope: PlanScope) -> PlacePlan? {
        let request = gangRequest(jobs[slot])
        let beside = request.besideSpares(of: placer.fleet)
        if scope == .anyTime, jobs[slot].urgency != .first, beside != request,
            fitsBesideSpares(beside), let plan = plan(beside, slot: slot, scope: scope)
        {
            return plan
        }
        return plan(request, slot: slot, scope: scope)
    }

    private mutating func plan(
        _ request: GangRequest, slot: Int, scope: PlanScope
    ) -> PlacePlan? {
        var kinds = AcceleratorKindSet.all
        if quotaBinds {
            guard
                case .allowed(let allowance) = allowance(
                    of: request, tenant: jobs[slot].spec.tenant)
            else { return nil }
            kinds = allowance.kinds
        }
        guard request.roles.count == 1, request.roles[0].minimum > 0 else {
            return planRoles(request, slot: slot, kinds: kinds, scope: scope)
        }
        var best: PlacePlan?
        for shape in planShapes(request.roles[0], kinds) {
            var search = PlaceSearch(
                request: request, shape: shape, asker: asker(slot), scope: scope)
            guard let plan = search.run(&self) else { continue }
            if best.map({ plan.isBetter(than: $0) }) ?? true { best = plan }
        }
        return best
    }

    /// The shapes to try for a role: one per kind when all members must get the same.
    private func planShapes(_ role: RoleRequest, _ kinds: AcceleratorKindSet) -> [Shape] {
        guard role.shape.request.devices > 0 else { return [role.shape] }
        let bits = role.shape.kinds.bits & kinds.bits & kindsPresent
        var single = role.shape
        if role.minimum == 1 {
            single.kinds = AcceleratorKindSet(bits: bits)
            return bits == 0 ? [] : [single]
        }
        var shapes: [Shape] = []
        var rest = bits
        while rest != 0 {
            single.kinds = AcceleratorKindSet(bits: rest & (0 &- rest))
            rest &= rest - 1
            shapes.append(single)
        }
        return shapes
    }

    /// A place for a gang of several roles: occupants are taken away in the order in which they
    /// go, as many as it takes until all roles fit. O(log n) placements in transactions.
    private mutating func planRoles(
        _ request: GangRequest, slot: Int, kinds: AcceleratorKindSet, scope: PlanScope
    ) -> PlacePlan? {
        let order = departures(for: slot, scope: scope)
        guard fits(request, kinds, after: order.count, of: order) != nil else { return nil }
        var low = 0
        var high = order.count
        while low < high {
            let middle = (low + high) / 2
            if fits(request, kinds, after: middle, of: order) != nil {
                high = middle
            } else {
                low = middle + 1
            }
        }
        guard let members = fits(request, kinds, after: low, of: order) else { return nil }
        var due = now
        var victims: [Int32] = []
        var cost: Int64 = 0
        var isKnown = true
        for occupant in order.prefix(low) where isInTheWay(Int(occupant.slot), of: members) {
            if occupant.goneAt == .max {
                isKnown = false
            } else {
                due = max(due, Instant(nanoseconds: occupant.goneAt))
            }
            guard jobs[Int(occupant.slot)].phase != .stopping, occupant.goneAt <= now.nanoseconds
            else { continue }
            victims.append(occupant.slot)
            cost = cost.addingSaturated(occupant.cost)
        }
        return PlacePlan(members: members, due: isKnown ? due : nil, victims: victims, cost: cost)
    }

    /// Running gangs in the order in which they will be gone, as far as the policy looks.
    private mutating func departures(for slot: Int, scope: PlanScope) -> [Occupant] {
        var asker = asker(slot)
        var order: [Occupant] = []
        for other in placedSlots where order.count < Int(policy.timeline.victimSteps) {
            let record = jobs[Int(other)]
            if record.members.contains(where: {
                reservations.claimedDevices($0.grant.node.index) & $0.grant.devices != 0
            }) {
                continue
            }
            var occupant = Occupant(slot: other, goneAt: .max, cost: 0)
            if record.phase == .stopping {
                occupant.goneAt = now.nanoseconds
            } else if let right = right(of: &asker, over: Int(other)) {
                if right == .reclaim { spend(Int(other), of: &asker) }
                occupant.goneAt = now.nanoseconds
                occupant.cost = record.loss(at: now).total
            } else if let end = expectedEnd(Int(other)) {
                occupant.goneAt = max(
                    (now + TimeSpan(nanoseconds: 1)).nanoseconds, end.nanoseconds)
            }
            if scope == .anyTime || occupant.goneAt <= now.nanoseconds { order.append(occupant) }
        }
        order.sort { ($0.goneAt, $0.cost, $0.slot) < ($1.goneAt, $1.cost, $1.slot) }
        return order
    }

    private mutating func fits(
        _ request: GangRequest, _ kinds: AcceleratorKindSet, after count: Int,
        of order: [Occupant]
    ) -> [PlacedMember]? {
        let mark = placer.fleet.checkpoint()
        for occupant in order.prefix(count) { placer.putBack(jobs[Int(occupant.slot)].members) }
        let members = placer.place(request, kinds: kinds)
        placer.fleet.rollback(to: mark)
        return members
    }

    private func isInTheWay(_ slot: Int, of members: [PlacedMember]) -> Bool {
        jobs[slot].members.contains { held in
            members.contains { wanted in
                wanted.grant.node == held.grant.node
                    && (wanted.grant.devices & held.grant.devices != 0
                        || wanted.grant.devices == 0)
            }
        }
    }
}
