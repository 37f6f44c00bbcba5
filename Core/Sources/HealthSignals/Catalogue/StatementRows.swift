/// What statements of other tools mean (``StatementTable``).
///
/// Tools disagree about most codes, and each looks at more than hardware: what one says makes a
/// node suspect, so that it is tested when it idles. Only what leaves no doubt that the machine
/// cannot work as it is (a device that is gone, a test of its own that failed, a repair that is
/// ordered) is tested before the node takes more work.
enum StatementRows {
    static let rows: [CatalogueRow] = [
        watched(.nvsentinelMemory, "NVSentinel: GPU memory", .device),
        watched(.nvsentinelThermal, "NVSentinel: GPU too hot", .device),
        watched(.nvsentinelPower, "NVSentinel: GPU's power", .device),
        watched(.nvsentinelPCIe, "NVSentinel: PCIe", .device),
        watched(.nvsentinelNVLink, "NVSentinel: NVLink", .link),
        watched(.nvsentinelInforom, "NVSentinel: GPU's InfoROM", .device),
        watched(.nvsentinelDriver, "NVSentinel: driver", .driver),
        watched(.nvsentinelXID, "NVSentinel: XID that is fatal to it", .device),
        watched(.nvsentinelSXID, "NVSentinel: SXID that is fatal to it", .fabricSwitch),
        critical(.nvsentinelOffTheBus, "NVSentinel: GPU off the bus", .device),
        critical(.nvsentinelSwitch, "NVSentinel: NVSwitch, fatal", .fabricSwitch),
        watched(.nvsentinelSwitchErrors, "NVSentinel: NVSwitch, not fatal", .fabricSwitch),
        watched(.nvsentinelDevice, "NVSentinel: GPU", .device),
        watched(.nvsentinelNetwork, "NVSentinel: network card", .network),
        told(.nvsentinelMaintenance, "NVSentinel: the cloud's maintenance"),
        watched(.nvsentinelQuarantine, "NVSentinel: in quarantine or repair", .device),
        watched(.eksDevice, "EKS: accelerators not ready", .device),
        watched(.eksNetwork, "EKS: network not ready", .network),
        watched(.eksStorage, "EKS: storage not ready", .node),
        watched(.eksKernel, "EKS: kernel not ready", .node),
        watched(.eksRuntime, "EKS: container runtime not ready", .node),
        watched(.hyperPodFault, "HyperPod: fault of the hardware", .device),
        critical(.hyperPodReboot, "HyperPod: reboot pending", .device),
        critical(.hyperPodReplacement, "HyperPod: replacement pending", .device),
        critical(.hyperPodCheckFailed, "HyperPod: deep health check failed", .device),
        critical(.aksGPUMissing, "AKS: GPU missing", .device),
        watched(.aksXID, "AKS: XID in the kernel's log", .device),
        watched(.aksNVLink, "AKS: NVLink inactive", .link),
        watched(.aksLinkFlaps, "AKS: InfiniBand link flaps", .network),
        watched(.aksThrottled, "AKS: GPU slowed down", .device),
        watched(.aksFilesystem, "AKS: filesystem damaged", .node),
        watched(.npdKernelDeadlock, "Node problem detector: kernel stuck", .node),
        watched(.npdReadOnlyFilesystem, "Node problem detector: filesystem read-only", .node),
        critical(.chsDevice, "Cluster Health Scanner: GPU check failed", .device),
        critical(.chsNetwork, "Cluster Health Scanner: NCCL check failed", .network),
        told(.gkeMaintenance, "GKE: maintenance is scheduled"),
        told(.kubernetesMaintenance, "Kubernetes: maintenance planned or under way"),
        told(.kubernetesDrain, "Kubernetes: node drained"),
        told(.kubernetesShutdown, "Kubernetes: node shuts down"),
    ]

    private static func told(_ event: FaultEvent, _ name: String) -> CatalogueRow {
        CatalogueRow(.event(event), name, .info, .none, .none, .node, [], .muster)
    }

    private static func critical(
        _ event: FaultEvent, _ name: String, _ scope: FaultScope
    ) -> CatalogueRow {
        CatalogueRow(
            .event(event), name, .critical, .inspect, .investigateHost, scope, [], .muster)
    }

    private static func watched(
        _ event: FaultEvent, _ name: String, _ scope: FaultScope
    ) -> CatalogueRow {
        CatalogueRow(.event(event), name, .warning, .watch, .investigateHost, scope, [], .muster)
    }
}
