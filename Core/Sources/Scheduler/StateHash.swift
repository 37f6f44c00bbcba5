import FleetModel

extension Engine {
    /// A digest of what is free, held, queued and charged: equal after equal inputs, on every
    /// machine and in every build. What follows from that and the inputs so far, such as parked
    /// classes and reservations, is not folded in. O(state).
    public func stateHash() -> UInt64 {
        var hasher = StateHasher()
        hasher.add(now.nanoseconds)
        hasher.add(nextOrder)
        hasher.add(decisions)
        hasher.add(placer.generator.state)
        placer.fleet.fold(into: &hasher)
        quota.fold(into: &hasher)
        placer.scorer.profile.fold(into: &hasher)
        durations.fold(into: &hasher)
        desk.fold(into: &hasher)
        for record in jobs.slots {
            guard let record else { continue }
            fold(record, into: &hasher)
        }
        return hasher.digest
    }

    private func fold(_ record: JobRecord, into hasher: inout StateHasher) {
        hasher.add(record.spec.id.rawValue)
        hasher.add(Int32(record.phase.rawValue))
        hasher.add(record.attempt.rawValue)
        hasher.add(record.order)
        hasher.add(record.submittedAt.nanoseconds)
        hasher.add(record.startedAt.nanoseconds)
        hasher.add(record.openDependencies)
        hasher.add(
            Int32(
                (record.isHeld ? 1 : 0) | (record.isRelaxed ? 2 : 0)
                    | (record.needsSpares ? 4 : 0)))
        hasher.add(Int32(record.isWaitTold ? 1 : 0))
        switch record.afterStop {
        case .end(let outcome): hasher.add(Int32(outcome.rawValue))
        case .fail(let cause): hasher.add(64 + Int32(cause.rawValue))
        case .requeue(let cause): hasher.add(128 + Int32(cause.rawValue))
        }
        for cause in 0..<record.retriesUsed.count { hasher.add(record.retriesUsed[cause]) }
        hasher.add(record.members.count)
        for member in record.members {
            hasher.add(member.grant.node.rawValue)
            hasher.add(member.grant.devices)
            hasher.add(member.grant.deviceMilli)
            hasher.add(member.role)
        }
    }
}

extension FleetState {
    /// Folds what is free where into a digest.
    func fold(into hasher: inout StateHasher) {
        hasher.add(nodeCount)
        // Left out where there are none, as below.
        for node in spares.nodes { hasher.add(node.rawValue) }
        for entry in spares.gangs {
            hasher.add(entry.pool.rawValue)
            hasher.add(entry.leastMilli)
        }
        for node in 0..<nodeCount {
            hasher.add(Int32((present[node] ? 1 : 0) | (drained[node] ? 2 : 0)))
            hasher.add(Int32(pool[node]) << 8 | Int32(kind[node]))
            for domain in domains[node] { hasher.add(domain.rawValue) }
            hasher.add(unhealthy[node])
            hasher.add(wholeFree[node])
            hasher.add(hostFree[node].cpuMilli)
            hasher.add(hostFree[node].memoryMiB)
            hasher.add(hostFree[node].diskMiB)
            hasher.add(hostFree[node].nics)
            // Left out where nobody counts them, so that states keep the digests that they had.
            if hostTotal[node].slots != 0 || hostTotal[node].exclusives != .none {
                hasher.add(hostFree[node].slots)
                hasher.add(hostFree[node].exclusives.ones)
                hasher.add(hostFree[node].exclusives.signs)
            }
            let offset = Int(deviceOffset[node])
            for device in 0..<Int(deviceCount[node]) {
                hasher.add(Int32(deviceFree[offset + device]))
            }
        }
    }
}
