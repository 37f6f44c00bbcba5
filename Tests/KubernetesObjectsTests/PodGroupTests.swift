import KubernetesObjects
import Testing

@Suite("Pod groups")
struct PodGroupTests {
    static func pods(
        _ count: Int, labels: [String: String] = [:], annotations: [String: String] = [:],
        spec: String = ""
    ) -> [PodText] {
        (0..<count).map { index in
            PodText("w-\(index)", labels: labels, annotations: annotations, spec: spec)
        }
    }

    static func coscheduling(_ name: String, _ spec: String) -> GangDeclaration {
        read(
            CoschedulingPodGroup.self,
            """
            {"apiVersion":"scheduling.x-k8s.io/v1alpha1","kind":"PodGroup","metadata":{
            "name":"\(name)","namespace":"ml","uid":"pg"},"spec":{\(spec)},"status":{}}
            """
        ).declaration
    }

    static func volcano(_ spec: String) -> GangDeclaration {
        read(
            VolcanoPodGroup.self,
            #"{"metadata":{"name":"g","namespace":"ml","uid":"pg"},"spec":{\#(spec)}}"#
        ).declaration
    }

    static func kai(_ spec: String) -> GangDeclaration {
        read(
            KAIPodGroup.self,
            #"{"metadata":{"name":"g","namespace":"ml","uid":"pg"},"spec":{\#(spec)}}"#
        ).declaration
    }

    static let schedulerLabels = ["scheduling.x-k8s.io/pod-group": "g"]
    static let volcanoAnnotations = ["scheduling.k8s.io/group-name": "g"]

    @Test func schedulerPlugins() throws {
        let group = Self.coscheduling("g", #""minMember":3,"scheduleTimeoutSeconds":10"#)
        let gang = try #require(
            Board.gang(Self.pods(4, labels: Self.schedulerLabels), [group]))
        #expect(gang.key == GangKey(.coschedulingPodGroup, namespace: "ml", name: "g"))
        #expect(gang.outline == ["member 3/4"])
        #expect(gang.isComplete)
        let few = try #require(Board.gang(Self.pods(2, labels: Self.schedulerLabels), [group]))
        #expect(few.missing == 1)
        let old = ["pod-group.scheduling.sigs.k8s.io": "g"]
        #expect(try #require(Board.gang(Self.pods(3, labels: old), [group])).isComplete)
    }

