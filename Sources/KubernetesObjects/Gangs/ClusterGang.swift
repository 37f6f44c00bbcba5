/// What a gang is known by.
public struct GangKey: Hashable, Sendable {
    /// The kind of what defines it; a plain pod defines a gang of one.
    public var kind: ObjectKind
    /// The namespace.
    public var namespace: String
    /// The name of what defines it.
    public var name: String
    /// Which of its gangs: a group of a LeaderWorkerSet, a pod group of a Workload, a stage of a
    /// JobSet; empty when there is only one.
    public var part: String
    /// The uid of what defines it, where the pods tell it; else empty.
    public var uid: String

    /// Gathers a key.
    public init(
        _ kind: ObjectKind, namespace: String, name: String, part: String = "", uid: String = ""
    ) {
        self.kind = kind
        self.namespace = namespace
        self.name = name
        self.part = part
        self.uid = uid
    }

    /// The name, with the part when there is one.
    public var title: String { part.isEmpty ? name : "\(name)/\(part)" }

    /// The object that defines it; nil for Kueue's groups, which have none.
    public var object: ObjectKey? {
        kind == .kueuePodGroup ? nil : ObjectKey(kind, namespace: namespace, name: name)
    }
}

/// What a pod is known by.
public struct PodKey: Hashable, Sendable {
    /// The namespace.
    public var namespace: String
    /// The name.
    public var name: String
    /// The uid: another one for each pod that had the name.
    public var uid: String

    /// Gathers a key.
    public init(namespace: String, name: String, uid: String) {
        self.namespace = namespace
        self.name = name
        self.uid = uid
    }
}

/// The place of a pod among those of its role.
public struct PodIndex: Hashable, Comparable, Sendable {
    /// The part that it belongs to: the Job of a JobSet, the replica of a Ray worker group; else 0.
    public var part: Int
    /// Its index within the part.
    public var member: Int

    /// Gathers an index.
    public init(part: Int = 0, member: Int) {
        self.part = part
        self.member = member
    }

    /// By part, then by member: the order of ranks.
    public static func < (left: PodIndex, right: PodIndex) -> Bool {
        (left.part, left.member) < (right.part, right.member)
    }
}

/// A pod of a gang.
public struct ClusterPod: Hashable, Sendable {
    /// The pod.
    public var key: PodKey
    /// Its place by its index labels; nil when it has none.
    public var index: PodIndex?
    /// Where it runs; nil until it is bound.
    public var node: String?
    /// How far it is.
    public var phase: Pod.Phase
    /// Whether somebody has deleted it.
    public var isTerminating: Bool
    /// Gates that others have still to take away.
    public var gates: [String]
    /// Muster's own gates, which it takes away.
    public var ownGates: [String]
    /// The node that was announced for it.
    public var nominatedNode: String?
    /// The labels, which rules on neighbours look at.
    public var labels: LabelSet
    /// Volume claims that are not bound yet: they follow the pod to its node.
    public var unboundClaims: [String]

    /// Whether it runs or may still run.
    public var isLive: Bool { !phase.isTerminal && !isTerminating }
}

/// Pods of a gang that ask for the same, on nodes by the same rules.
public struct ClusterRole: Hashable, Sendable {
    /// The name as the pods' labels have it; empty when they have none.
    public var label: String
    /// The name for people: the label, with a number when pods of one label differ.
    public var name: String
    /// The fewest pods that start together.
    public var minimum: Int
    /// Pods that the workload will have, as far as it tells; never less than there are.
    public var replicas: Int
    /// What each takes of its node.
    public var request: PodRequest
    /// Which nodes will do.
    public var rules: NodeRules
    /// The pods in the order of ranks. Of those with the same index only the latest is here; what
    /// ended counts until it is replaced.
    public var pods: [ClusterPod]
}

/// Pods that start together or not at all, as Kubernetes has them.
public struct ClusterGang: Hashable, Sendable {
    /// Where the number of members comes from.
    public enum SizeSource: Hashable, Sendable {
        /// The object that defines the gang.
        case declared
        /// Annotations or labels of the pods.
        case annotated
        /// Nobody said: as many as there are, and none missing below the largest index. More may
        /// come, so that the gang is best left alone until its pods have stopped coming.
        case observed
    }

    /// What it is known by.
    public var key: GangKey
    /// The uid of what defines it, if that has been seen.
    public var uid: String
    /// The queue that its objects name.
    public var queue: String?
    /// Higher goes first.
    public var priority: Int32
    /// Whether it may take the place of others.
    public var preemptionPolicy: PreemptionPolicy
    /// Whether others may take its place.
    public var isPreemptible: Bool
    /// Its kinds of members, one or more.
    public var roles: [ClusterRole]
    /// Where its members want to stand.
    public var topology: TopologyWish
    /// Where the number of members comes from.
    public var sizeSource: SizeSource
    /// Pods that must exist before it can start, and do not yet.
    public var missing: Int
    /// An object that must exist before it can start, and has not been seen.
    public var awaiting: ObjectKey?
    /// Gates of its pods that others have still to take away, sorted.
    public var gates: [String]
    /// The longest it may run, in seconds.
    public var expectedSeconds: Int64?
    /// When its first live pod was made, in seconds since 1970.
    public var createdAt: Int64
    /// What is wrong with it.
    public var problems: [GangProblem]

    /// The namespace.
    public var namespace: String { key.namespace }
    /// The name, for people.
    public var name: String { key.title }

    /// Whether the gang can start as far as its own objects are concerned: the minimum of every
    /// role exists, nothing is gated by others, nothing is wrong that blocks it.
    public var isComplete: Bool {
        missing == 0 && awaiting == nil && gates.isEmpty && !problems.contains { $0.isBlocking }
            && roles.contains { $0.pods.contains { $0.isLive } }
    }
}

/// What a pod of another scheduler takes of a node.
public struct PodUse: Hashable, Sendable {
    /// The pod.
    public var key: PodKey
    /// The node.
    public var node: String
    /// What it takes.
    public var request: PodRequest
    /// Its priority.
    public var priority: Int32
    /// Its labels and its rules on neighbours.
    public var resident: Resident
    /// Whether somebody has deleted it.
    public var isTerminating: Bool
}

/// What has changed for a scheduler.
public enum GangChange: Hashable, Sendable {
    /// A gang is new, or not what it was.
    case changed(ClusterGang)
    /// A gang is no more.
    case gone(GangKey)
    /// Something that should be said about an object. Said once, until it is resolved and comes
    /// back.
    case problem(ObjectReference, GangProblem)
    /// A pod of another scheduler takes something of a node.
    case foreign(PodUse)
    /// It no longer does.
    case foreignGone(PodKey)
}
