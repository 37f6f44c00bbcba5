import FleetModel

/// A place that is reserved for a waiting gang.
public struct ReservedPlace: Hashable, Sendable {
    /// The job.
    public var job: JobID
    /// What is held for it, with all of its nodes.
    public var outlook: ReservationOutlook
}

extension Engine {
    /// Every reserved place, in order of job. O(reservations).
    public func reservedPlaces() -> [ReservedPlace] {
        var places: [ReservedPlace] = []
        for slot in 0..<jobs.slotCount where jobs.isTaken(slot) {
            guard jobs[slot].reservation >= 0 else { continue }
            let own = reservations[Int(jobs[slot].reservation)]
            var nodes = own.members.map(\.grant.node)
            nodes.sort()
            let unique = nodes.indices.filter { $0 == 0 || nodes[$0] != nodes[$0 - 1] }
                .map { nodes[$0] }
            places.append(
                ReservedPlace(
                    job: jobs[slot].spec.id,
                    outlook: ReservationOutlook(
                        due: own.due, missingMembers: own.missing, nodes: unique,
                        nodeCount: unique.count)))
        }
        places.sort { $0.job < $1.job }
        return places
    }

    /// What a job holds, in rank order; nil when it holds nothing. O(members).
    public func placement(of id: JobID) -> (attempt: Attempt, members: [MemberPlacement])? {
        guard let slot = jobs.slot(of: id), jobs[slot].isPlaced else { return nil }
        return (
            jobs[slot].attempt,
            jobs[slot].members.map {
                MemberPlacement(node: $0.grant.node, role: $0.role, devices: $0.grant.devices)
            }
        )
    }

    /// Jobs that have not ended, in no order. O(jobs).
    public var openJobIDs: [JobID] {
        (0..<jobs.slotCount).filter { jobs.isTaken($0) }.map { jobs[$0].spec.id }
    }
}
