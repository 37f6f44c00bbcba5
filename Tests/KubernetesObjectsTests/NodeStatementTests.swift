import FleetModel
import HealthSignals
import KubernetesObjects
import Testing

@Suite("What other tools say of a node")
struct NodeStatementTests {
    /// A node with conditions, labels and taints as JSON.
    private func node(
        conditions: String = "", labels: String = "", taints: String = ""
    ) -> Node {
        read(
            Node.self,
            """
            {"kind":"Node","metadata":{"name":"a","labels":{\(labels)}},
            "spec":{"taints":[\(taints)]},"status":{"conditions":[\(conditions)]}}
            """)
    }

    @Test func conditionsAreReadWithTheirWordsAndTimes() {
        let node = node(
            conditions: """
                {"type":"Ready","status":"True","lastTransitionTime":"2026-07-01T12:00:00Z",
                "message":"kubelet is posting ready status"},
                {"type":"GpuMemWatch","status":"True","reason":"GpuMemWatchIsNotHealthy",
                "message":"GPU:3 DBE","lastHeartbeatTime":"2026-07-01T13:00:00Z",
                "lastTransitionTime":"2026-07-01T12:00:01Z"},
                {"type":"GpuPcieWatch","status":"False","reason":"GpuPcieWatchIsHealthy"},
                {"type":"AcceleratedHardwareReady","status":"False","reason":"NvidiaXID79Error",
                "lastTransitionTime":"yesterday"},
                {"type":"StorageReady","status":"Unknown"}
                """)
        #expect(node.problems.isEmpty)
        #expect(
            node.facts.statements == [
                ToolStatement(
                    .nvsentinelMemory,
                    words: "NVSentinel: GpuMemWatch is True (GpuMemWatchIsNotHealthy): GPU:3 DBE",
                    since: .seconds(1_782_907_201)),
                ToolStatement(
                    .eksDevice,
                    words: "EKS node monitoring agent: AcceleratedHardwareReady is False "
                        + "(NvidiaXID79Error)"),
            ])
        // Of what says nothing about hardware neither words nor times are kept.
        #expect(node.facts.conditions[0] == NodeFacts.Condition("Ready", "True"))
    }

    @Test func labelsAndTaintsAreRead() {
        let sick = node(
            labels: """
                "sagemaker.amazonaws.com/node-health-status":"UnschedulablePendingReboot",
                "sagemaker.amazonaws.com/deep-health-check-status":"InProgress",
                "dgxc.nvidia.com/nvsentinel-state":"draining"
                """,
            taints: """
                {"key":"aiinfra/gpu-healthcheck","value":"failed","effect":"NoSchedule"}
                """)
        #expect(
            Set(sick.facts.statements.map(\.event)) == [
                .hyperPodReboot, .nvsentinelQuarantine, .chsDevice,
            ])
        let well = node(
            labels: """
                "sagemaker.amazonaws.com/node-health-status":"Schedulable",
                "sagemaker.amazonaws.com/deep-health-check-status":"Passed",
                "dgxc.nvidia.com/nvsentinel-state":"remediation-succeeded"
                """)
        #expect(well.facts.statements.isEmpty)
    }

    @Test func longMessagesAreCut() throws {
        let long = String(repeating: "x", count: 100_000)
        let node = node(
            conditions: """
                {"type":"XIDErrors","status":"True","message":"\(long)"}
                """)
        #expect(node.facts.conditions[0].message.utf8.count == FaultLimits.textBytes)
        let statement = try #require(node.facts.statements.first)
        #expect(statement.words.utf8.count == FaultLimits.textBytes)
    }
}
