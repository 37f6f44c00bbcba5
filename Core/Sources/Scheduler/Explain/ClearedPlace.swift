import FleetModel

extension Engine {
    /// The place of each member of a waiting gang, in rank order, when all who stand there are
    /// stopping already; nil without such a place. O(members).
    public func placeBeingCleared(for id: JobID) -> [MemberPlacement]? {
        guard let slot = jobs.slot(of: id), !jobs[slot].isPlaced, jobs[slot].reservation >= 0
        else { return nil }
        let own = reservations[Int(jobs[slot].reservation)]
        guard own.purpose == .blocked, own.missing > 0, isBeingCleared(own) else { return nil }
        return own.members.map {
            MemberPlacement(node: $0.grant.node, role: $0.role, devices: $0.grant.devices)
        }
    }
}
