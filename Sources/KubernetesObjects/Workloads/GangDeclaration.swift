/// What an object says about the gang that its pods form: one form for all kinds.
public struct GangDeclaration: Hashable, Sendable {
    /// How the object's pods form gangs.
    public enum Style: Hashable, Sendable {
        /// All of them are one gang.
        case whole
        /// Each is a gang of one.
        case each
        /// Those of each role are a gang: the roles start one after the other.
        case stages
    }

    /// One kind of members.
    public struct Role: Hashable, Sendable {
        /// The name, as the pods' labels have it; empty for the only one.
        public var name: String
        /// Members that the workload will have.
        public var replicas: Int
        /// The fewest that are of use.
        public var minimum: Int
        /// Members of one part: pods of one Job of a JobSet, hosts of one Ray replica.
        public var perPart: Int

        /// Gathers a role; all of its members are needed, and stand alone, by default.
        public init(_ name: String, replicas: Int, minimum: Int? = nil, perPart: Int = 1) {
            self.name = name
            self.replicas = replicas
            self.minimum = minimum ?? replicas
            self.perPart = perPart
        }
    }

    /// A pod group that a Workload describes for others to use.
    public struct Template: Hashable, Sendable {
        /// The name within the Workload.
        public var name: String
        /// How the pods form gangs.
        public var style: Style?
        /// The fewest members that start together.
        public var minimum: Int?
        /// Where they want to stand.
        public var topology = TopologyWish()
        /// The priority that it states.
        public var priority = PriorityClaim()

        /// A template that says nothing.
        public init(name: String = "") { self.name = name }
    }

    /// What an object says about priority.
    public struct PriorityClaim: Hashable, Sendable {
        /// The value.
        public var value: Int32?
        /// The name of a PriorityClass.
        public var className: String?
        /// Whether it may take the place of others.
        public var preemption: PreemptionPolicy?
        /// Whether others may take its place.
        public var isPreemptible: Bool?

        /// Nothing said.
        public init() {}
    }

    /// The object.
    public var key: ObjectKey
    /// Its uid.
    public var uid = ""
    /// Who made it, if the kind is known.
    public var owner: ObjectKey?
    /// How its pods form gangs; nil when the object leaves that to another.
    public var style: Style?
    /// The fewest members over all roles; nil when only the roles tell.
    public var minimum: Int?
    /// The field that says so, for problems.
    public var minimumField = "spec.minMember"
    /// The kinds of members; empty when the object does not tell.
    public var roles: [Role] = []
    /// Pod groups that it describes for others.
    public var templates: [Template] = []
    /// The template that it refers to: a Workload and the name within it.
    public var template: (workload: ObjectKey, name: String)? {
        get { templateWorkload.map { ($0, templateName) } }
        set { (templateWorkload, templateName) = (newValue?.workload, newValue?.name ?? "") }
    }
    private var templateWorkload: ObjectKey?
    private var templateName = ""
    /// The queue that it names.
    public var queue: String?
    /// What it says about priority.
    public var priority = PriorityClaim()
    /// Where the gang wants to stand.
    public var topology = TopologyWish()
    /// The longest it may run.
    public var deadlineSeconds: Int64?
    /// Whether it asks for its pods to start together, where that is a choice (Ray).
    public var wantsGang = false
    /// What is wrong with it.
    public var problems: [GangProblem] = []

    /// A declaration that says nothing.
    public init(_ key: ObjectKey) { self.key = key }

    /// Members that the workload will have in all; nil when the object does not tell.
    public var replicas: Int? {
        roles.isEmpty ? nil : roles.reduce(0) { $0 + $1.replicas }
    }

    /// Takes over what metadata says: name, owner, queue, the wish for a gang.
    mutating func take(_ metadata: ObjectMetadata, _ problems: [FieldProblem]) {
        key.namespace = metadata.namespace
        key.name = metadata.name
        uid = metadata.uid
        owner = metadata.controllerKey
        queue = queue ?? WorkloadKeys.queue(metadata)
        wantsGang = metadata.labels[WorkloadKeys.rayGang] == "true"
        self.problems += problems.map { GangProblem($0) }
    }
}

/// An object that tells how pods form a gang.
public protocol GangDeclaring: ClusterObject {
    /// What it says.
    var declaration: GangDeclaration { get }
}
