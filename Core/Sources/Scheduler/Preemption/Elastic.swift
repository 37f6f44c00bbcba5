import FleetModel

extension Engine {
    /// Whether some running gang could still get more members.
    var hasRoomToGrow: Bool {
        elasticSlots.contains { slot in
            let record = jobs[Int(slot)]
            return record.phase == .running
                && record.members.count < record.spec.roles.reduce(0) { $0 + Int($1.maximum) }
        }
    }

    /// Notes that a gang has started whose size may change.
    mutating func noteElastic(_ slot: Int) {
        guard hasTimeline, jobs[slot].spec.roles.contains(where: { $0.maximum > $0.minimum })
        else { return }
        elasticSlots.append(Int32(slot))
    }

    /// Gives running elastic gangs what is free and nobody who waits could use. Each gets as much
    /// as its quota leaves it; a few in every cycle.
    mutating func growElastic(_ directives: inout [Directive]) {
        guard wantsGrowth else { return }
        wantsGrowth = false
        var left = Engine.growthsPerCycle
        for slot in elasticSlots {
            let slot = Int(slot)
            guard jobs[slot].phase == .running, jobs[slot].leaving.isEmpty,
                jobs[slot].spec.topology.slice == nil
            else { continue }
            for role in jobs[slot].spec.roles.indices {
                guard left > 0 else {
                    placer.counters.limitsHit += 1
                    return
                }
                if grow(slot, role: role, &directives) { left -= 1 }
            }
        }
    }

    private static let growthsPerCycle = 16

    private mutating func grow(
        _ slot: Int, role index: Int, _ directives: inout [Directive]
    ) -> Bool {
        // What a gang can do without is no reason to take a spare.
        let request = gangRequest(jobs[slot]).besideSpares(of: placer.fleet)
        let role = request.roles[index]
        guard role.shape.request.devices > 0 || request.isHostOnly else { return false }
        let count = jobs[slot].members.count { $0.role == Int32(index) }
        guard count < Int(role.maximum), let anchor = jobs[slot].members.first else {
            return false
        }
        let same = jobs[slot].members.first { $0.role == Int32(index) } ?? anchor
        let kind = placer.fleet.kind[same.grant.node.index]
        var most = Int(role.maximum) - count
        if quotaBinds, role.shape.request.gpuMilli > 0 {
            let left = left(to: jobs[slot].spec.tenant, ofKind: Int(kind)).milli
            most = min(most, Int(max(0, left) / role.shape.request.gpuMilli))
        }
        guard most > 0,
            let added = extend(
                request, role: index, around: anchor.grant.node, kind: kind, atLeast: 1,
                atMost: most)
        else { return false }
        unlistMembers(slot)
        jobs[slot].members += added
        listMembers(slot)
        charge(added, of: slot, sign: 1)
        jobs[slot].resize = Resize(jobs[slot].resize.rawValue + 1)
        placer.counters.grows += 1
        directives.append(
            .grow(
                jobs[slot].spec.id, jobs[slot].attempt, jobs[slot].resize,
                added.map(\.placement)))
        return true
    }

    /// Shrinks elastic gangs so that a waiting one finds room, and reserves that for it. Says
    /// whether it did.
    mutating func shrinkOthers(for slot: Int, _ directives: inout [Directive]) -> Bool {
        let surplus = self.surplus()
        guard !surplus.isEmpty else { return false }
        let request = gangRequest(jobs[slot])
        var allowance = Allowance.unrestricted
        if quotaBinds {
            guard
                case .allowed(let found) = self.allowance(
                    of: request, tenant: jobs[slot].spec.tenant)
            else { return false }
            allowance = found
        }
        var offered = 1
        var found: [PlacedMember]?
        while found == nil {
            offered = min(offered, surplus.count)
            let mark = placer.fleet.checkpoint()
            for part in surplus.prefix(offered) { placer.fleet.putBack(part.grant) }
            found = placer.place(request, kinds: allowance.kinds, headroom: allowance.headroom)
            placer.fleet.rollback(to: mark)
            if offered == surplus.count { break }
            offered *= 2
        }
        guard let members = found else { return false }
        let needed = surplus.filter { part in
            members.contains { $0.grant.overlaps(part.grant) }
        }
        guard !needed.isEmpty else { return false }
        reserve(members, for: slot, due: now)
        shrink(needed, &directives)
        return true
    }

