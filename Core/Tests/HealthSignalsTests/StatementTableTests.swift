import FleetModel
import HealthSignals
import Testing

/// Goal: what other tools write on nodes means what the table says, and nothing else means
/// anything.
@Suite struct StatementTableTests {
    /// Tool, key, what is written, and what it amounts to; one line for each row.
    static let meanings = """
        NVSentinel|GpuMemWatch|True|nvsentinelMemory|suspect
        NVSentinel|GpuThermalWatch|True|nvsentinelThermal|suspect
        NVSentinel|GpuThermalMarginWatch|True|nvsentinelThermal|suspect
        NVSentinel|GpuPowerWatch|True|nvsentinelPower|suspect
        NVSentinel|GpuPcieWatch|True|nvsentinelPCIe|suspect
        NVSentinel|GpuNvlinkWatch|True|nvsentinelNVLink|suspect
        NVSentinel|GpuInforomWatch|True|nvsentinelInforom|suspect
        NVSentinel|GpuDriverWatch|True|nvsentinelDriver|suspect
        NVSentinel|GpuPowerBrakeWatch|True|nvsentinelPower|suspect
        NVSentinel|GpuSmWatch|True|nvsentinelDevice|suspect
        NVSentinel|GpuPmuWatch|True|nvsentinelDevice|suspect
        NVSentinel|GpuAllWatch|True|nvsentinelDevice|suspect
        NVSentinel|GpuNvswitchFatalWatch|True|nvsentinelSwitch|bad
        NVSentinel|GpuNvswitchNonfatalWatch|True|nvsentinelSwitchErrors|suspect
        NVSentinel|SysLogsXIDError|True|nvsentinelXID|suspect
        NVSentinel|SysLogsSXIDError|True|nvsentinelSXID|suspect
        NVSentinel|SysLogsGPUFallenOff|True|nvsentinelOffTheBus|bad
        NVSentinel|SysLogsNICDriverError|True|nvsentinelNetwork|suspect
        NVSentinel|InfiniBandStateCheck|True|nvsentinelNetwork|suspect
        NVSentinel|EthernetStateCheck|True|nvsentinelNetwork|suspect
        NVSentinel|NVSwitchFatalError|True|nvsentinelSwitch|bad
        NVSentinel|NVSwitchDown|True|nvsentinelSwitch|bad
        NVSentinel|NVSwitchNonFatalError|True|nvsentinelSwitchErrors|suspect
        NVSentinel|CSPMaintenance|True|nvsentinelMaintenance|fine
        NVSentinel|dgxc.nvidia.com/nvsentinel-state|drain-failed|nvsentinelQuarantine|suspect
        EKS node monitoring agent|AcceleratedHardwareReady|False|eksDevice|suspect
        EKS node monitoring agent|NetworkingReady|False|eksNetwork|suspect
        EKS node monitoring agent|StorageReady|False|eksStorage|suspect
        EKS node monitoring agent|KernelReady|False|eksKernel|suspect
        EKS node monitoring agent|ContainerRuntimeReady|False|eksRuntime|suspect
        HyperPod|sagemaker.amazonaws.com/node-health-status|UnschedulablePendingReboot|\
        hyperPodReboot|bad
        HyperPod|sagemaker.amazonaws.com/node-health-status|UnschedulablePendingReplacement|\
        hyperPodReplacement|bad
        HyperPod|sagemaker.amazonaws.com/deep-health-check-status|Failed|hyperPodCheckFailed|bad
        HyperPod|sagemaker.amazonaws.com/fault-reasons|XidHardwareFailure|hyperPodFault|suspect
        HyperPod|sagemaker.amazonaws.com/fault-reason|XidHardwareFailure|hyperPodFault|suspect
        HyperPod|sagemaker.amazonaws.com/fault-types|NvidiaGPU|hyperPodFault|suspect
        HyperPod|sagemaker.amazonaws.com/fault-type|NvidiaGPU|hyperPodFault|suspect
        node problem detector|GPUMissing|True|aksGPUMissing|bad
        node problem detector|XIDErrors|True|aksXID|suspect
        node problem detector|GPUXIDErrors|True|aksXID|suspect
        node problem detector|NVLinkStatusInactive|True|aksNVLink|suspect
        node problem detector|IBLinkFlapping|True|aksLinkFlaps|suspect
        node problem detector|GPUClockThrottling|True|aksThrottled|suspect
        node problem detector|FilesystemCorruptionProblem|True|aksFilesystem|suspect
        node problem detector|KernelDeadlock|True|npdKernelDeadlock|suspect
        node problem detector|ReadonlyFilesystem|True|npdReadOnlyFilesystem|suspect
        Cluster Health Scanner|aiinfra/gpu-healthcheck|failed|chsDevice|bad
        Cluster Health Scanner|aiinfra/nccl-healthcheck|failed|chsNetwork|bad
        GKE|cloud.google.com/scheduled-maintenance-time|1764312000|gkeMaintenance|fine
        Kubernetes|MaintenancePlanned|True|kubernetesMaintenance|fine
        Kubernetes|MaintenanceInProgress|True|kubernetesMaintenance|fine
        Kubernetes|DrainInProgress|True|kubernetesDrain|fine
        Kubernetes|Drained|True|kubernetesDrain|fine
        Kubernetes|GracefulNodeShutdownInProgress|True|kubernetesShutdown|fine
        """.split(separator: "\n").map(String.init)

