import ControlPlane
import FleetModel
import KubernetesObjects

/// What a dry run knows beside the rest.
///
/// Muster is asked about each gang once, as if the scheduler in charge had bound nothing of it.
/// A gang that it starts stands on its place in the model (a *shadow*) until the other has bound
/// the gang whole: from then on it counts where it really stands. What really stands always wins
/// over shadows, which do not come back. Gangs that Muster would stop go on. Devices of pods that
/// are over stay their gang's until all of it is, or others are seen there: then what is left of
/// the gang is another job.
struct DryRun {
    /// What was decided, beside what was done.
    var book = DifferenceBook()
    /// Gangs that are not asked about again while these pods of them live.
    var decided: [GangKey: Set<PodKey>] = [:]
    /// Since when gangs are whole that are not followed.
    var wholeSince: [GangKey: Int64] = [:]
    /// Jobs that may not, or not wholly, stand where the model has them.
    var absentees: Set<String> = []
    /// How often the driver did not take a gang where it stands, since it last took it.
    var refusals: [GangKey: Int] = [:]
    /// Whether what is seen was there before us.
    var isBeginning = false
    /// Tells the keys of this run from those of others: jobs of a run do not come back.
    var run = ""

    /// How long Muster has for its answer once the other has started a gang, in milliseconds: the
    /// news of what made room may have come just before.
    static let patience: Int64 = 1_000
    /// Times that the driver is asked to take a gang where it stands.
    static let mostRefusals = 3
}

// What of a place matters to the comparison.
extension ClusterState {
    /// Where a gang wants to stand; nil without a wish.
    func wish(of gang: ClusterGang) -> StartDifference.Wish? {
        var problems: [GangProblem] = []
        let constraint = gang.constraint(in: topology, problems: &problems)
        func wish(_ level: LevelIndex, _ isRequired: Bool, _ slice: Int?) -> StartDifference.Wish {
            StartDifference.Wish(
                level: level.index, name: topology.levels[level.index].name,
                isRequired: isRequired, slice: slice)
        }
        switch constraint.preference {
        case .required(let level): return wish(level, true, nil)
        case .preferred(let level), .relaxing(let level, _, _): return wish(level, false, nil)
        case .closest: break
        }
        return constraint.slice.map { wish($0.level, true, Int($0.members)) }
    }

    /// A place of a gang by the nodes of its pods, in rank order.
    func place(_ nodes: [String], for wish: StartDifference.Wish?) -> StartDifference.Place {
        let names = Set(nodes).sorted()
        let paths = names.map { name in
            (self.nodes.part(node: name, resource: nil)
                .flatMap { self.nodes.parts[$0.index].reported?.path } ?? []) + [name]
        }
        let levels = topology.domainLevelCount + 1
        let domains = (0..<levels).map { level in
            level == levels - 1 ? names.count : Set(paths.map { Array($0.prefix(level + 1)) }).count
        }
        var keepsWish = true
        if let wish {
            let path = Dictionary(zip(names, paths), uniquingKeysWith: { first, _ in first })
            let size = wish.slice ?? max(1, nodes.count)
            for start in stride(from: 0, to: nodes.count, by: size) {
                let part = nodes[start..<min(nodes.count, start + size)]
                let found = Set(part.map { Array((path[$0] ?? []).prefix(wish.level + 1)) })
                if found.count > 1 { keepsWish = false }
            }
        }
        return StartDifference.Place(
            nodes: Array(names.prefix(16)), nodeCount: names.count, domains: domains,
            keepsWish: keepsWish)
    }

    /// A gang as the book keeps it; nil for one that asks for no accelerators.
    func record(of gang: ClusterGang) -> GangRecord? {
        let live = gang.roles.map { role in (role, role.pods.filter(\.isLive).count) }
        let gpus = live.reduce(into: Int64(0)) { sum, entry in
            sum += Int64(entry.1) * (entry.0.request.accelerator?.count ?? 0)
        }
        guard gpus > 0 else { return nil }
        return GangRecord(
            name: "\(gang.namespace).\(gang.name)", tenant: text(of: gang).tenant,
            pods: live.reduce(0) { $0 + $1.1 }, gpus: gpus, wish: wish(of: gang))
    }
}
