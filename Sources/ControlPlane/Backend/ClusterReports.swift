import Documents
import FleetModel

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

    /// Gathers a report.
    public init(
        id: NodeID, name: String, pool: String, kind: String?, devices: Int32,
        unhealthy: UInt64 = 0, host: HostResources, path: [String]
    ) {
        self.id = id
        self.name = name
        self.pool = pool
        self.kind = kind
        self.devices = devices
        self.unhealthy = unhealthy
        self.host = host
        self.path = path
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
    /// The rule of each role's nodes, by the name under which it was reported.
    public var rules: [String?]
    /// Where it runs already, by the backend's ids of nodes, in rank order; empty when it waits.
    public var members: [MemberPlacement]

    /// Gathers a job.
    public init(
        key: String, owner: String, document: JobDocument, text: String, rules: [String?] = [],
        members: [MemberPlacement] = []
    ) {
        self.key = key
        self.owner = owner
        self.document = document
        self.text = text
        self.rules = rules
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
        return job
    }
}

/// What became of a job that a backend found, or why it waits.
public enum FoundJobNews: Sendable {
    /// It is this job now.
    case accepted(JobID)
    /// It cannot be taken as it is; what is wrong, for people.
    case refused(String)
    /// It waits; a sentence for people.
    case waits(RefusalCode, String)
    /// It is over, which its backend did not say: it was cancelled while it waited, or its starts
    /// failed too often.
    case ended(JobOutcome)
    /// The key is that of a job that is over, so that this one needs another.
    case spent
}
