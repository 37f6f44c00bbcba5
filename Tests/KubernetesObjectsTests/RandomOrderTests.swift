import FleetModel
import KubernetesJSON
import KubernetesObjects
import Testing

/// Whatever the order of events about different objects, and however often they come, the gangs
/// are the same in the end.
@Suite("Random order")
struct RandomOrderTests {
    /// The events of each object, in their order.
    private static func streams(_ random: inout SplitMix) -> [[ObjectEvent]] {
        var streams: [[ObjectEvent]] = []
        var pods: [PodText] = []
        func below(_ bound: Int) -> Int { random.below(bound) }
        if below(2) == 0 { pods += WorkloadTests.jobSetPods }
        pods += WorkloadTests.jobPods(1 + below(5), isIndexed: below(3) > 0)
        pods += WorkloadTests.leaderWorkerPods(group: below(2), size: 1 + below(4))
        pods += RayTests.rayPods(below(4))
        var grouped = WorkloadTests.kubeflowPods(
            "PyTorchJob", [("master", 1), ("worker", 1 + below(4))])
        if below(2) == 0 {
            for index in grouped.indices {
                grouped[index].labels["scheduling.x-k8s.io/pod-group"] = "g"
            }
        }
        pods += grouped
        for pod in pods { streams.append(life(of: pod, &random)) }
        let objects = [
            WorkloadTests.jobSet(
                below(2) == 0 ? #""startupPolicy":{"startupPolicyOrder":"InOrder"},"# : ""),
            WorkloadTests.job(
                #""completionMode":"Indexed","completions":\#(3 + below(2)),"parallelism":3"#),
            RayTests.ray(
                below(2) == 0 ? #"{"ray.io/gang-scheduling-enabled":"true"}"# : "{}"),
            WorkloadTests.kubeflow(
                "PyTorchJob", "pytorchReplicaSpecs", [("Master", 1), ("Worker", 1 + below(4))]),
            PodGroupTests.coscheduling("g", #""minMember":\#(below(6))"#),
        ]
        for object in objects {
            var stream: [ObjectEvent] = [.declared(object)]
            if below(3) == 0 {
                var other = object
                other.queue = "q"
                other.minimum = 1
                stream.insert(.declared(other), at: 0)
            }
            if below(4) == 0 { stream.append(.undeclared(object.key, uid: object.uid)) }
            streams.append(stream)
        }
        return streams
    }

    private static func life(of text: PodText, _ random: inout SplitMix) -> [ObjectEvent] {
        var pod = text
        var stream: [ObjectEvent] = []
        if random.below(8) == 0 { pod.scheduler = "default-scheduler" }
        if random.below(3) == 0 {
            pod.gates = ["kueue.x-k8s.io/admission"]
            stream.append(.pod(pod.pod))
            pod.gates = []
        }
        stream.append(.pod(pod.pod))
        if random.below(2) == 0 {
            pod.node = "n\(random.below(4))"
            stream.append(.pod(pod.pod))
            if random.below(2) == 0 {
                pod.phase = random.below(2) == 0 ? "Succeeded" : "Failed"
                stream.append(.pod(pod.pod))
            }
        }
        switch random.below(6) {
        case 0:
            stream.append(.podGone(pod.key))
        case 1:
            // It is gone, and another comes under its name.
            stream.append(.podGone(pod.key))
            pod = text
            pod.uid = "again-\(pod.name)"
            pod.created = 60
            stream.append(.pod(pod.pod))
        default: break
        }
        return stream
    }

    private static func run(
        _ streams: [[ObjectEvent]], _ settings: GangSettings, random: SplitMix?
    ) -> Board {
        var board = Board(settings)
        guard var random else {
            for stream in streams { for event in stream { board.apply(event) } }
            return board
        }
        var next = streams.map { _ in 0 }
        var open = Array(streams.indices)
        while !open.isEmpty {
            let choice = random.below(open.count)
            let index = open[choice]
            let event = streams[index][next[index]]
            // Some come twice, some are collected together.
            for _ in 0...random.below(2) { board.book.note(event) }
            if random.below(3) > 0 { board.collect() }
            next[index] += 1
            if next[index] == streams[index].count { open.remove(at: choice) }
        }
        board.collect()
        return board
    }

    @Test(arguments: 0..<40)
    func theEndIsTheSame(seed: UInt64) {
        var random = SplitMix(seed: seed)
        let streams = Self.streams(&random)
        let kinds: Set<ObjectKind> = [.job, .jobSet, .coschedulingPodGroup]
        let settings = GangSettings(watched: random.below(2) == 0 ? kinds : [])
        let expected = Self.run(streams, settings, random: nil)
        for round in 0..<4 {
            let board = Self.run(
                streams, settings, random: SplitMix(seed: seed << 8 + UInt64(round)))
            #expect(board.gangs == expected.gangs, "seed \(seed), round \(round)")
            #expect(board.foreign == expected.foreign, "seed \(seed), round \(round)")
            // A pod is in one gang at most, and every pod of ours that is there is in one.
            let pods = board.gangs.values.flatMap { $0.roles.flatMap { $0.pods.map(\.key) } }
            #expect(Set(pods).count == pods.count, "seed \(seed), round \(round)")
        }
    }

    /// Bytes of manifests are changed, cut and doubled: nothing may trap, and what can be read goes
    /// into the book.
    @Test(arguments: 0..<20)
    func brokenManifestsNeverTrap(seed: UInt64) {
        var random = SplitMix(seed: seed)
        var board = Board()
        let texts =
            (WorkloadTests.jobSetPods + RayTests.rayPods(1)).map(\.json) + [
                """
                {"metadata":{"name":"g","namespace":"ml"},"spec":{"minMember":3,"minTaskMember":
                {"a":1},"subGroups":[{"name":"a","minMember":1}],"networkTopology":{"mode":"hard",
                "highestTierAllowed":1},"subGroupPolicy":[{"subGroupSize":2}],
                "podGroups":[{"name":"x","policy":{"gang":{"minCount":2}}}],
                "schedulingPolicy":{"gang":{"minCount":2}},
                "replicatedJobs":[{"name":"a","replicas":2,"template":{"spec":{"parallelism":4}}}],
                "parallelism":2,"completions":3,"pytorchReplicaSpecs":{"Worker":{"replicas":2}},
                "workerGroupSpecs":[{"groupName":"a","replicas":2,"numOfHosts":3}],
                "leaderWorkerTemplate":{"size":3},"levels":[{"nodeLabel":"a"}],"quota":{"H":{}}},
                "status":{"capacity":{"cpu":"1","nvidia.com/gpu":"8"},"conditions":[]}}
                """
            ]
        let alphabet = Array(#"{}[]",:0129-eE.\nutf"#.utf8) + [0, 0xFF, 0xC3]
        for text in texts {
            for _ in 0..<20 {
                var bytes = Array(text.utf8)
                for _ in 0...random.below(6) {
                    let place = random.below(bytes.count)
                    switch random.below(4) {
                    case 0: bytes.remove(at: place)
                    case 1: bytes.insert(alphabet[random.below(alphabet.count)], at: place)
                    case 2: bytes[place] = alphabet[random.below(alphabet.count)]
                    default:
                        if random.below(8) == 0 { bytes.removeLast(bytes.count - place) }
                    }
                    if bytes.isEmpty { bytes = [0] }
                }
                Self.feed(bytes, &board)
            }
        }
        board.collect()
    }

    private static func feed(_ bytes: [UInt8], _ board: inout Board) {
        if let pod = try? Pod(json: bytes) { board.apply(.pod(pod)) }
        let declarations: [GangDeclaration?] = [
            (try? CoschedulingPodGroup(json: bytes))?.declaration,
            (try? VolcanoPodGroup(json: bytes))?.declaration,
            (try? KAIPodGroup(json: bytes))?.declaration,
            (try? NativePodGroup(json: bytes))?.declaration,
            (try? NativeWorkload(json: bytes))?.declaration,
            (try? Job(json: bytes))?.declaration, (try? JobSet(json: bytes))?.declaration,
            (try? LeaderWorkerSet(json: bytes))?.declaration,
            (try? KubeflowJob(json: bytes))?.declaration,
            (try? RayCluster(json: bytes))?.declaration,
        ]
        for declaration in declarations.compactMap(\.self) { board.apply(.declared(declaration)) }
        if let node = try? Node(json: bytes) {
            var problems: [FieldProblem] = []
            _ = NodeTranslation(topology: Topology(levels: [TopologyLevel(name: "a", label: "a")]))
                .parts(of: node.facts, problems: &problems)
        }
        _ = try? TenantObject(json: bytes)
        _ = try? TopologyObject(json: bytes)
        _ = try? PersistentVolume(json: bytes)
    }
}
