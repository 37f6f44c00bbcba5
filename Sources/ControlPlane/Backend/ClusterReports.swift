import Documents
import FleetModel
import HealthControl

/// A node as a backend sees it that does not make its fleet itself: names instead of ids.
public struct NodeReport: Hashable, Sendable {
    /// The backend's own id of the node; the same name keeps its id.
    public var id: NodeID
    /// The node's name.
    public var name: String
    /// The pool.
    public var pool: String
    /// The accelerator kind; nil without devices.
    public var kind: String?
    /// Devices.
    public var devices: Int32
    /// Bit `i` says that device `i` is out of service.
    public var unhealthy: UInt64
    /// What jobs may have of the host.
    public var host: HostResources
    /// Values of the topology levels above the host, coarse to fine.
    public var path: [String]
    /// What it is made of; nil when the backend cannot tell.
    public var hardware: HardwareFacts?

    /// Gathers a report.
    public init(
        id: NodeID, name: String, pool: String, kind: String?, devices: Int32,
        unhealthy: UInt64 = 0, host: HostResources, path: [String],
        hardware: HardwareFacts? = nil
    ) {
        self.id = id
        self.name = name
        self.pool = pool
        self.kind = kind
        self.devices = devices
        self.unhealthy = unhealthy
        self.host = host
        self.path = path
        self.hardware = hardware
    }
}

/// What a role of a found job asks of nodes that a job's document has no words for.
public struct FoundRole: Hashable, Sendable {
    /// The rule of its nodes, by the name under which it was reported.
    public var rule: String?
    /// Places of its node that each member takes.
    public var slots: Int64
    /// Names of things that a node has once and each member needs.
    public var exclusives: [String]

    /// Gathers what is asked; nothing by default.
    public init(rule: String? = nil, slots: Int64 = 0, exclusives: [String] = []) {
        self.rule = rule
        self.slots = slots
        self.exclusives = exclusives
    }
}

/// A job that was not submitted to Muster but found by its backend.
public struct FoundJob: Sendable {
    /// What the backend knows it by, for ever: two jobs never share one.
    public var key: String
    /// Who made it, such as a namespace.
    public var owner: String
    /// The job as a document; its tenant is made a leaf of the quota tree when there is none.
    public var document: JobDocument
    /// The same as text, which is kept.
    public var text: String
    /// What each role asks of nodes beyond what the document says.
    public var roles: [FoundRole]
    /// Where it runs already, by the backend's ids of nodes, in rank order; empty when it waits.
    public var members: [MemberPlacement]
    /// Jobs that were believed to stand there, and end: nobody gets what they leave before this one
    /// has its place.
    public var displaced: [DisplacedJob] = []
    /// What whoever makes it anew calls all of its kind; empty where it is not made anew. A job
    /// keeps off nodes that were lately to blame for the end of another one of its lineage.
    public var lineage = ""
    /// Nodes that whoever made it has ruled out by name, by the backend's ids.
    public var excluded: [NodeID] = []

    /// Nodes that are kept of those.
    public static let excludedKept = 64

    /// Gathers a job.
    public init(
        key: String, owner: String, document: JobDocument, text: String, roles: [FoundRole] = [],
        members: [MemberPlacement] = []
    ) {
        self.key = key
        self.owner = owner
        self.document = document
        self.text = text
        self.roles = roles
        self.members = members
    }
}

extension FoundJob {
    /// The job with other ids of nodes.
    func translated(_ node: (NodeID) -> NodeID) -> FoundJob {
        var job = self
        for index in job.members.indices {
            job.members[index].node = node(job.members[index].node)
        }
        job.excluded = job.excluded.map(node)
        return job
    }
}
