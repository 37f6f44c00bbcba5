import FleetModel

extension Engine {
    /// Everything that is wrong with the state; empty when all is well. O(state).
    ///
    /// Recomputes from the jobs alone what is taken of every node and charged to every tenant, and
    /// compares; checks that every gang is whole or absent and that every waiting job is in exactly
    /// one queue whose class is in the place that its state says.
    public func checkInvariants() -> [String] {
        var broken: [String] = []
        if placer.fleet.isSpeculating { broken.append("a transaction was left open") }
        checkNodes(&broken)
        checkGangs(&broken)
        checkQuotas(&broken)
        checkQueues(&broken)
        checkReservations(&broken)
        return broken
    }

    private func checkNodes(_ broken: inout [String]) {
        let fleet = placer.fleet
        var taken = [Int32](repeating: 0, count: fleet.deviceFree.count)
        var host = [HostResources](repeating: .zero, count: fleet.nodeCount)
        var held = [Int](repeating: 0, count: fleet.nodeCount)
        for record in jobs.slots {
            for member in record?.members ?? [] {
                let node = member.grant.node.index
                held[node] += 1
                host[node] = host[node] + member.grant.host
                for device in 0..<Int(fleet.deviceCount[node])
                where member.grant.devices & (1 << UInt64(device)) != 0 {
                    taken[Int(fleet.deviceOffset[node]) + device] += member.grant.deviceMilli
                }
            }
        }
        addHolds(&taken, &host)
        var schedulable = [Int64](repeating: 0, count: FleetState.kindStride)
        var free = schedulable
        for node in 0..<fleet.nodeCount {
            checkNode(node, taken: taken, host: host[node], held: held[node], &broken)
            if fleet.takesWork(node), fleet.kind[node] != FleetState.noKind {
                schedulable[Int(fleet.kind[node])] += fleet.serviceMilli(node)
                free[Int(fleet.kind[node])] += fleet.freeDeviceMilli(node)
            }
        }
        if schedulable != fleet.schedulableMilli { broken.append("schedulable sum is off") }
        if free != fleet.freeMilli { broken.append("free sum is off") }
    }

    private func checkNode(
        _ node: Int, taken: [Int32], host: HostResources, held: Int, _ broken: inout [String]
    ) {
        let fleet = placer.fleet
        if holders[node].count != held { broken.append("node \(node): holders are off") }
        if fleet.hostFree[node] != fleet.hostTotal[node] - host {
            broken.append("node \(node): host sum is off")
        }
        // A node may come back with a smaller host while a gang that it broke is still stopping.
        // So may one that has changed under gangs, or that an adopted one stands on.
        let isJudged =
            holders[node].allSatisfy { jobs[Int($0.slot)].phase != .stopping }
            && !fleet.mayBeOverdrawn[node]
        if fleet.present[node], isJudged, fleet.hostFree[node].hasNegative {
            broken.append("node \(node): host over-allocated")
        }
        for device in 0..<Int(fleet.deviceCount[node]) {
            let place = Int(fleet.deviceOffset[node]) + device
            if taken[place] < 0 || taken[place] > 1000 {
                broken.append("node \(node) device \(device): over-allocated")
            }
            if Int32(fleet.deviceFree[place]) != 1000 - taken[place] {
                broken.append("node \(node) device \(device): free sum is off")
            }
            let isWhole = fleet.wholeFree[node] & (1 << UInt64(device)) != 0
            let isHealthy = fleet.unhealthy[node] & (1 << UInt64(device)) == 0
            if isWhole != (isHealthy && taken[place] == 0) {
                broken.append("node \(node) device \(device): whole-free bit is off")
            }
        }
    }

