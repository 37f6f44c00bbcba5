import KubernetesJSON

/// A pod, as far as a scheduler needs it.
public struct Pod: ClusterObject, Hashable {
    /// How far a pod is.
    public enum Phase: String, Hashable, Sendable {
        /// Not all of its containers were started.
        case pending = "Pending"
        /// It runs.
        case running = "Running"
        /// All its containers ended with success.
        case succeeded = "Succeeded"
        /// All its containers ended, one of them badly.
        case failed = "Failed"
        /// The node is not heard.
        case unknown = "Unknown"

        /// Whether it is over, so that it takes nothing of its node.
        public var isTerminal: Bool { self == .succeeded || self == .failed }
    }

    /// The condition `PodScheduled`, to know what was said already.
    public struct ScheduledCondition: Hashable, Sendable {
        /// `True`, `False` or `Unknown`.
        public var status = ""
        /// The reason, as `Unschedulable`.
        public var reason = ""
        /// For people.
        public var message = ""
    }

    /// The native group that a pod names in its spec.
    public struct GroupLink: Hashable, Sendable {
        /// The PodGroup of `spec.schedulingGroup` (1.36 and later), or the Workload of
        /// `spec.workloadRef` (1.35).
        public var name = ""
        /// `spec.workloadRef.podGroup`; nil for `spec.schedulingGroup`.
        public var template: String?
        /// `spec.workloadRef.podGroupReplicaKey`; may be empty.
        public var replica = ""
    }

    /// Name, labels, owners and the like.
    public var metadata = ObjectMetadata()
    /// Fields that could not be read.
    public var problems: [FieldProblem] = []
    /// Who is to place it.
    public var schedulerName = "default-scheduler"
    /// Where it runs; nil until it is bound.
    public var nodeName: String?
    /// Its priority, as admission resolved it.
    public var priority: Int32?
    /// The name of its PriorityClass.
    public var priorityClassName: String?
    /// `Never` or `PreemptLowerPriority`; nil for the latter.
    public var preemptionPolicy: PreemptionPolicy?
    /// Names of gates that somebody has still to take away.
    public var gates: [String] = []
    /// What it takes of its node, as the kubelet counts.
    public var resources = ResourceAmounts()
    /// Ports of the node's address.
    public var hostPorts: [HostPort] = []
    /// Which nodes will do; without the places of its volumes, which other objects tell.
    public var rules = NodeRules()
    /// PersistentVolumeClaims that it uses, those of ephemeral volumes included.
    public var claims: [String] = []
    /// The native group that it names.
    public var group: GroupLink?
    /// The longest it may run.
    public var activeDeadlineSeconds: Int64?
    /// How long it gets to end.
    public var terminationGraceSeconds: Int64?
    /// Whether it asks for devices through `spec.resourceClaims`.
    public var usesResourceClaims = false
    /// Whether it has topology spread constraints that must be met.
    public var mustSpread = false
    /// How far it is.
    public var phase = Phase.pending
    /// Why, in a word: `Evicted`, `DeadlineExceeded`; may be empty.
    public var statusReason = ""
    /// The node that was announced for it.
    public var nominatedNodeName: String?
    /// The condition `PodScheduled`.
    public var scheduled: ScheduledCondition?
    /// Why, for people; only of one that failed.
    public var statusMessage = ""
    /// The largest exit code of its containers that ended; nil while none has.
    public var exitCode: Int32?
    /// Its containers that ended badly, those before its start and beside it included.
    public var failures: [ContainerEnd] = []
    /// Who else makes it end, while the condition `DisruptionTarget` is true.
    public var disruption: Disruption?

    /// A pending pod that asks for nothing.
    public init(metadata: ObjectMetadata) { self.metadata = metadata }

    /// The types that it is read from.
    public static let resources = [ResourceType(version: "v1", plural: "pods", kind: "Pod")]

    /// Reads one object; throws for what is not JSON, or not an object.
    public init(reading scanner: inout JSONScanner) throws(JSONFault) {
        var pod = Pod(metadata: ObjectMetadata())
        var spec = PodSpecReading()
        var problems: [FieldProblem] = []
        try scanner.enterObject()
        while let key = try scanner.nextKey() {
            switch key {
            case "metadata": pod.metadata = try ObjectMetadata.read(&scanner, &problems)
            case "spec": try spec.read(&scanner, into: &pod, &problems)
            case "status": try pod.readStatus(&scanner, &problems)
            default: try scanner.skipValue()
            }
        }
        spec.finish(&pod)
        pod.problems = problems
        self = pod
    }

    private mutating func readStatus(
        _ scanner: inout JSONScanner, _ problems: inout [FieldProblem]
    ) throws(JSONFault) {
        var read = self
        try scanner.fields(of: "status", &problems) { key, scanner, problems throws(JSONFault) in
            switch key {
            case "phase":
                read.phase = Phase(rawValue: try scanner.string()) ?? .unknown
            case "reason": read.statusReason = try scanner.string()
            case "message": read.statusMessage = try scanner.string("status.message", &problems)
            case "nominatedNodeName":
                read.nominatedNodeName = try scanner.optionalString(
                    "status.nominatedNodeName", &problems)
            case "conditions":
                try scanner.elements(of: "status.conditions", &problems) {
                    _, scanner, problems throws(JSONFault) in
                    try read.readCondition(&scanner, &problems)
                }
            case "containerStatuses":
                try scanner.elements(of: "status.containerStatuses", &problems) {
                    _, scanner, problems throws(JSONFault) in
                    let end = try Pod.readEnd(&scanner, &problems)
                    if let end { read.exitCode = max(read.exitCode ?? .min, end.code) }
                    read.note(end)
                }
            case "initContainerStatuses":
                try scanner.elements(of: "status.initContainerStatuses", &problems) {
                    _, scanner, problems throws(JSONFault) in
                    read.note(try Pod.readEnd(&scanner, &problems))
                }
            default: try scanner.skipValue()
            }
        }
        if read.phase != .failed { read.statusMessage = "" }
        self = read
    }

    private mutating func readCondition(
        _ scanner: inout JSONScanner, _ problems: inout [FieldProblem]
    ) throws(JSONFault) {
        var condition = ScheduledCondition()
        var type = ""
        var since: String?
        try scanner.fields(of: "status.conditions", &problems) {
            key, scanner, problems throws(JSONFault) in
            switch key {
            case "type": type = try scanner.string()
            case "status": condition.status = try scanner.string()
            case "reason": condition.reason = try scanner.string()
            case "message": condition.message = try scanner.string()
            case "lastTransitionTime":
                since = try scanner.optionalString(
                    "status.conditions.lastTransitionTime", &problems)
            default: try scanner.skipValue()
            }
        }
        if type == "PodScheduled" { scheduled = condition }
        if type == "DisruptionTarget", condition.status == "True" {
            disruption = Disruption(
                reason: condition.reason, message: condition.message,
                since: since.flatMap { Timestamp($0.utf8) })
        }
    }
}

/// What a pod's priority lets it do to others.
public enum PreemptionPolicy: String, Hashable, Sendable {
    /// It may take the place of pods of lower priority.
    case lowerPriority = "PreemptLowerPriority"
    /// It waits.
    case never = "Never"
}
