import KubernetesJSON
import KubernetesObjects
import Testing

@Suite("Workloads")
struct WorkloadTests {
    @Test func aPlainPodIsAGangOfOne() throws {
        let gang = try #require(Board.gang([PodText("notebook", gpus: 1)]))
        #expect(gang.key == GangKey(.pod, namespace: "ml", name: "notebook", uid: "uid-notebook"))
        #expect(gang.outline == ["member 1/1"])
        #expect(gang.isComplete)
        #expect(gang.roles[0].request.devices["nvidia.com/gpu"] == 1)
        #expect(gang.roles[0].request.memoryMiB == 65_536)
        #expect(gang.roles[0].request.cpuMilli == 16_000)
    }

    // MARK: Jobs

    static func job(_ fields: String, labels: String = "{}") -> GangDeclaration {
        read(
            Job.self,
            """
            {"metadata":{"name":"train","namespace":"ml","uid":"u1","labels":\(labels)},
            "spec":{\(fields),"template":{"spec":{"containers":[]}}}}
            """
        ).declaration
    }

    static func jobPods(_ count: Int, isIndexed: Bool = true) -> [PodText] {
        (0..<count).map { index in
            var labels = [
                "batch.kubernetes.io/job-name": "train", "job-name": "train",
                "batch.kubernetes.io/controller-uid": "u1",
            ]
            if isIndexed { labels["batch.kubernetes.io/job-completion-index"] = String(index) }
            return PodText(
                "train-\(index)-x", labels: labels, owner: ("batch/v1", "Job", "train", "u1"))
        }
    }

