/// What the book remembers of a pod: derived once, when the pod changes.
///
/// A class, though it never changes: making a gang sorts its members and passes them about, and
/// copies of a value with so many references were most of what that cost.
@dynamicMemberLookup
final class GangMember: Sendable, Equatable {
    let facts: MemberFacts

    init(_ facts: MemberFacts) { self.facts = facts }

    @inline(__always)
    subscript<Value>(dynamicMember path: KeyPath<MemberFacts, Value>) -> Value {
        facts[keyPath: path]
    }

    static func == (left: GangMember, right: GangMember) -> Bool {
        left === right || left.facts == right.facts
    }
}

/// The properties of a ``GangMember``.
struct MemberFacts: Hashable {
    var key: PodKey
    var isOurs: Bool
    var labels: LabelSet
    var createdAt: Int64
    var node: String?
    var nominatedNode: String?
    var phase: Pod.Phase
    var isTerminating: Bool
    var request: PodRequest
    var rules: NodeRules
    var claims: [String]
    var gates: [String]
    var ownGates: [String]
    var priority: Int32?
    var preemption: PreemptionPolicy?
    var deadlineSeconds: Int64?
    var owner: ObjectKey?
    var ownerUID: String
    var membership: PodMembership?
    var wishes: PodWishes
    var problems: [GangProblem]

    var isLive: Bool { !phase.isTerminal && !isTerminating }
    /// Whether it takes something of a node for another scheduler.
    var isForeignUse: Bool { !isOurs && node != nil && !phase.isTerminal }

    init(_ pod: Pod, _ settings: GangSettings) {
        let metadata = pod.metadata
        key = PodKey(namespace: metadata.namespace, name: metadata.name, uid: metadata.uid)
        isOurs = pod.schedulerName == settings.schedulerName
        labels = metadata.labels
        createdAt = metadata.creationTimestamp
        (node, nominatedNode) = (pod.nodeName, pod.nominatedNodeName)
        (phase, isTerminating) = (pod.phase, metadata.isDeleting)
        request = PodRequest(pod.resources, hostPorts: pod.hostPorts, naming: settings.naming)
        (rules, claims) = (pod.rules, pod.claims)
        ownGates = pod.gates.filter(settings.ownGates.contains)
        gates = pod.gates.filter { !settings.ownGates.contains($0) }
        (priority, preemption) = (pod.priority, pod.preemptionPolicy)
        deadlineSeconds = pod.activeDeadlineSeconds
        owner = metadata.controllerKey
        ownerUID = metadata.controller?.uid ?? ""
        var problems: [GangProblem] = []
        membership = PodMembership.read(pod, &problems)
        wishes = isOurs ? PodWishes.read(pod, &problems) : PodWishes()
        if isOurs { problems += MemberFacts.problems(of: pod, request) }
        self.problems = problems
    }

    private static func problems(of pod: Pod, _ request: PodRequest) -> [GangProblem] {
        var problems = pod.problems.map { GangProblem($0) }
        if request.devices.entries.count > 1 {
            let names = request.devices.entries.map(\.name).joined(separator: ", ")
            problems.append(
                GangProblem(
                    .severalAccelerators, field: "spec.containers[].resources",
                    "the pod asks for \(names)", remedy: "ask for one of them in each pod"))
        } else if request.member == nil {
            problems.append(
                GangProblem(
                    .requestTooLarge, field: "spec.containers[].resources",
                    "the pod asks for more than a node can have",
                    remedy: "ask for less in each pod"))
        }
        if pod.usesResourceClaims {
            problems.append(
                GangProblem(
                    .unsupported, field: "spec.resourceClaims",
                    "devices by resource claims are not placed",
                    remedy: "ask for the device plug-in's resource in resources.limits"))
        }
        if pod.mustSpread {
            problems.append(
                GangProblem(
                    .unsupported, field: "spec.topologySpreadConstraints",
                    "spread constraints are not kept",
                    remedy: "use podAntiAffinity, or whenUnsatisfiable: ScheduleAnyway",
                    isBlocking: false))
        }
        return problems
    }

    /// Shares the storage of what is the same in pods of one template.
    mutating func share(_ other: MemberFacts) {
        if rules == other.rules { rules = other.rules }
        if request == other.request { request = other.request }
        if gates == other.gates { gates = other.gates }
    }
}
