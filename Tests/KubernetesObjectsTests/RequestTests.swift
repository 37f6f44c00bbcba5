import FleetModel
import KubernetesObjects
import Testing

@Suite("Requests")
struct RequestTests {
    @Test func quantities() {
        let cases: [(text: String, milli: Int64, value: Int64)] = [
            ("0", 0, 0), ("1", 1_000, 1), ("100m", 100, 1), ("1.5", 1_500, 2), ("0.1", 100, 1),
            ("1k", 1_000_000, 1_000), ("1Ki", 1_024_000, 1_024),
            ("64Gi", 68_719_476_736_000, 64 << 30),
            ("12e6", 12_000_000_000, 12_000_000), ("1E3", 1_000_000, 1_000), ("1e-3", 1, 1),
            ("1n", 1, 1), ("500u", 1, 1), ("1.5Gi", 1_610_612_736_000, 3 << 29), ("+5", 5_000, 5),
            ("-5", -5_000, -5), ("1E", .max, 1_000_000_000_000_000_000), ("8Ei", .max, .max),
            ("9999999999999999999999", .max, .max), ("1e200", .max, .max), (".5", 500, 1),
            ("5.", 5_000, 5), ("0.0000000001", 1, 1),
        ]
        for (text, milli, value) in cases {
            #expect(Quantity(text)?.milli == milli, "\(text)")
            #expect(Quantity(text)?.value == value, "\(text)")
        }
        for text in ["", "x", "1x", "1 ", " 1", "1.2.3", "Gi", "1e", "1kk", "m", "--1", "1KI"] {
            #expect(Quantity(text) == nil, "\(text)")
        }
        #expect(Quantity("1.9")?.floored == 1)
    }

    static func pod(_ spec: String) -> Pod {
        read(Pod.self, #"{"metadata":{"name":"p","namespace":"ml","uid":"u"},"spec":{\#(spec)}}"#)
    }

    static func container(_ cpu: String, _ memory: String, more: String = "") -> String {
        #"{"resources":{"requests":{"cpu":"\#(cpu)","memory":"\#(memory)"}}\#(more)}"#
    }

    /// Cases from the documentation of sidecar containers: what runs together is summed up, what
    /// runs alone counts if it is more.
    @Test func podsTakeWhatTheKubeletCounts() {
        let always = #","restartPolicy":"Always""#
        let c = Self.container
        let cases: [(spec: String, cpu: Int64, memoryMiB: Int64)] = [
            (#""containers":[\#(c("1", "1Gi", "")),\#(c("500m", "1Gi", ""))]"#, 1_500, 2_048),
            (
                #""containers":[\#(c("1", "1Gi", ""))],"initContainers":[\#(c("3", "1Mi", ""))]"#,
                3_000, 1_024
            ),
            (
                """
                "containers":[\(c("1", "1Gi", ""))],
                "initContainers":[\(c("2", "1Gi", always))]
                """,
                3_000, 2_048
            ),
            // The init container runs beside the first sidecar, not the second.
            (
                """
                "containers":[\(c("1", "1Gi", ""))],"initContainers":[\(c("1", "1Gi", always)),
                \(c("5", "1Gi", "")),\(c("2", "1Gi", always))]
                """, 6_000, 3_072
            ),
            (
                #""containers":[\#(c("1", "1Gi", ""))],"overhead":{"cpu":"250m","memory":"1"}"#,
                1_250, 1_025
            ),
            (
                """
                "resources":{"requests":{"cpu":"4"}},"overhead":{"cpu":"1"},
                "containers":[\(c("1", "1Gi", ""))]
                """, 5_000, 1_024
            ),
        ]
        for (spec, cpu, memory) in cases {
            let pod = Self.pod(spec)
            let request = PodRequest(pod.resources, naming: ResourceNaming())
            #expect(pod.problems.isEmpty, "\(spec)")
            #expect(request.cpuMilli == cpu, "\(spec)")
            #expect(request.memoryMiB == memory, "\(spec)")
        }
    }

    @Test func extendedResourcesAreSorted() {
        let pod = Self.pod(
            """
            "containers":[{"resources":{"limits":{"nvidia.com/mig-1g.10gb":"1",
            "vpc.amazonaws.com/efa":4,"rdma/hca":"1","hugepages-2Mi":"4Mi","example.com/fpga":"2",
            "ephemeral-storage":"1Gi"},"requests":{"ephemeral-storage":"1025Ki"}}}]
            """)
        let request = PodRequest(pod.resources, naming: ResourceNaming())
        #expect(request.devices == ResourceCounts(["nvidia.com/mig-1g.10gb": 1]))
        #expect(request.nics == 5)
        #expect(request.diskMiB == 2)
        #expect(
            request.others == ResourceCounts(["hugepages-2Mi": 4 << 20, "example.com/fpga": 2]))
        #expect(request.member?.devices == 1)
        let naming = ResourceNaming(accelerators: ["example.com/*"])
        #expect(PodRequest(pod.resources, naming: naming).devices["example.com/fpga"] == 2)
    }

    @Test func hostPorts() {
        let pod = Self.pod(
            """
            "hostNetwork":true,"containers":[{"ports":[{"containerPort":29500},
            {"containerPort":1,"hostPort":8080,"hostIP":"10.0.0.1","protocol":"UDP"}]}]
            """)
        #expect(
            pod.hostPorts == [
                HostPort(port: 8080, transport: "UDP", address: "10.0.0.1"), HostPort(port: 29500),
            ])
        let port = HostPort(port: 80)
        #expect(port.conflicts(with: HostPort(port: 80, address: "10.0.0.1")))
        #expect(!port.conflicts(with: HostPort(port: 80, transport: "UDP")))
        #expect(!port.conflicts(with: HostPort(port: 81)))
        #expect(
            !HostPort(port: 80, address: "10.0.0.1").conflicts(
                with: HostPort(port: 80, address: "10.0.0.2")))
    }

    @Test func malformedFieldsAreNamedAndTheRestCounts() {
        let pod: Pod = read(
            Pod.self,
            """
            {"metadata":{"name":"p","labels":["a"],"creationTimestamp":"soon"},"spec":{
            "priority":"high","nodeSelector":{"a":1},"tolerations":{"key":"x"},
            "containers":[{"resources":{"requests":{"cpu":{},"memory":"1Gi"}}},"x"],
            "affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":
            {"nodeSelectorTerms":[{"matchExpressions":[{"key":"a","operator":"Near"}]}]}}}},
            "status":{"phase":7,"conditions":[{"type":"PodScheduled","status":"False",
            "reason":"Unschedulable"}]}}
            """)
        #expect(
            pod.problems.map(\.path) == [
                "metadata.labels", "spec.priority", "spec.nodeSelector", "spec.tolerations",
                "spec.containers[0].resources.requests.cpu", "spec.containers[1]",
                "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution"
                    + ".matchExpressions[0].operator",
                "status.phase",
            ])
        #expect(pod.metadata.name == "p")
        #expect(pod.resources.memoryBytes == 1 << 30)
        #expect(pod.scheduled?.reason == "Unschedulable")
    }
}
