/// How the pods of a group want to be grouped, counted, so that no order of theirs matters and none
/// has to be looked at again.
struct StyleVotes: Hashable {
    private var whole = 0
    private var each = 0
    private var stages = 0
    private var fallbackEach = 0
    private var total = 0

    mutating func add(_ membership: PodMembership?) { count(membership, 1) }
    mutating func remove(_ membership: PodMembership?) { count(membership, -1) }

    private mutating func count(_ membership: PodMembership?, _ step: Int) {
        guard let membership else { return }
        total += step
        switch membership.style {
        case .whole: whole += step
        case .each: each += step
        case .stages, nil: break
        }
        switch membership.fallback {
        case .stages: stages += step
        case .each: fallbackEach += step
        case .whole: break
        }
    }

    /// What pods say themselves, which goes before what objects say.
    var stated: GangDeclaration.Style? {
        if whole > 0 { return .whole }
        return each > 0 ? .each : nil
    }

    /// Whether pods contradict each other.
    var isContradictory: Bool { whole > 0 && each > 0 }

    /// What labels suggest when no object says anything.
    var fallback: GangDeclaration.Style {
        if stages > 0 { return .stages }
        return fallbackEach == total ? .each : .whole
    }
}
