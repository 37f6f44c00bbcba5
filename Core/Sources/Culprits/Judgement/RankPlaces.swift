import FleetModel

/// Which node a rank is on. A member runs as many ranks as every other: one, or those that a
/// launcher like torchrun makes of it, in order.
struct RankPlaces {
    private let given: HangCase
    private let ranksPerMember: Int32?

    init(_ given: HangCase, _ flight: FlightComparison?) {
        self.given = given
        let named = flight.map { ($0.ranks.last ?? -1) + 1 } ?? 0
        let ranks = max(named, given.evidence.report?.size ?? 0)
        let members = Int32(clamping: given.members.count)
        ranksPerMember =
            members > 0 && ranks >= members && ranks % members == 0 ? ranks / members : nil
    }

    func name(_ node: NodeID) -> String {
        given.nodes.first { $0.node == node }?.name ?? "#\(node)"
    }

    func node(ofMember member: Int32) -> NodeID? {
        given.members.indices.contains(Int(member)) ? given.members[Int(member)] : nil
    }

    /// A rank over the whole job.
    func suspect(_ rank: Int32) -> CulpritSuspect {
        CulpritSuspect(rank: rank, node: ranksPerMember.flatMap { node(ofMember: rank / $0) })
    }

    /// A rank of a communicator, by its host's name or, where the communicator is the whole job,
    /// by its number.
    func suspect(_ rank: Int32?, host: String, isOfJob: Bool) -> CulpritSuspect {
        var suspect = CulpritSuspect(rank: isOfJob ? rank : nil, host: host)
        suspect.node = given.nodes.first { $0.name == host }?.node
        if suspect.node == nil, isOfJob, let rank { suspect.node = self.suspect(rank).node }
        return suspect
    }

    func suspect(_ process: RASProcess, _ report: RASReport) -> CulpritSuspect {
        let isOfJob = report.communicators.contains {
            $0.size == report.size && process.rank.map($0.missing.contains) ?? false
        }
        return suspect(process.rank, host: process.host, isOfJob: isOfJob)
    }
}