    @Test func everyRowMeansWhatItSays() throws {
        #expect(Self.meanings.count == StatementTable.rows.count)
        var events: Set<FaultEvent> = []
        for (line, row) in zip(Self.meanings, StatementTable.rows) {
            let parts = line.split(separator: "|").map(String.init)
            #expect([row.tool.rawValue, row.key] == [parts[0], parts[1]])
            let said = StatementTable.statements([NodeSaying(row.place, parts[1], parts[2])])
            let statement = try #require(said.first)
            #expect(said.count == 1)
            #expect(statement.event.rawValue == parts[3])
            #expect(statement.words == "\(parts[0]): \(parts[1]) is \(parts[2])")
            #expect(!row.source.isEmpty)
            let meaning = try #require(FaultCatalogue.row(for: .event(statement.event)))
            #expect(weight(meaning) == parts[4], "\(line)")
            events.insert(statement.event)
            // The same word elsewhere, or another one there, says nothing.
            let others = NodeSaying.Place.allCases.filter { $0 != row.place }
            for place in others {
                #expect(StatementTable.statements([NodeSaying(place, parts[1], parts[2])]) == [])
            }
            for value in ["Unknown", "", "false", "Passed", "Schedulable", "remediation-succeeded"]
            where !row.values.isEmpty {
                #expect(StatementTable.statements([NodeSaying(row.place, parts[1], value)]) == [])
            }
        }
        // A statement is the only thing that these codes come from.
        #expect(events.count == 39)
    }

    /// Bad, suspect or fine, as the catalogue has it.
    private func weight(_ row: CatalogueRow) -> String {
        switch (row.severity, row.action) {
        case (.critical, .inspect): "bad"
        case (.warning, .watch): "suspect"
        case (.info, .none): "fine"
        default: "?"
        }
    }

    @Test func whatIsUnknownSaysNothing() {
        for (key, value) in [
            ("Ready", "False"), ("MemoryPressure", "True"), ("GpuFutureWatch", "True"),
            ("InfiniBandDegradationCheck", "True"), ("", ""),
        ] {
            #expect(!StatementTable.knows(key))
            #expect(StatementTable.statements([NodeSaying(.condition, key, value)]) == [])
        }
        // The agent does not reach DCGM: nothing is known about the hardware.
        let blind = NodeSaying(
            .condition, "AcceleratedHardwareReady", "False", reason: "DCGMError")
        #expect(StatementTable.statements([blind]) == [])
        #expect(StatementTable.labels.count == Set(StatementTable.labels).count)
        #expect(StatementTable.labels.count == 8)
    }

    /// A label that was emptied rather than taken off says nothing.
    @Test func anEmptyLabelSaysNothing() {
        for row in StatementTable.rows where row.values.isEmpty {
            #expect(StatementTable.statements([NodeSaying(row.place, row.key, "")]) == [])
            #expect(StatementTable.statements([NodeSaying(row.place, row.key, "x")]).count == 1)
        }
    }

    /// Names of conditions and labels that the research found in other tools, and that stand in
    /// its text word by word. Each is known, and each is still there.
    @Test func whatTheResearchNamesIsKnown() throws {
        guard let text = try SignalSamples.research("health.md") else { return }
        for name in [
            "GpuMemWatch", "GpuThermalWatch", "GpuPcieWatch", "GpuNvlinkWatch",
            "GpuInforomWatch", "SysLogsXIDError", "SysLogsSXIDError", "SysLogsGPUFallenOff",
            "NVSwitchFatalError", "dgxc.nvidia.com/nvsentinel-state",
            "sagemaker.amazonaws.com/node-health-status", "AcceleratedHardwareReady",
            "cloud.google.com/scheduled-maintenance-time", "aiinfra/gpu-healthcheck",
            "GPUMissing", "GPUXIDErrors", "IBLinkFlapping", "aiinfra/nccl-healthcheck",
            "GPUClockThrottling", "DrainInProgress", "Drained", "MaintenancePlanned",
            "MaintenanceInProgress", "GracefulNodeShutdownInProgress",
        ] {
            #expect(text.contains("`\(name)`") || text.contains("`\(name)="), "\(name)")
            #expect(StatementTable.knows(name), "\(name)")
        }
        // The table names its conditions in code marks. A word of such a shape is one of them.
        let words = Set(
            text.split(separator: "`").filter { word in
                ["Watch", "Ready", "InProgress", "Planned"].contains { word.hasSuffix($0) }
                    && word.allSatisfy { $0.isLetter } && (word.first?.isUppercase ?? false)
            }.map(String.init))
        #expect(words.count >= 9)
        for word in words { #expect(StatementTable.knows(word), "\(word)") }
    }

    @Test func wordsAreOneBoundedLineAndCountOnce() throws {
        let long = NodeSaying(
            .condition, "GpuThermalWatch", "True", reason: "GpuThermalWatchIsNotHealthy",
            message: "GPU:3\n\u{7}" + String(repeating: "ü", count: 500), since: .seconds(5))
        let same = NodeSaying(.condition, "GpuThermalMarginWatch", "True")
        let said = StatementTable.statements([long, same])
        let statement = try #require(said.first)
        #expect(said.count == 1)
        #expect(statement.since == .seconds(5))
        #expect(
            statement.words.hasPrefix(
                "NVSentinel: GpuThermalWatch is True (GpuThermalWatchIsNotHealthy): GPU:3  ü"))
        #expect(statement.words.utf8.count <= FaultLimits.textBytes)
        #expect(statement.words.utf8.count > FaultLimits.textBytes - 2)
    }
}
