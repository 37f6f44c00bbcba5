extension Topology {
    /// Level lists for well-known sources of node labels, coarse to fine.
    ///
    /// Label keys as published by each provider: AWS `topology.k8s.aws/network-node-layer-*`, GKE
    /// `cloud.google.com/gce-topology-*`, OCI `oci.oraclecloud.com/*`, CoreWeave
    /// `ib.coreweave.cloud/*`, NVIDIA GPU operator `nvidia.com/gpu.clique`, Topograph 1.0
    /// `fabric.topograph.run/tier-*` (tier 0 is the switch nearest to the node).
    public static let presets: [(name: String, topology: Topology)] = [
        (
            "simple",
            Topology(levels: [
                TopologyLevel(name: "spine"), TopologyLevel(name: "leaf"),
            ])
        ),
        (
            "datacentre",
            Topology(levels: [
                TopologyLevel(name: "zone", label: "topology.kubernetes.io/zone"),
                TopologyLevel(name: "spine"), TopologyLevel(name: "leaf"),
                TopologyLevel(name: "rack"),
            ])
        ),
        (
            "aws",
            Topology(levels: [
                TopologyLevel(name: "zone", label: "topology.kubernetes.io/zone"),
                TopologyLevel(name: "spine", label: "topology.k8s.aws/network-node-layer-1"),
                TopologyLevel(name: "aggregation", label: "topology.k8s.aws/network-node-layer-2"),
                TopologyLevel(name: "leaf", label: "topology.k8s.aws/network-node-layer-3"),
            ])
        ),
        (
            "gke",
            Topology(levels: [
                TopologyLevel(name: "zone", label: "topology.kubernetes.io/zone"),
                TopologyLevel(name: "block", label: "cloud.google.com/gce-topology-block"),
                TopologyLevel(name: "subblock", label: "cloud.google.com/gce-topology-subblock"),
            ])
        ),
        (
            "oci",
            Topology(levels: [
                TopologyLevel(name: "block", label: "oci.oraclecloud.com/host.network_block_id"),
                TopologyLevel(name: "rack", label: "oci.oraclecloud.com/host.rack_id"),
            ])
        ),
        (
            "coreweave",
            Topology(levels: [
                TopologyLevel(name: "fabric", label: "ib.coreweave.cloud/fabric"),
                TopologyLevel(name: "superpod", label: "ib.coreweave.cloud/superpod"),
                TopologyLevel(name: "leaf", label: "ib.coreweave.cloud/leafgroup"),
                TopologyLevel(name: "rack", label: "node.coreweave.cloud/rack"),
            ])
        ),
        (
            "clique",
            Topology(levels: [
                TopologyLevel(name: "zone", label: "topology.kubernetes.io/zone"),
                TopologyLevel(name: "clique", label: "nvidia.com/gpu.clique"),
            ])
        ),
        (
            "topograph",
            Topology(levels: [
                TopologyLevel(name: "core", label: "fabric.topograph.run/tier-2"),
                TopologyLevel(name: "spine", label: "fabric.topograph.run/tier-1"),
                TopologyLevel(name: "leaf", label: "fabric.topograph.run/tier-0"),
                TopologyLevel(name: "nvlink", label: "accelerator.topograph.run/domain"),
            ])
        ),
    ]

    /// The preset called `name`, if there is one.
    public static func preset(named name: String) -> Topology? {
        presets.first { $0.name == name }?.topology
    }
}
