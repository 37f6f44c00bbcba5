import FleetModel

extension Engine {
    /// Adds what reservations hold to what is taken of every device and host.
    func addHolds(_ taken: inout [Int32], _ host: inout [HostResources]) {
        for entry in reservations.all {
            for member in entry.members.indices {
                let grant = entry.heldGrant(member)
                let node = grant.node.index
                host[node] = host[node] + grant.host
                for device in 0..<Int(placer.fleet.deviceCount[node])
                where grant.devices & (1 << UInt64(device)) != 0 {
                    taken[Int(placer.fleet.deviceOffset[node]) + device] += grant.deviceMilli
                }
            }
        }
    }

    /// Every reservation belongs to one job that has not ended and knows it, no two count on the
    /// same device, and what is held adds up.
    func checkReservations(_ broken: inout [String]) {
        var milli = [Int64](repeating: 0, count: FleetLimits.acceleratorKinds)
        var wanted = [Int64](repeating: 0, count: placer.fleet.deviceFree.count)
        var count = 0
        for index in reservations.indices {
            let entry = reservations[index]
            count += 1
            guard jobs.isTaken(Int(entry.slot)) else {
                broken.append("reservation \(index): its job is gone")
                continue
            }
            let record = jobs[Int(entry.slot)]
            if record.reservation != Int32(index) {
                broken.append("reservation \(index): job \(record.spec.id) does not know it")
            }
            if record.phase != .queued, entry.purpose != .move {
                broken.append("reservation \(index): job \(record.spec.id) is not queued")
            }
            var missing = 0
            for member in entry.members.indices {
                let grant = entry.members[member].grant
                if !entry.isHeld(member) { missing += 1 }
                let held = entry.heldGrant(member)
                if held.devices & ~grant.devices != 0 || held.host.exceeds(grant.host) {
                    broken.append("reservation \(index): holds more than it wants")
                }
                if held.devices & placer.fleet.unhealthy[grant.node.index] != 0 {
                    broken.append("reservation \(index): holds a device out of service")
                }
                let node = grant.node.index
                if !placer.fleet.takesWork(node) {
                    broken.append("reservation \(index): counts on node \(node)")
                }
                let role = Int(entry.members[member].role)
                if placer.fleet.spares.contains(node),
                    !gangRequest(record).roles[role].shape.accepts(node, of: placer.fleet)
                {
                    broken.append("reservation \(index): counts on the spare \(node)")
                }
                for device in 0..<Int(placer.fleet.deviceCount[node])
                where grant.devices & (1 << UInt64(device)) != 0 {
                    wanted[Int(placer.fleet.deviceOffset[node]) + device] +=
                        Int64(grant.deviceMilli)
                }
                if placer.fleet.kind[node] != FleetState.noKind {
                    milli[Int(placer.fleet.kind[node])] += held.gpuMilli
                }
            }
            if missing != entry.missing { broken.append("reservation \(index): miscounts") }
        }
        if count != reservations.count { broken.append("reservations are miscounted") }
        if wanted.contains(where: { $0 > 1000 }) { broken.append("a device is reserved twice") }
        if milli != reservations.heldMilli { broken.append("held devices are miscounted") }
        checkKnownReservations(&broken)
    }

    private func checkKnownReservations(_ broken: inout [String]) {
        for (slot, record) in jobs.slots.enumerated() {
            guard let record else { continue }
            if record.reservation >= 0,
                reservations.entry(record.reservation)?.slot != Int32(slot)
            {
                broken.append("job \(record.spec.id): its reservation is another's")
            }
            for evictor in record.evictors {
                guard let other = jobs.slot(of: evictor) else { continue }
                if jobs[other].evictors.contains(record.spec.id) {
                    broken.append("jobs \(record.spec.id) and \(evictor) evicted each other")
                }
            }
            if record.leaving.contains(where: { $0 < 0 || $0 >= Int32(record.members.count) }) {
                broken.append("job \(record.spec.id): a member leaves that is not there")
            }
        }
    }
}

extension HostResources {
    /// Whether some quantity is larger than that of another.
    func exceeds(_ other: HostResources) -> Bool {
        cpuMilli > other.cpuMilli || memoryMiB > other.memoryMiB || diskMiB > other.diskMiB
            || nics > other.nics || slots > other.slots
            || !other.exclusives.contains(exclusives)
    }
}
