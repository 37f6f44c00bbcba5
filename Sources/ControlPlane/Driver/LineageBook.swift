import FleetModel

/// Which nodes were lately to blame for the ends of jobs that a backend found, by their lineages:
/// what a controller makes anew in place of what failed is another job, and is not to go back to
/// the node that has just failed it.
///
/// Kept in memory only. A job that was told once keeps it; and who goes back all the same does so
/// after a minute, when nothing else is left.
struct LineageBook {
    private struct Blame {
        var node: NodeID
        var at: Instant
    }

    /// Lineages that are remembered; of more the oldest are forgotten.
    private static let most = 1024
    /// Nodes of one lineage that are remembered: as many as the engine keeps of one job.
    private static let mostNodes = 8
    /// How long a node is remembered: Kubernetes' Job controller waits up to six minutes before it
    /// makes a pod anew (Kubernetes' documentation, Jobs, "Pod backoff failure policy").
    private static let lifetime = TimeSpan.seconds(600)

    private var blames: [String: [Blame]] = [:]
    /// The lineages of jobs that are not over.
    private var lineages: [JobID: String] = [:]

    /// A job of a lineage was found.
    mutating func add(_ job: JobID, of lineage: String) {
        if !lineage.isEmpty { lineages[job] = lineage }
    }

    /// A job is over.
    mutating func remove(_ job: JobID) { lineages[job] = nil }

    /// A node is to blame for the end of what a job did.
    mutating func blame(_ node: NodeID, for job: JobID, at now: Instant) {
        guard let lineage = lineages[job] else { return }
        var known = (blames[lineage] ?? []).filter { $0.node != node }
        known.append(Blame(node: node, at: now))
        blames[lineage] = Array(known.suffix(LineageBook.mostNodes))
        guard blames.count > LineageBook.most else { return }
        let oldest = blames.min { left, right in
            (left.value.last?.at ?? .zero, left.key) < (right.value.last?.at ?? .zero, right.key)
        }
        if let oldest { blames[oldest.key] = nil }
    }

    /// Nodes that a job of a lineage is to keep off, those that were blamed first at the beginning.
    func suspects(of lineage: String, at now: Instant) -> [NodeID] {
        (blames[lineage] ?? []).filter { now - $0.at <= LineageBook.lifetime }.map(\.node)
    }

    /// The other jobs of a job's lineage that are not over, by number. O(jobs that were found).
    func others(of job: JobID) -> [JobID] {
        guard let lineage = lineages[job] else { return [] }
        return lineages.filter { $0.value == lineage && $0.key != job }.keys.sorted()
    }
}