    private func checkGangs(_ broken: inout [String]) {
        var placed = 0
        for (slot, record) in jobs.slots.enumerated() {
            guard let record else { continue }
            let id = record.spec.id
            let shouldBePlaced =
                record.phase == .starting || record.phase == .running
                || record.phase == .stopping
            if shouldBePlaced != record.isPlaced { broken.append("job \(id): not whole or absent") }
            guard record.isPlaced else { continue }
            placed += 1
            for (index, role) in record.spec.roles.enumerated() {
                let count = record.members.count { $0.role == Int32(index) }
                if count < Int(role.minimum) || count > Int(role.maximum) {
                    broken.append("job \(id): role \(index) has \(count) members")
                }
            }
            if !record.standsAsIs, !keepsTopology(record) {
                broken.append("job \(id): topology is broken")
            }
            if slot >= placeInPlaced.count || placedSlots[Int(placeInPlaced[slot])] != Int32(slot) {
                broken.append("job \(id): not in the list of placed jobs")
            }
        }
        if placed != placedSlots.count { broken.append("placed jobs are miscounted") }
    }

    /// Whether the members stand as the job's constraint demands. Domains are read from the nodes.
    private func keepsTopology(_ record: JobRecord) -> Bool {
        func domain(_ member: PlacedMember, _ level: LevelIndex) -> Int32 {
            let node = member.grant.node
            return level == topology.host
                ? node.rawValue : placer.fleet.domains[node.index][level.index].rawValue
        }
        var required: LevelIndex?
        switch record.spec.topology.preference {
        case .required(let level): required = level
        case .relaxing(let level, _, let then): required = record.isRelaxed ? then : level
        case .closest, .preferred: required = nil
        }
        if let required, let first = record.members.first {
            let home = domain(first, required)
            if record.members.contains(where: { domain($0, required) != home }) { return false }
        }
        guard let slice = record.spec.topology.slice else { return true }
        for role in record.spec.roles.indices {
            let members = record.members.filter { $0.role == Int32(role) }
            for start in stride(from: 0, to: members.count, by: Int(slice.members)) {
                let end = start + Int(slice.members)
                if end > members.count { return false }
                let home = domain(members[start], slice.level)
                if members[start..<end].contains(where: { domain($0, slice.level) != home }) {
                    return false
                }
            }
        }
        return true
    }

    private func checkQuotas(_ broken: inout [String]) {
        var usage = [Int64](repeating: 0, count: quota.exists.count * QuotaTree.stride)
        for record in jobs.slots {
            guard let record, record.isPlaced else { continue }
            var host: Int64 = 0
            var hasDevices = false
            var node = record.spec.tenant.index
            while node >= 0 {
                host = 0
                for member in record.members {
                    host += member.grant.host.cpuMilli
                    guard member.grant.devices != 0 else { continue }
                    hasDevices = true
                    let column = Int(placer.fleet.kind[member.grant.node.index])
                    usage[node * QuotaTree.stride + column] +=
                        Int64(member.grant.devices.nonzeroBitCount)
                        * Int64(member.grant.deviceMilli)
                }
                if !hasDevices { usage[node * QuotaTree.stride + QuotaTree.hostColumn] += host }
                node = Int(quota.parent[node])
            }
        }
        if usage != quota.usage { broken.append("charged use differs from what is held") }
    }

    private func checkQueues(_ broken: inout [String]) {
        var queued = 0
        for (slot, record) in jobs.slots.enumerated() {
            guard let record else { continue }
            let isQueued = record.phase == .queued
            if isQueued != (record.waitClass >= 0) {
                broken.append("job \(record.spec.id): phase and queue disagree")
            }
            guard isQueued else { continue }
            queued += 1
            let queue = room.classes[Int(record.waitClass)].queue
            let isListed = (0..<queue.count).contains { queue[$0].slot == Int32(slot) }
            if !isListed { broken.append("job \(record.spec.id): not in its queue") }
        }
        if queued != room.waiting { broken.append("waiting jobs are miscounted") }
        for (index, waitClass) in room.classes.enumerated() {
            let isListed = room.isListed(index)
            if !isListed { broken.append("wait class \(index): not where its state says") }
            if waitClass.queue.isEmpty != (waitClass.state == .empty) {
                broken.append("wait class \(index): emptiness and state disagree")
            }
        }
    }
}
