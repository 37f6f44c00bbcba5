import Documents
import FleetModel
import Health
import HealthControl
import Scheduler
import Store

// Nodes that are kept free for large gangs. Which ones is worked out from what is known here, and
// told to the scheduler as an input; so what it decides by replays, and outlives a restart. What is
// asked for is in the health file, and is read at every start.
extension Driver {
    /// Choices in one batch: what one leads to may call for another. The rest is left to the next.
    private static let spareRounds = 3
    /// Nodes that an event names.
    private static let namedSpares = 8

    /// Notes that something has changed on which the choice may depend; it is looked at within a
    /// second, or at once if it concerns a spare.
    func noteSpares(isUrgent: Bool) {
        hasSpareNews = true
        if isUrgent { hasStaleSpares = true }
    }

    /// Sees to it that the nodes are kept that are to be. O(nodes) when something has changed.
    func settleSpares() throws {
        for _ in 0..<Driver.spareRounds where hasStaleSpares {
            (hasStaleSpares, hasSpareNews) = (false, false)
            try chooseSpares()
        }
    }

    private func chooseSpares() throws {
        guard !spares.isEmpty || !engine.spareNodes.isEmpty || !view.spares.isEmpty else { return }
        let before = engine.spareNodes
        let kept = Set(before)
        let candidates = spareCandidates()
        var standings: [SpareStanding] = []
        var gangs: [SpareGangs] = []
        for (asked, nodes) in zip(spares, candidates) {
            let choice = SpareChoice(asked.policy, among: nodes) { kept.contains($0) }
            standings.append(
                SpareStanding(pool: asked.pool, policy: asked.policy, choice: choice))
            guard let pool = view.directory.fleet.pools.id(of: asked.pool) else { continue }
            gangs.append(SpareGangs(pool: pool, leastMilli: asked.policy.leastMilli))
        }
        gangs.sort { $0.pool < $1.pool }
        let chosen = standings.flatMap(\.choice.kept).sorted()
        if chosen != before || gangs != engine.spareGangs {
            try apply(.keepSpares(chosen, gangs: gangs))
        }
        tellSpares(standings, before: before, candidates.flatMap { $0 })
        if standings != view.spares { view.spares = standings }
        showSpares(chosen)
    }

    /// The present nodes with devices of each pool of which something is asked, in order of id.
    private func spareCandidates() -> [[SpareCandidate]] {
        var place = [Int?](repeating: nil, count: FleetLimits.pools)
        for (index, asked) in spares.enumerated() {
            guard let pool = view.directory.fleet.pools.id(of: asked.pool) else { continue }
            place[pool.index] = index
        }
        var candidates = [[SpareCandidate]](repeating: [], count: spares.count)
        var sizes: [JobID: Int64] = [:]
        view.nodes.forEach { node in
            guard node.row.isPresent, node.row.spec.devices > 0,
                let index = place[node.row.spec.pool.index]
            else { return true }
            let least = spares[index].policy.leastMilli
            candidates[index].append(candidate(node, from: least, &sizes))
            return true
        }
        markUnsuited(&candidates)
        return candidates
    }

    private func candidate(
        _ node: NodeView, from leastMilli: Int64, _ sizes: inout [JobID: Int64]
    ) -> SpareCandidate {
        let id = node.row.spec.id
        let health = desk.engine[id]
        var gang: SpareGang?
        for occupant in node.occupants where occupant.job != gang?.job {
            // Who has less than that in all is too small whatever it could do with.
            guard let held = view.jobs[occupant.job.index]?.row.gpuMilli, held >= leastMilli,
                held > gang?.gpuMilli ?? 0
            else { continue }
            let size =
                sizes[occupant.job] ?? engine.specification(of: occupant.job)?.minimumGPUMilli ?? 0
            sizes[occupant.job] = size
            if size >= leastMilli { gang = SpareGang(job: occupant.job, gpuMilli: held) }
        }
        // Of a cell's nodes its tenant decides, who may have bought them for small jobs.
        let isSound =
            node.row.outOfService == 0 && health?.toldUnhealthy == 0 && !engine.isInCell(id)
        let isOpen = node.row.cordonedBy == nil && !node.row.isClosed
        return SpareCandidate(
            node: id, domains: node.row.spec.domains,
            isGood: isSound && node.state == .ready && health?.track.state == .inService,
            // Who gathers a place there has it soon, whoever is there now.
            isIdle: node.occupants.isEmpty && !engine.isReserved(id),
            isBriefly: isSound && isOpen && (health?.track.isBrieflyDoubted ?? false),
            kind: node.row.spec.kind, gang: gang)
    }

