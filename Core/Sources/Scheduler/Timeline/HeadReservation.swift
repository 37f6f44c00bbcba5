import FleetModel

/// Where and when the first waiting job of an `easy` queue will start at the latest, as far as
/// running jobs end when they are expected to.
struct HeadReservation: Sendable {
    /// Rank of the job that it is for.
    var order: Int64
    /// When enough will have ended.
    var due: Instant
    /// What must not be given to anything that ends later: the part of the job's place that is free
    /// already.
    var holds: [Grant]
    /// The fleet's growth when it was made; after that it may be later than it must.
    var growth: Int
    /// What was in service when it was made; after that it may be too early.
    var service: Int
    /// Jobs of lower rank have been looked at under this reservation, or were too many to be.
    var examinedBefore: Int64
}

extension Engine {
    /// Strict order, then whatever does not delay the first that waits.
    mutating func runWithBackfill(_ directives: inout [Directive]) {
        if runInOrder(&directives) { headReservation = nil }
        guard let head = room.ready.first else {
            headReservation = nil
            return
        }
        let isCurrent = headReservation.map {
            $0.order == head.order && $0.growth == placer.fleet.growthVersion
                && $0.service == placer.fleet.serviceVersion && now < $0.due
        }
        if isCurrent != true { headReservation = reserve(for: head) }
        guard headReservation != nil else { return }
        backfill(behind: head, &directives)
        headReservation?.examinedBefore = nextOrder
    }

    /// The earliest time at which the job fits as running jobs end.
    ///
    /// Nil when that depends on a job whose end nobody knows: then nothing may pass. When no end
    /// helps, because hardware is out of service, the reservation is never due and holds nothing:
    /// nobody is served by waiting for the repair. The search is bounded by the backfill depth.
    private mutating func reserve(for head: ReadyList.Entry) -> HeadReservation? {
        let request = room.gangs[Int(room.classes[Int(head.waitClass)].gang)].request
        var ends: [(end: Instant, order: Int64, slot: Int32)] = []
        for slot in placedSlots {
            guard let end = expectedEnd(Int(slot)) else { continue }
            ends.append((end, jobs[Int(slot)].order, slot))
        }
        let isEveryEndKnown = ends.count == placedSlots.count
        ends.sort { ($0.end, $0.order) < ($1.end, $1.order) }
        if ends.count > Int(policy.backfillDepth) {
            placer.counters.limitsHit += 1
            ends.removeLast(ends.count - Int(policy.backfillDepth))
        }
        let mark = placer.fleet.checkpoint()
        var released: [Grant] = []
        var found: (due: Instant, members: [PlacedMember])?
        for (place, ending) in ends.enumerated() {
            for member in jobs[Int(ending.slot)].members {
                placer.fleet.putBack(member.grant)
                released.append(member.grant)
            }
            let isLastOfInstant = place + 1 == ends.count || ends[place + 1].end > ending.end
            guard isLastOfInstant, hasEnoughFree(for: request), placer.mayFit(request) else {
                continue
            }
            if let members = placer.place(request) {
                found = (ending.end, members)
                break
            }
        }
        placer.fleet.rollback(to: mark)
        guard found != nil || (isEveryEndKnown && ends.count == placedSlots.count) else {
            return nil
        }
        return HeadReservation(
            order: head.order, due: found?.due ?? .never,
            holds: found.map { holds(for: $0.members, released: released) } ?? [],
            growth: placer.fleet.growthVersion, service: placer.fleet.serviceVersion,
            examinedBefore: 0)
    }

    /// The part of a future place that is free now and must stay so: what its members take less
    /// what is released until then, device by device.
    private func holds(for members: [PlacedMember], released: [Grant]) -> [Grant] {
        var hostNeed: [Int32: HostResources] = [:]
        var nodes: [Int32] = []
        for member in members {
            let node = member.grant.node.rawValue
            if hostNeed[node] == nil { nodes.append(node) }
            hostNeed[node, default: .zero] = hostNeed[node, default: .zero] + member.grant.host
        }
        var coming: [DevicePlace: Int32] = [:]
        for grant in released {
            guard let need = hostNeed[grant.node.rawValue] else { continue }
            hostNeed[grant.node.rawValue] = need - grant.host
            grant.forEachDevice { coming[$0, default: 0] += grant.deviceMilli }
        }
        var holds: [Grant] = []
        for member in members {
            var whole = Grant(
                node: member.grant.node, deviceMilli: member.grant.deviceMilli, devices: 0,
                host: .zero)
            member.grant.forEachDevice { place in
                let covered = min(coming[place] ?? 0, whole.deviceMilli)
                if covered == 0 {
                    whole.devices |= place.bit
                } else {
                    coming[place, default: 0] -= covered
                    guard covered < whole.deviceMilli else { return }
                    holds.append(
                        Grant(
                            node: whole.node, deviceMilli: whole.deviceMilli - covered,
                            devices: place.bit, host: .zero))
                }
            }
            if whole.devices != 0 { holds.append(whole) }
        }
        for node in nodes {
            let need = (hostNeed[node] ?? .zero).clampedToZero
            holds.append(
                Grant(node: NodeID(rawValue: node), deviceMilli: 0, devices: 0, host: need))
        }
        return holds
    }