    @Test func podsWithoutTheirGroupWaitWhereGroupsAreWatched() throws {
        let pods = Self.pods(2, labels: Self.schedulerLabels)
        let settings = GangSettings(watched: [.coschedulingPodGroup])
        let gang = try #require(Board.gang(pods, settings: settings))
        #expect(gang.awaiting?.name == "g")
        #expect(!gang.isComplete)
        let group = Self.coscheduling("g", #""minMember":2"#)
        #expect(try #require(Board.gang(pods, [group], settings: settings)).isComplete)
    }

    @Test func volcanoTasksAreRoles() throws {
        let group = Self.volcano(
            """
            "minMember":5,"minTaskMember":{"ps":1,"worker":4},"queue":"research",
            "priorityClassName":"high","minResources":{"cpu":"8"},
            "networkTopology":{"mode":"hard","highestTierAllowed":1},
            "subGroupPolicy":[{"name":"w","subGroupSize":2,"labelSelector":{},
            "networkTopology":{"mode":"hard","highestTierAllowed":1}}]
            """)
        let pods = Self.pods(6, annotations: Self.volcanoAnnotations).enumerated().map {
            var pod = $0.element
            pod.annotations["volcano.sh/task-spec"] = $0.offset == 0 ? "ps" : "worker"
            pod.annotations["volcano.sh/task-index"] = String(max($0.offset - 1, 0))
            return pod
        }
        var board = Board()
        board.apply(.priorityClass(PriorityClass(name: "high", value: 1000)))
        board.apply(.declared(group))
        for pod in pods { board.apply(.pod(pod.pod)) }
        let gang = try #require(board.gangs.values.first)
        #expect(gang.outline == ["ps 1/1", "worker 4/5"])
        #expect(gang.queue == "research")
        #expect(gang.priority == 1000)
        #expect(gang.topology.required == .tier(1))
        #expect(gang.topology.slice == TopologyWish.Slice(members: 2, level: .tier(1)))
        #expect(gang.isComplete)
        board.apply(.priorityClassGone("high"))
        #expect(board.gangs.values.first?.priority == 0)
    }

    @Test func kaiSubgroupsAreRoles() throws {
        let group = Self.kai(
            """
            "minMember":3,"queue":"team-a","preemptibility":"non-preemptible",
            "topologyConstraint":{"topology":"t","requiredTopologyLevel":"rack",
            "preferredTopologyLevel":"x"},
            "subGroups":[{"name":"all","minSubGroup":2},{"name":"a","parent":"all","minMember":1},
            {"name":"b","parent":"all","minMember":2}]
            """)
        let pods = Self.pods(4, annotations: ["pod-group-name": "g"]).enumerated().map {
            var pod = $0.element
            pod.labels["kai.scheduler/subgroup-name"] = $0.offset == 0 ? "a" : "b"
            return pod
        }
        let gang = try #require(Board.gang(pods, [group]))
        #expect(gang.outline == ["a 1/1", "b 2/3"])
        #expect(gang.queue == "team-a")
        #expect(!gang.isPreemptible)
        #expect(gang.topology.required == .label("rack"))
    }

    // MARK: Native, in three shapes

    @Test func native135NamesAWorkload() throws {
        let workload = read(
            NativeWorkload.self,
            """
            {"metadata":{"name":"wl","namespace":"ml","uid":"w"},"spec":{"controllerRef":{},
            "podGroups":[{"name":"driver","policy":{"basic":{}}},
            {"name":"workers","policy":{"gang":{"minCount":3}}}]}}
            """
        ).declaration
        func pods(_ count: Int, _ group: String, key: String) -> [PodText] {
            (0..<count).map { index in
                PodText(
                    "\(group)-\(key)-\(index)",
                    spec: #","workloadRef":{"name":"wl","podGroup":"\#(group)","#
                        + #""podGroupReplicaKey":"\#(key)"}"#)
            }
        }
        var board = Board()
        board.apply(.declared(workload))
        let all =
            pods(3, "workers", key: "0") + pods(2, "workers", key: "1")
            + pods(2, "driver", key: "")
        for pod in all { board.apply(.pod(pod.pod)) }
        let titles = board.gangs.values.map { "\($0.name) \($0.missing)" }.sorted()
        #expect(
            titles == ["driver--0 0", "driver--1 0", "wl/workers/0 0", "wl/workers/1 1"])
    }

    static func native(_ spec: String) -> GangDeclaration {
        read(
            NativePodGroup.self,
            #"{"metadata":{"name":"g","namespace":"ml","uid":"pg"},"spec":{\#(spec)}}"#
        ).declaration
    }

    static var nativePods: [PodText] {
        pods(4, spec: #","schedulingGroup":{"podGroupName":"g"},"workloadRef":null"#)
    }

    @Test func native136HasPodGroupsFromTemplates() throws {
        let workload = read(
            NativeWorkload.self,
            """
            {"metadata":{"name":"wl","namespace":"ml","uid":"w"},"spec":{"podGroupTemplates":[
            {"name":"t","schedulingPolicy":{"gang":{"minCount":4}},
            "schedulingConstraints":{"topology":[{"key":"rack"}]}}]}}
            """
        ).declaration
        let link =
            #""podGroupTemplateRef":{"workload":{"workloadName":"wl","#
            + #""podGroupTemplateName":"t"}}"#
        // With its own policy, and with that of the template.
        for policy in [#","schedulingPolicy":{"gang":{"minCount":4}}"#, ""] {
            let group = Self.native(link + policy)
            let gang = try #require(Board.gang(Self.nativePods, [workload, group]))
            #expect(gang.key.kind == .nativePodGroup)
            #expect(gang.outline == ["member 4/4"])
            #expect(gang.topology.required == .label("rack"))
            #expect(gang.isComplete)
            #expect(
                try #require(Board.gang(Array(Self.nativePods.dropLast()), [group, workload]))
                    .missing == 1)
        }
    }

    @Test func native137StatesPriorityAndTopology() throws {
        let group = Self.native(
            """
            "workloadRef":{"workloadName":"wl","templateName":"t"},
            "schedulingPolicy":{"gang":{"minCount":2}},"disruptionMode":{"all":{}},
            "schedulingConstraints":{"topology":[{"key":"topology.kubernetes.io/rack"}]},
            "priorityClassName":"high","priority":70,"preemptionPolicy":"Never",
            "parentCompositePodGroupName":"all"
            """)
        let gang = try #require(Board.gang(Self.nativePods, [group]))
        #expect(gang.outline == ["member 2/4"])
        #expect(gang.priority == 70)
        #expect(gang.preemptionPolicy == .never)
        #expect(gang.topology.required == .label("topology.kubernetes.io/rack"))
        #expect(gang.codes == [.unsupported])
        #expect(gang.isComplete)
        let basic = Self.native(#""schedulingPolicy":{"basic":{}}"#)
        var board = Board()
        for pod in Self.nativePods { board.apply(.pod(pod.pod)) }
        board.apply(.declared(basic))
        #expect(board.gangs.count == 4)
    }

    // MARK: Kueue

    @Test func kueueGroupsOfPlainPods() throws {
        let pods = Self.pods(
            4,
            labels: [
                "kueue.x-k8s.io/pod-group-name": "g", "kueue.x-k8s.io/queue-name": "lq",
            ],
            annotations: [
                "kueue.x-k8s.io/pod-group-total-count": "4",
                "kueue.x-k8s.io/podset-preferred-topology": "cloud.google.com/gce-topology-block",
                "kueue.x-k8s.io/podset-slice-required-topology": "kubernetes.io/hostname",
                "kueue.x-k8s.io/podset-slice-size": "2",
            ])
        let gang = try #require(Board.gang(pods))
        #expect(gang.key.kind == .kueuePodGroup)
        #expect(gang.outline == ["member 4/4"])
        #expect(gang.queue == "lq")
        #expect(gang.sizeSource == .annotated)
        #expect(gang.topology.preferred == .label("cloud.google.com/gce-topology-block"))
        #expect(gang.topology.slice?.members == 2)
        #expect(gang.isComplete)
        #expect(try #require(Board.gang(Array(pods.prefix(3)))).missing == 1)
        let gated = pods.map { pod in
            var pod = pod
            pod.gates = ["kueue.x-k8s.io/admission", "muster/quota"]
            return pod
        }
        let waiting = try #require(Board.gang(gated))
        #expect(waiting.gates == ["kueue.x-k8s.io/admission"])
        #expect(waiting.roles[0].pods[0].ownGates == ["muster/quota"])
        #expect(!waiting.isComplete)
    }

    // MARK: What could not be understood

    @Test func contradictoryGroups() throws {
        var pods = Self.pods(2, labels: Self.schedulerLabels)
        for index in pods.indices { pods[index].annotations["pod-group-name"] = "other" }
        let group = Self.coscheduling("g", #""minMember":2"#)
        let gang = try #require(Board.gang(pods, [group]))
        #expect(gang.codes == [.contradictoryGroups])
        #expect(!gang.isComplete)
        // One name in two families is the same group, unless their minimums differ.
        for index in pods.indices { pods[index].annotations["pod-group-name"] = "g" }
        let same = Self.kai(#""minMember":2"#)
        #expect(try #require(Board.gang(pods, [group, same])).isComplete)
        let differs = Self.kai(#""minMember":3"#)
        #expect(try #require(Board.gang(pods, [group, differs])).codes == [.contradictoryGroups])
    }

    @Test func aMinimumThatCanNeverBe() throws {
        var pods = WorkloadTests.kubeflowPods("PyTorchJob", [("master", 1), ("worker", 3)])
        for index in pods.indices { pods[index].annotations = Self.volcanoAnnotations }
        let job = WorkloadTests.kubeflow(
            "PyTorchJob", "pytorchReplicaSpecs", [("Master", 1), ("Worker", 3)])
        let gang = try #require(Board.gang(pods, [Self.volcano(#""minMember":8"#), job]))
        #expect(gang.codes == [.minimumTooLarge])
        #expect(gang.problems[0].field == "spec.minMember")
        #expect(gang.problems[0].message.contains("PyTorchJob 'bert' has 4"))
    }

    @Test func malformedAnnotationsNameTheKey() throws {
        let cases: [(key: String, value: String)] = [
            ("kueue.x-k8s.io/pod-group-total-count", "four"),
            ("kueue.x-k8s.io/podset-slice-required-topology-constraints", "{"),
            ("muster/gang", "maybe"), ("muster/preemptible", "yes"),
        ]
        for (key, value) in cases {
            var annotations = ["kueue.x-k8s.io/pod-group-total-count": "2"]
            annotations[key] = value
            let pods = Self.pods(
                2, labels: ["kueue.x-k8s.io/pod-group-name": "g"], annotations: annotations)
            let gang = try #require(Board.gang(pods))
            #expect(gang.codes == [.malformedAnnotation])
            #expect(gang.problems[0].field == "metadata.annotations[\(key)]")
            #expect(gang.problems[0].message.contains(value))
            #expect(!gang.isComplete)
        }
    }

    @Test func mixedSchedulers() throws {
        let group = Self.coscheduling("g", #""minMember":2"#)
        var pods = Self.pods(3, labels: Self.schedulerLabels)
        pods[2].scheduler = "default-scheduler"
        let gang = try #require(Board.gang(pods, [group]))
        #expect(gang.codes == [.mixedSchedulers])
        #expect(!gang.isComplete)
        // A launcher without GPUs for the default scheduler is common, and does no harm.
        var job = WorkloadTests.kubeflowPods("MPIJob", [("launcher", 1), ("worker", 2)])
        job[0].scheduler = "default-scheduler"
        job[0].node = "cpu-1"
        let mpi = WorkloadTests.kubeflow(
            "MPIJob", "mpiReplicaSpecs", [("Launcher", 1), ("Worker", 2)])
        let workers = try #require(Board.gang(job, [mpi]))
        #expect(workers.codes == [.mixedSchedulers])
        #expect(workers.outline == ["worker 2/2"])
        #expect(workers.isComplete)
    }

    @Test func tooManyKindsOfMembers() throws {
        let pods = (0..<20).map { index in
            PodText("w-\(index)", labels: Self.schedulerLabels, gpus: index)
        }
        let gang = try #require(Board.gang(pods))
        #expect(gang.codes == [.tooManyRoles])
        #expect(gang.roles.count == 16)
        #expect(!gang.isComplete)
    }

    @Test func whatCannotBePlacedIsSaid() throws {
        let cases: [(spec: String, code: GangProblem.Code, isBlocking: Bool)] = [
            (#","resourceClaims":[{"name":"gpu"}]"#, .unsupported, true),
            (
                #","topologySpreadConstraints":[{"whenUnsatisfiable":"DoNotSchedule"}]"#,
                .unsupported, false
            ),
            (
                #","initContainers":[{"resources":{"limits":{"amd.com/gpu":"1"}}}]"#,
                .severalAccelerators, true
            ),
            (
                #","initContainers":[{"resources":{"limits":{"nvidia.com/gpu":"65"}}}]"#,
                .requestTooLarge, true
            ),
            (
                #","initContainers":[{"resources":{"requests":{"cpu":"1x"}}}]"#,
                .unreadableField, true
            ),
        ]
        for (spec, code, isBlocking) in cases {
            let gang = try #require(Board.gang([PodText("p", spec: spec)]))
            #expect(gang.codes == [code])
            #expect(gang.isComplete == !isBlocking)
        }
    }

    @Test func problemsAreSaidOnceUntilTheyAreResolved() {
        var board = Board()
        board.apply(.declared(Self.coscheduling("g", #""minMember":"three""#)))
        for pod in Self.pods(3, labels: Self.schedulerLabels) { board.apply(.pod(pod.pod)) }
        #expect(board.problems.count == 1)
        #expect(board.problems.first?.problem.field == "spec.minMember")
        #expect(board.problems.first?.subject.key.kind == .coschedulingPodGroup)
        #expect(board.gangs.values.first?.isComplete == false)
        board.apply(.declared(Self.coscheduling("g", #""minMember":3"#)))
        #expect(board.gangs.values.first?.isComplete == true)
        board.apply(.declared(Self.coscheduling("g", #""minMember":-3"#)))
        #expect(board.problems.count == 2)
    }
}
