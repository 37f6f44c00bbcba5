import ControlPlane
import FleetModel
import Health
import KubernetesClient
import KubernetesObjects
import Logging

/// How a cluster is scheduled.
public struct KubernetesSettings: Sendable {
    /// How to reach its API server, and as whom.
    public var configuration: ClusterConfiguration
    /// Pods with this `schedulerName` are ours.
    public var schedulerName = "muster"
    /// The levels of the topology; nil to take those of a Topology object, or without any to find
    /// the preset by the labels of the nodes.
    public var topology: Topology?
    /// Which tenant pays for a gang; Tenant objects add to it.
    public var tenants = TenantMapping()
    /// Whether everything is decided and nothing is done.
    public var isDryRun = false
    /// How long a gang may be half bound, in seconds.
    public var halfBoundSeconds: Int64 = 30
    /// How long a disruption budget may keep pods of a job that has to go, in seconds; they are
    /// deleted after that. For what only makes way for another it has no end.
    public var evictionSeconds: Int64 = 60
    /// How long the logs of a gang that failed may take to be read, in seconds, before its end is
    /// told without them.
    public var logSeconds: Int64 = 5
    /// How much of the API server this process may have.
    public var throttle = ThrottleLimits()
    /// How nodes are tested; nil where nobody tests them.
    public var checks: CheckSettings?
    /// How repairs are asked for from those who carry them out; what is not here is left to people.
    public var repairs: [FaultAction: RepairMark] = [:]
    /// How stacks of versions are asked for, where others install them.
    public var installation: RepairMark?
    /// The token with which an attempt may report how far it is; nil to give none to pods.
    public var progressToken: (@Sendable (JobID, Attempt) -> String)?
    /// Asked before each write: whether this replica leads.
    public var fence: (@Sendable () -> Bool)?
    /// Which replica this is, in events.
    public var instance = "muster"
    /// Where operating messages go.
    public var logger = Logger(label: "kubernetes")

    /// Whether anybody carries out repairs or installs stacks.
    var isRepaired: Bool { !repairs.isEmpty || installation != nil }

    /// The defaults for a cluster.
    public init(configuration: ClusterConfiguration) { self.configuration = configuration }
}
