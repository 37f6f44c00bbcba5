import FleetModel
import KubernetesObjects

/// What a pod takes of a node that the engine does not know of.
struct NodeUse: Hashable {
    /// The node of the cluster.
    var node: String
    /// What it takes.
    var request: PodRequest
    /// Which devices, for a pod that is marked with them; 0 for any.
    var devices: UInt64 = 0
}

/// Devices of a node that a pod of ours has. Kubernetes gives devices no numbers: which of them
/// a pod "has" is between Muster and its engine, and is kept as an annotation of the pod.
struct DeviceHold: Hashable {
    /// The node of the engine.
    var part: NodeID
    /// Bit `i` says that it has device `i`.
    var devices: UInt64
}

/// What all pods outside of the engine take of one node.
struct NodeLoad {
    private(set) var host = HostResources.zero
    private(set) var devices = ResourceCounts()

    mutating func add(_ request: PodRequest, sign: Int64) {
        host.cpuMilli += sign * request.cpuMilli
        host.memoryMiB += sign * request.memoryMiB
        host.diskMiB += sign * request.diskMiB
        host.nics += sign * request.nics
        host.slots += sign
        for entry in request.devices.entries { devices[entry.name] += sign * entry.count }
    }
}