    /// Marks the nodes where the largest gang of their pool and kind could not stand.
    private func markUnsuited(_ candidates: inout [[SpareCandidate]]) {
        for pool in candidates.indices {
            var largest: [AcceleratorKindID: SpareGang] = [:]
            for one in candidates[pool] {
                guard let kind = one.kind, let gang = one.gang else { continue }
                let known = largest[kind]
                if known.map({ ($0.gpuMilli, gang.job) < (gang.gpuMilli, $0.job) }) ?? true {
                    largest[kind] = gang
                }
            }
            for index in candidates[pool].indices {
                guard let kind = candidates[pool][index].kind, let gang = largest[kind],
                    hasRules(gang.job)
                else { continue }
                candidates[pool][index].suitsGangs = engine.suits(
                    gang.job, candidates[pool][index].node)
            }
        }
    }

    /// Whether a job may not stand everywhere in its pools.
    private func hasRules(_ job: JobID) -> Bool {
        engine.specification(of: job)?.roles.contains { $0.rule != nil } ?? false
    }

    /// Marks the nodes that are kept, for readers.
    private func showSpares(_ kept: [NodeID]) {
        guard kept != shownSpares else { return }
        let (old, new) = (Set(shownSpares), Set(kept))
        for node in old.symmetricDifference(new) where view.nodes[node.index] != nil {
            view.nodes.modify(node.index) { $0.isSpare = new.contains(node) }
            pending.touchedNodes.insert(node)
        }
        shownSpares = kept
    }

    // MARK: Words

    /// Says what has changed, once for each pool.
    private func tellSpares(
        _ standings: [SpareStanding], before: [NodeID], _ candidates: [SpareCandidate]
    ) {
        let old = Set(before)
        let new = Set(standings.flatMap(\.choice.kept))
        let gone = before.filter { !new.contains($0) }
        for standing in standings {
            let added = standing.choice.kept.filter { !old.contains($0) }
            if !added.isEmpty {
                tellSpares(
                    "the pool '\(standing.pool)' keeps \(named(added)) free for gangs of at least "
                        + "\(standing.policy.leastGPUs) GPUs")
            }
            let known = view.spares.first { $0.pool == standing.pool }
            guard standing.missing != known?.missing ?? 0 else { continue }
            guard let why = standing.shortageText(pools: view.directory.fleet.pools.names) else {
                tellSpares("the pool '\(standing.pool)' has all of its spares")
                continue
            }
            tellSpares(
                "the pool '\(standing.pool)' lacks "
                    + "\(counted(standing.missing, "spare")) of \(standing.choice.wanted): \(why)")
        }
        guard !gone.isEmpty else { return }
        let states = Dictionary(
            candidates.map { ($0.node, $0) }, uniquingKeysWith: { first, _ in first })
        let reasons = gone.prefix(Driver.namedSpares).map { node in
            "\(view.directory.node(node)) (\(whyNoSpare(node, states[node])))"
        }
        tellSpares(
            "no spares any more: " + reasons.joined(separator: ", ")
                + (gone.count > reasons.count ? " and \(gone.count - reasons.count) more" : ""))
    }

    private func whyNoSpare(_ node: NodeID, _ candidate: SpareCandidate?) -> String {
        guard let candidate else {
            if spares.isEmpty { return "none are asked for" }
            let isThere = view.nodes[node.index]?.row.isPresent ?? false
            return isThere ? "none are asked for of its pool" : "not there"
        }
        if let gang = candidate.gang {
            let name = view.jobs[gang.job.index]?.row.name ?? String(gang.job.index)
            return "the gang '\(name)' has it"
        }
        return candidate.isGood ? "not needed" : "not in order, or closed"
    }

    private func named(_ nodes: [NodeID]) -> String {
        let names = nodes.prefix(Driver.namedSpares).map { view.directory.node($0) }
        return names.joined(separator: ", ")
            + (nodes.count > names.count ? " and \(nodes.count - names.count) more" : "")
    }

    private func tellSpares(_ text: String) {
        tell(EventRow(kind: "spares", at: now, text: text))
    }
}