    @Test func anIndexedJobThatRunsAtOnceIsOneGang() throws {
        let job = Self.job(
            #""completionMode":"Indexed","completions":12,"parallelism":12,"#
                + #""activeDeadlineSeconds":3600"#,
            labels: #"{"kueue.x-k8s.io/queue-name":"research"}"#)
        let pods = Self.jobPods(12)
        let gang = try #require(Board.gang(pods.reversed(), [job]))
        #expect(gang.key.kind == .job)
        #expect(gang.uid == "u1")
        #expect(gang.outline == ["member 12/12"])
        // Ranks are numbers: 2 comes before 10.
        #expect(gang.podNames == pods.map(\.name))
        #expect(gang.queue == "research")
        #expect(gang.expectedSeconds == 3600)
        #expect(gang.isComplete)
        let partial = try #require(Board.gang(Array(pods.prefix(11)), [job]))
        #expect(partial.missing == 1)
        #expect(!partial.isComplete)
    }

    @Test func otherJobsAreGangsOfOne() {
        for (fields, isIndexed) in [
            (#""parallelism":3,"completions":3"#, false),
            (#""completionMode":"Indexed","completions":100,"parallelism":3"#, true),
        ] {
            var board = Board()
            for pod in Self.jobPods(3, isIndexed: isIndexed) { board.apply(.pod(pod.pod)) }
            board.apply(.declared(Self.job(fields)))
            #expect(board.gangs.count == 3)
            #expect(board.gangs.keys.allSatisfy { $0.kind == .pod })
            #expect(board.gangs.values.allSatisfy { $0.isComplete })
        }
    }

    @Test func withoutTheJobItsLabelsDecide() throws {
        var pods = Self.jobPods(4)
        let gang = try #require(Board.gang(pods))
        #expect(gang.sizeSource == .observed)
        #expect(gang.isComplete)
        // Index 1 is still to come.
        pods.remove(at: 1)
        #expect(try #require(Board.gang(pods)).missing == 1)
        // Where Jobs are watched, it is waited for.
        let settings = GangSettings(watched: [.job])
        let waiting = try #require(Board.gang(pods, settings: settings))
        #expect(waiting.awaiting == ObjectKey(.job, namespace: "ml", name: "train"))
        #expect(!waiting.isComplete)
    }

    @Test func anAnnotationGroupsPodsOtherwise() throws {
        let pods = Self.jobPods(3, isIndexed: false).map { pod in
            var pod = pod
            pod.annotations["muster/gang"] = "whole"
            return pod
        }
        let job = Self.job(#""parallelism":3,"completions":3"#)
        #expect(try #require(Board.gang(pods, [job])).outline == ["member 3/3"])
    }

    // MARK: JobSet

    static func jobSet(_ more: String = "") -> GangDeclaration {
        read(
            JobSet.self,
            """
            {"metadata":{"name":"llm","namespace":"ml","uid":"js"},"spec":{\(more)
            "replicatedJobs":[
              {"name":"driver","replicas":1,"template":{"spec":{"parallelism":1,"completions":1,
                "template":{"spec":{"containers":[{"name":"m"}]}}}}},
              {"name":"workers","replicas":2,"template":{"spec":{"parallelism":4,"completions":4,
                "completionMode":"Indexed"}}}]}}
            """
        ).declaration
    }

    static var jobSetPods: [PodText] {
        func pod(_ job: String, _ jobIndex: Int, _ index: Int, gpus: Int) -> PodText {
            let name = "llm-\(job)-\(jobIndex)"
            return PodText(
                "\(name)-\(index)-abcde",
                labels: [
                    "jobset.sigs.k8s.io/jobset-name": "llm",
                    "jobset.sigs.k8s.io/replicatedjob-name": job,
                    "jobset.sigs.k8s.io/job-index": String(jobIndex),
                    "jobset.sigs.k8s.io/replicatedjob-replicas": job == "driver" ? "1" : "2",
                    "batch.kubernetes.io/job-name": name,
                    "batch.kubernetes.io/job-completion-index": String(index),
                ],
                annotations: [
                    "alpha.jobset.sigs.k8s.io/exclusive-topology":
                        "topology.kubernetes.io/rack"
                ],
                owner: ("batch/v1", "Job", name, "u-\(name)"), gpus: gpus)
        }
        return [pod("driver", 0, 0, gpus: 0)]
            + (0..<8).map { pod("workers", $0 / 4, $0 % 4, gpus: 8) }
    }

    @Test func aJobSetIsOneGangOfItsReplicatedJobs() throws {
        let gang = try #require(Board.gang(Self.jobSetPods.shuffled(), [Self.jobSet()]))
        #expect(gang.key == GangKey(.jobSet, namespace: "ml", name: "llm"))
        #expect(gang.outline == ["driver 1/1", "workers 8/8"])
        #expect(gang.podNames == Self.jobSetPods.map(\.name))
        #expect(gang.isComplete)
        #expect(
            gang.topology.slice
                == TopologyWish.Slice(members: 4, level: .label("topology.kubernetes.io/rack")))
        // By labels alone the size of parts is what there is.
        let observed = try #require(Board.gang(Self.jobSetPods))
        #expect(observed.topology.slice?.members == 4)
        #expect(observed.outline == gang.outline)
    }

    @Test func anOrderedJobSetIsAGangForEachStage() {
        var board = Board()
        for pod in Self.jobSetPods { board.apply(.pod(pod.pod)) }
        board.apply(.declared(Self.jobSet(#""startupPolicy":{"startupPolicyOrder":"InOrder"},"#)))
        #expect(
            Set(board.gangs.keys.map(\.title)) == ["llm/driver", "llm/workers"])
        #expect(board.gangs.values.allSatisfy { $0.isComplete })
        board.apply(.declared(Self.jobSet()))
        #expect(board.gangs.keys.map(\.title) == ["llm"])
    }

    @Test func aTrainJobIsItsJobSet() throws {
        let trainJob = read(
            TrainJob.self,
            """
            {"metadata":{"name":"llm","namespace":"ml","uid":"tj",
            "labels":{"kueue.x-k8s.io/queue-name":"vision"}},"spec":{"trainer":{"numNodes":8}}}
            """
        ).declaration
        var jobSet = Self.jobSet()
        jobSet.owner = ObjectKey(.trainJob, namespace: "ml", name: "llm")
        let gang = try #require(Board.gang(Self.jobSetPods, [jobSet, trainJob]))
        #expect(gang.queue == "vision")
    }

    // MARK: LeaderWorkerSet

    static func leaderWorkerPods(group: Int, size: Int = 4) -> [PodText] {
        (0..<size).map { worker in
            let name = worker == 0 ? "vllm-\(group)" : "vllm-\(group)-\(worker)"
            return PodText(
                name,
                labels: [
                    "leaderworkerset.sigs.k8s.io/name": "vllm",
                    "leaderworkerset.sigs.k8s.io/group-index": String(group),
                    "leaderworkerset.sigs.k8s.io/worker-index": String(worker),
                    "leaderworkerset.sigs.k8s.io/group-key": "key\(group)",
                    "apps.kubernetes.io/pod-index": String(worker),
                ],
                annotations: [
                    "leaderworkerset.sigs.k8s.io/size": String(size),
                    "leaderworkerset.sigs.k8s.io/exclusive-topology":
                        "cloud.google.com/gce-topology-block",
                ],
                owner: ("apps/v1", "StatefulSet", "vllm", "sts"))
        }
    }

    @Test func eachGroupOfALeaderWorkerSetIsAGang() {
        var board = Board()
        for group in 0..<3 {
            for pod in Self.leaderWorkerPods(group: group) { board.apply(.pod(pod.pod)) }
        }
        #expect(Set(board.gangs.keys.map(\.title)) == ["vllm/0", "vllm/1", "vllm/2"])
        for gang in board.gangs.values {
            #expect(gang.outline == ["leader 1/1", "worker 3/3"])
            #expect(gang.sizeSource == .annotated)
            #expect(gang.topology.required == .label("cloud.google.com/gce-topology-block"))
            #expect(gang.isComplete)
        }
    }

    @Test func aSetThatStartsItsLeaderFirstWaitsForNoWorkers() throws {
        let set = read(
            LeaderWorkerSet.self,
            """
            {"metadata":{"name":"vllm","namespace":"ml","uid":"l"},"spec":{"replicas":3,
            "startupPolicy":"LeaderReady","leaderWorkerTemplate":{"size":4,"workerTemplate":{}}}}
            """
        ).declaration
        let leader = Array(Self.leaderWorkerPods(group: 0).prefix(1))
        let gang = try #require(Board.gang(leader, [set]))
        #expect(gang.isComplete)
        #expect(gang.codes == [.unsupported])
    }

    // MARK: Kubeflow

    static func kubeflow(
        _ kind: String, _ field: String, _ roles: [(String, Int)], more: String = ""
    ) -> GangDeclaration {
        let specs = roles.map { #""\#($0.0)":{"replicas":\#($0.1),"template":{"spec":{}}}"# }
        return read(
            KubeflowJob.self,
            """
            {"metadata":{"name":"bert","namespace":"ml","uid":"k"},"spec":{\(more)
            "\(field)":{\(specs.joined(separator: ","))}}}
            """
        ).declaration
    }

    static func kubeflowPods(_ kind: String, _ roles: [(String, Int)]) -> [PodText] {
        roles.flatMap { role, count in
            (0..<count).map { index in
                PodText(
                    "bert-\(role)-\(index)",
                    labels: [
                        "training.kubeflow.org/job-name": "bert",
                        "training.kubeflow.org/replica-type": role,
                        "training.kubeflow.org/replica-index": String(index),
                        "training.kubeflow.org/operator-name": "\(kind.lowercased())-controller",
                    ], owner: ("kubeflow.org/v1", kind, "bert", "k"),
                    gpus: role == "launcher" ? 0 : 8)
            }
        }
    }

    @Test(
        arguments: [
            ("PyTorchJob", "pytorchReplicaSpecs", [("Master", 1), ("Worker", 3)]),
            ("TFJob", "tfReplicaSpecs", [("Chief", 1), ("PS", 2), ("Worker", 3)]),
            ("XGBoostJob", "xgbReplicaSpecs", [("Master", 1), ("Worker", 2)]),
            ("PaddleJob", "paddleReplicaSpecs", [("Worker", 2)]),
            ("JAXJob", "jaxReplicaSpecs", [("Worker", 4)]),
            ("MPIJob", "mpiReplicaSpecs", [("Launcher", 1), ("Worker", 4)]),
        ])
    func aKubeflowJobIsOneGang(
        _ kind: String, _ field: String, _ roles: [(String, Int)]
    ) throws {
        let job = Self.kubeflow(kind, field, roles)
        #expect(job.key.kind.title == kind)
        let lower = roles.map { ($0.0.lowercased(), $0.1) }
        var pods = Self.kubeflowPods(kind, lower)
        let gang = try #require(Board.gang(pods, [job]))
        #expect(Set(gang.outline) == Set(lower.map { "\($0.0) \($0.1)/\($0.1)" }))
        #expect(gang.isComplete)
        #expect(gang.sizeSource == .declared)
        pods.removeLast()
        #expect(try #require(Board.gang(pods, [job])).missing == 1)
        #expect(try #require(Board.gang(pods)).sizeSource == .observed)
    }

    @Test func anElasticJobNeedsItsMinimum() throws {
        let roles = [("Master", 1), ("Worker", 7)]
        let job = Self.kubeflow(
            "PyTorchJob", "pytorchReplicaSpecs", roles,
            more: #""elasticPolicy":{"minReplicas":3,"maxReplicas":7},"#)
        let pods = Self.kubeflowPods("PyTorchJob", [("master", 1), ("worker", 5)])
        let gang = try #require(Board.gang(pods, [job]))
        #expect(gang.outline == ["master 1/1", "worker 3/5"])
        #expect(gang.isComplete)
        #expect(gang.roles[1].replicas == 7)
    }

    @Test func minAvailableStandsForAllRoles() throws {
        let job = Self.kubeflow(
            "PyTorchJob", "pytorchReplicaSpecs", [("Master", 1), ("Worker", 7)],
            more: #""runPolicy":{"schedulingPolicy":{"minAvailable":4,"queue":"q"}},"#)
        let pods = Self.kubeflowPods("PyTorchJob", [("master", 1), ("worker", 5)])
        let gang = try #require(Board.gang(pods, [job]))
        #expect(gang.outline == ["master 1/1", "worker 3/5"])
        #expect(gang.isComplete)
        #expect(gang.queue == "q")
        var greedy = job
        greedy.minimum = 9
        let blocked = try #require(Board.gang(pods, [greedy]))
        #expect(blocked.codes == [.minimumTooLarge])
        #expect(blocked.problems[0].field == "spec.runPolicy.schedulingPolicy.minAvailable")
        #expect(!blocked.isComplete)
    }

    @Test func aLauncherThatComesLastIsNotWaitedFor() throws {
        let job = Self.kubeflow(
            "MPIJob", "mpiReplicaSpecs", [("Launcher", 1), ("Worker", 2)],
            more: #""launcherCreationPolicy":"WaitForWorkersReady","#)
        var pods = Self.kubeflowPods("MPIJob", [("worker", 2)])
        #expect(try #require(Board.gang(pods, [job])).isComplete)
        // The launcher of an MPIJob v2beta1 is the pod of a Job.
        pods.append(
            PodText(
                "bert-launcher-x",
                labels: [
                    "training.kubeflow.org/job-name": "bert",
                    "training.kubeflow.org/job-role": "launcher",
                    "training.kubeflow.org/operator-name": "mpi-operator",
                    "job-name": "bert-launcher",
                ], owner: ("batch/v1", "Job", "bert-launcher", "j"), gpus: 0))
        let gang = try #require(Board.gang(pods, [job]))
        #expect(gang.outline == ["launcher 0/1", "worker 2/2"])
    }

    @Test func aJobWithoutReplicasIsStillOfItsKind() throws {
        let job = read(KubeflowJob.self, #"{"metadata":{"name":"a","namespace":"ml"},"spec":{}}"#)
        let type = try #require(KubeflowJob.resources.first { $0.kind == "MPIJob" })
        #expect(job.declaration(readAs: type).key.kind == .mpiJob)
        for type in WorkloadTypes.all {
            #expect(type.resources.allSatisfy { ObjectKind($0) != nil })
        }
    }
}
