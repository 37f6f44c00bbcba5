/// What one tool means by something that it writes on nodes.
public struct StatementRow: Hashable, Sendable {
    /// Who writes it.
    public var tool: StatingTool
    /// Where.
    public var place: NodeSaying.Place
    /// A condition's type, or the key of a label or taint.
    public var key: String
    /// The values that say it; none for any that is not empty.
    public var values: [String]
    /// Reasons with which it says nothing about the machine.
    public var exceptions: [String]
    /// What it amounts to.
    public var event: FaultEvent
    /// Where the name was found.
    public var source: String

    init(
        _ tool: StatingTool, _ place: NodeSaying.Place, _ key: String, _ values: [String],
        _ event: FaultEvent, _ source: String, except exceptions: [String] = []
    ) {
        self.tool = tool
        self.place = place
        self.key = key
        self.values = values
        self.event = event
        self.source = source
        self.exceptions = exceptions
    }

    /// Whether something that is written says this.
    func holds(_ saying: NodeSaying) -> Bool {
        (values.isEmpty ? !saying.value.isEmpty : values.contains(saying.value))
            && !exceptions.contains(saying.reason)
    }
}

/// The conditions, labels and taints of other tools that Muster knows. What is not here says
/// nothing, nor does a condition whose status is `Unknown`.
public enum StatementTable {
    /// The rows, by tool.
    public static let rows: [StatementRow] =
        nvsentinel + amazon + problemDetector
        + google + kubernetes

    /// What tools say by what is written on a node, each once: of several sayings that amount to
    /// the same the first counts.
    public static func statements(_ sayings: [NodeSaying]) -> [ToolStatement] {
        var found: [ToolStatement] = []
        for saying in sayings {
            for index in rowsOfKey[saying.key] ?? [] {
                let row = rows[index]
                guard row.place == saying.place, row.holds(saying),
                    !found.contains(where: { $0.event == row.event })
                else { continue }
                found.append(ToolStatement(row, saying))
            }
        }
        return found
    }

    /// Whether anything is known of a condition of this type, or a label or taint with this key.
    public static func knows(_ key: String) -> Bool { rowsOfKey[key] != nil }

    /// The keys of labels that are known, each once.
    public static let labels: [String] = rows.indices.filter { index in
        rows[index].place == .label && rowsOfKey[rows[index].key]?.first == index
    }.map { rows[$0].key }

    private static let rowsOfKey: [String: [Int]] = {
        var places: [String: [Int]] = [:]
        for (index, row) in rows.enumerated() { places[row.key, default: []].append(index) }
        return places
    }()

    /// A fault that is fatal to it becomes a condition with the name of the check.
    private static let nvsentinel: [StatementRow] =
        [
            ("GpuMemWatch", FaultEvent.nvsentinelMemory),
            ("GpuThermalWatch", .nvsentinelThermal),
            ("GpuThermalMarginWatch", .nvsentinelThermal),
            ("GpuPowerWatch", .nvsentinelPower),
            ("GpuPcieWatch", .nvsentinelPCIe),
            ("GpuNvlinkWatch", .nvsentinelNVLink),
            ("GpuInforomWatch", .nvsentinelInforom),
            ("GpuDriverWatch", .nvsentinelDriver),
            ("GpuPowerBrakeWatch", .nvsentinelPower),
            ("GpuSmWatch", .nvsentinelDevice),
            ("GpuPmuWatch", .nvsentinelDevice),
            ("GpuAllWatch", .nvsentinelDevice),
            ("GpuNvswitchFatalWatch", .nvsentinelSwitch),
            ("GpuNvswitchNonfatalWatch", .nvsentinelSwitchErrors),
            ("SysLogsXIDError", .nvsentinelXID),
            ("SysLogsSXIDError", .nvsentinelSXID),
            ("SysLogsGPUFallenOff", .nvsentinelOffTheBus),
            ("SysLogsNICDriverError", .nvsentinelNetwork),
            ("InfiniBandStateCheck", .nvsentinelNetwork),
            ("EthernetStateCheck", .nvsentinelNetwork),
            ("NVSwitchFatalError", .nvsentinelSwitch),
            ("NVSwitchDown", .nvsentinelSwitch),
            ("NVSwitchNonFatalError", .nvsentinelSwitchErrors),
            ("CSPMaintenance", .nvsentinelMaintenance),
        ].map { type, event in
            StatementRow(
                .nvsentinel, .condition, type, ["True"], event, "NVSentinel 0f60731")
        } + [
            StatementRow(
                .nvsentinel, .label, "dgxc.nvidia.com/nvsentinel-state",
                [
                    "quarantined", "draining", "drain-succeeded", "drain-failed", "remediating",
                    "remediation-failed",
                ], .nvsentinelQuarantine, "NVSentinel 0f60731")
        ]