    /// A member that its gang can do without.
    private struct Surplus {
        var slot: Int32
        var member: Int32
        var grant: Grant
    }

    /// The last members of running elastic gangs beyond what each role needs, in whole slices; the
    /// last of every gang first.
    private func surplus() -> [Surplus] {
        var result: [(rank: Int, part: Surplus)] = []
        for slot in elasticSlots {
            let record = jobs[Int(slot)]
            guard record.phase == .running, record.leaving.isEmpty else { continue }
            let slice = Int(record.spec.topology.slice?.members ?? 1)
            for (index, role) in record.spec.roles.enumerated() {
                guard
                    role.request.devices > 0
                        || record.spec.roles.allSatisfy({ $0.request.devices == 0 })
                else { continue }
                let own = record.members.indices.filter {
                    record.members[$0].role == Int32(index)
                }
                let spare = max(0, own.count - Int(role.minimum)) / slice * slice
                for (place, member) in own.suffix(spare).reversed().enumerated() {
                    let grant = record.members[member].grant
                    let claimed = reservations.claimedDevices(grant.node.index)
                    guard claimed & grant.devices == 0 else { continue }
                    result.append(
                        (place, Surplus(slot: slot, member: Int32(member), grant: grant)))
                }
            }
        }
        result.sort { ($0.rank, $0.part.slot) < ($1.rank, $1.part.slot) }
        return result.map(\.part)
    }

    private mutating func shrink(_ needed: [Surplus], _ directives: inout [Directive]) {
        var slots: [Int32] = []
        for part in needed where !slots.contains(part.slot) { slots.append(part.slot) }
        for slot in slots {
            let index = Int(slot)
            var leaving = needed.filter { $0.slot == slot }.map(\.member)
            leaving = wholeSlices(leaving, of: index)
            jobs[index].leaving = leaving.sorted()
            jobs[index].resize = Resize(jobs[index].resize.rawValue + 1)
            placer.counters.shrinks += 1
            directives.append(
                .shrink(
                    jobs[index].spec.id, jobs[index].attempt, jobs[index].resize,
                    jobs[index].leaving.map { jobs[index].members[Int($0)].placement }))
        }
    }

    /// The members of every slice that one of the given members belongs to.
    private func wholeSlices(_ members: [Int32], of slot: Int) -> [Int32] {
        guard let slice = jobs[slot].spec.topology.slice else { return members }
        let size = Int(slice.members)
        var result: [Int32] = []
        for role in jobs[slot].spec.roles.indices {
            let own = jobs[slot].members.indices.filter {
                jobs[slot].members[$0].role == Int32(role)
            }
            for start in stride(from: 0, to: own.count, by: size) {
                let group = own[start..<min(start + size, own.count)].map { Int32($0) }
                if group.contains(where: { members.contains($0) }) { result += group }
            }
        }
        return result
    }

    /// Takes back what members held that do not run any more.
    mutating func confirmShrink(_ id: JobID, _ attempt: Attempt, _ resize: Resize) {
        guard let slot = jobs.slot(of: id), jobs[slot].attempt == attempt,
            jobs[slot].resize == resize, !jobs[slot].leaving.isEmpty,
            jobs[slot].phase == .running || jobs[slot].phase == .starting
        else { return }
        let leaving = jobs[slot].leaving
        let gone = leaving.map { jobs[slot].members[Int($0)] }
        unlistMembers(slot)
        charge(gone, of: slot, sign: -1)
        for member in leaving.reversed() { jobs[slot].members.remove(at: Int(member)) }
        jobs[slot].leaving = []
        listMembers(slot)
        placer.putBack(gone)
        releaseQuotaWaiters(jobs[slot].spec.tenant)
        for member in gone { absorb(on: member.grant.node) }
    }
}

extension PlacedMember {
    /// The place as the driver is told of it.
    var placement: MemberPlacement {
        MemberPlacement(node: grant.node, role: role, devices: grant.devices)
    }
}

extension Grant {
    /// Whether two grants are of the same node and compete there.
    func overlaps(_ other: Grant) -> Bool {
        node == other.node
            && (devices & other.devices != 0 || devices == 0 || other.devices == 0)
    }
}