    private mutating func backfill(
        behind head: ReadyList.Entry, _ directives: inout [Directive]
    ) {
        guard let headReservation else { return }
        let candidates = backfillCandidates(behind: head, since: headReservation.examinedBefore)
        var failedWithHolds: [Int32] = []
        for (_, entry, gang) in candidates {
            let growth = placer.fleet.growthVersion
            if room.gangs[Int(gang)].failedAtGrowth == growth { continue }
            let end = expectedSpan(Int(entry.slot)).map { now + $0 } ?? .never
            let request = room.gangs[Int(gang)].request
            if end <= headReservation.due {
                if let members = placer.place(request) {
                    start(Int(entry.slot), members: members, &directives)
                } else {
                    room.gangs[Int(gang)].failedAtGrowth = growth
                }
            } else if !failedWithHolds.contains(gang) {
                if let members = place(request, beside: headReservation.holds) {
                    start(Int(entry.slot), members: members, &directives)
                } else {
                    failedWithHolds.append(gang)
                }
            }
        }
    }

    /// Waiting jobs behind the first that there may be room for, in queue order.
    private mutating func backfillCandidates(
        behind head: ReadyList.Entry, since examined: Int64
    ) -> [(priority: Int32, entry: JobQueue.Entry, gang: Int32)] {
        let depth = Int(policy.backfillDepth)
        var candidates: [(priority: Int32, entry: JobQueue.Entry, gang: Int32)] = []
        for ready in room.ready.entries {
            let waitClass = room.classes[Int(ready.waitClass)]
            let gang = waitClass.gang
            guard let last = waitClass.queue.last, last.order >= examined else { continue }
            if room.gangs[Int(gang)].failedAtGrowth == placer.fleet.growthVersion { continue }
            guard placer.mayFit(room.gangs[Int(gang)].request) else { continue }
            let first = waitClass.queue.place(from: examined)
            for place in first..<min(waitClass.queue.count, first + depth) {
                let entry = waitClass.queue[place]
                if entry.order != head.order {
                    candidates.append((ready.priority, entry, gang))
                }
            }
        }
        candidates.sort { left, right in
            left.priority != right.priority
                ? left.priority > right.priority : left.entry.order < right.entry.order
        }
        if candidates.count > depth {
            placer.counters.limitsHit += 1
            candidates.removeLast(candidates.count - depth)
        }
        return candidates
    }

    /// Places a gang so that the held part of the fleet stays free.
    private mutating func place(
        _ request: GangRequest, beside holds: [Grant]
    ) -> [PlacedMember]? {
        let mark = placer.fleet.checkpoint()
        for hold in holds {
            for part in placer.fleet.freeParts(of: hold) { placer.fleet.take(part) }
        }
        let members = placer.place(request)
        placer.fleet.rollback(to: mark)
        for member in members ?? [] { placer.fleet.take(member.grant) }
        return members
    }
}

extension HostResources {
    /// The same with everything below zero raised to zero.
    var clampedToZero: HostResources {
        HostResources(
            cpuMilli: max(0, cpuMilli), memoryMiB: max(0, memoryMiB), diskMiB: max(0, diskMiB),
            nics: max(0, nics), slots: max(0, slots),
            exclusives: Exclusives(exclusives.available))
    }

    /// The lesser of each quantity, none of which is below zero.
    func clamped(to other: HostResources) -> HostResources {
        HostResources(
            cpuMilli: min(cpuMilli, other.cpuMilli), memoryMiB: min(memoryMiB, other.memoryMiB),
            diskMiB: min(diskMiB, other.diskMiB), nics: min(nics, other.nics),
            slots: min(slots, other.slots),
            exclusives: Exclusives(exclusives.available & other.exclusives.available))
    }
}

/// One device of one node.
private struct DevicePlace: Hashable {
    /// The node's index.
    var node: Int32
    /// The device's bit.
    var bit: UInt64
}

extension Grant {
    fileprivate func forEachDevice(_ body: (DevicePlace) -> Void) {
        var rest = devices
        while rest != 0 {
            body(DevicePlace(node: node.rawValue, bit: rest & (0 &- rest)))
            rest &= rest - 1
        }
    }
}

extension FleetState {
    /// What is free now of a grant, of each device as much as is left; none when nothing is.
    fileprivate func freeParts(of grant: Grant) -> [Grant] {
        let node = grant.node.index
        let offset = Int(deviceOffset[node])
        var whole = grant
        whole.devices = 0
        whole.host = grant.host.clamped(to: hostFree[node].clampedToZero)
        var parts: [Grant] = []
        grant.forEachDevice { place in
            let free = Int32(deviceFree[offset + place.bit.trailingZeroBitCount])
            if free >= grant.deviceMilli {
                whole.devices |= place.bit
            } else if free > 0 {
                parts.append(
                    Grant(
                        node: grant.node, deviceMilli: free, devices: place.bit, host: .zero))
            }
        }
        if whole.devices != 0 || whole.host != .zero { parts.append(whole) }
        return parts
    }
}

extension HeadReservation: SnapshotValue {
    static var blank: HeadReservation {
        HeadReservation(
            order: 0, due: .zero, holds: [], growth: 0, service: 0, examinedBefore: 0)
    }

    mutating func pass(through coder: inout SnapshotCoder) {
        coder.field(&order)
        coder.field(&due)
        coder.field(&holds)
        coder.field(&growth)
        coder.field(&service)
        coder.field(&examinedBefore)
    }
}