    private static let amazon: [StatementRow] =
        [
            StatementRow(
                .eks, .condition, "AcceleratedHardwareReady", ["False"], .eksDevice,
                "eks-node-monitoring-agent 51af549",
                // Its monitor does not reach DCGM: nothing is known about the hardware.
                except: ["DCGMError"]),
            StatementRow(
                .eks, .condition, "NetworkingReady", ["False"], .eksNetwork,
                "eks-node-monitoring-agent 51af549"),
            StatementRow(
                .eks, .condition, "StorageReady", ["False"], .eksStorage,
                "eks-node-monitoring-agent 51af549"),
            StatementRow(
                .eks, .condition, "KernelReady", ["False"], .eksKernel,
                "eks-node-monitoring-agent 51af549"),
            StatementRow(
                .eks, .condition, "ContainerRuntimeReady", ["False"], .eksRuntime,
                "eks-node-monitoring-agent 51af549"),
        ]
        + [
            ("node-health-status", "UnschedulablePendingReboot", FaultEvent.hyperPodReboot),
            ("node-health-status", "UnschedulablePendingReplacement", .hyperPodReplacement),
            ("deep-health-check-status", "Failed", .hyperPodCheckFailed),
        ].map { key, value, event in
            StatementRow(
                .hyperPod, .label, "sagemaker.amazonaws.com/\(key)", [value], event,
                "HyperPod's guide, labels of resilience")
        }
        // Its agent writes the plural, its guide has both. The reasons say more than the types.
        + ["fault-reasons", "fault-reason", "fault-types", "fault-type"].map { key in
            StatementRow(
                .hyperPod, .label, "sagemaker.amazonaws.com/\(key)", [], .hyperPodFault,
                "HyperPod's guide, labels of resilience")
        }

    /// `GPUXIDErrors` is an older name of `XIDErrors`.
    private static let problemDetector: [StatementRow] =
        [
            ("GPUMissing", FaultEvent.aksGPUMissing), ("XIDErrors", .aksXID),
            ("GPUXIDErrors", .aksXID), ("NVLinkStatusInactive", .aksNVLink),
            ("IBLinkFlapping", .aksLinkFlaps), ("GPUClockThrottling", .aksThrottled),
            ("FilesystemCorruptionProblem", .aksFilesystem),
        ].map { type, event in
            StatementRow(
                .problemDetector, .condition, type, ["True"], event,
                "AKS's guide, node problem detector")
        }
        + [
            ("KernelDeadlock", FaultEvent.npdKernelDeadlock),
            ("ReadonlyFilesystem", .npdReadOnlyFilesystem),
        ].map { type, event in
            StatementRow(
                .problemDetector, .condition, type, ["True"], event,
                "kubernetes/node-problem-detector")
        }

    private static let google: [StatementRow] = [
        StatementRow(
            .healthScanner, .taint, "aiinfra/gpu-healthcheck", ["failed"], .chsDevice,
            "cluster-health-scanner 81c525d"),
        StatementRow(
            .healthScanner, .taint, "aiinfra/nccl-healthcheck", ["failed"], .chsNetwork,
            "cluster-health-scanner 81c525d"),
        StatementRow(
            .gke, .label, "cloud.google.com/scheduled-maintenance-time", [], .gkeMaintenance,
            "GKE's guide, host maintenance"),
    ]

    /// What anybody may say of a node's life since Kubernetes 1.37: that it is wanted elsewhere,
    /// not that it is bad.
    private static let kubernetes: [StatementRow] = [
        ("MaintenancePlanned", FaultEvent.kubernetesMaintenance),
        ("MaintenanceInProgress", .kubernetesMaintenance), ("DrainInProgress", .kubernetesDrain),
        ("Drained", .kubernetesDrain), ("GracefulNodeShutdownInProgress", .kubernetesShutdown),
    ].map { type, event in
        StatementRow(
            .kubernetes, .condition, type, ["True"], event,
            "kubernetes/enhancements 64765b4, KEP-5683")
    }
}
