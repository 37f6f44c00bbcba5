import Glibc
import KubernetesJSON
import KubernetesObjects
import Testing

/// A large cluster: how long its pods take to read and to group. Timings mean something in a
/// release build; a debug build runs a tenth of it for correctness.
@Suite("Load", .serialized)
struct LoadTests {
    #if DEBUG
    static let gangs = 1_000
    static let isMeasured = false
    #else
    static let gangs = 10_000
    static let isMeasured = true
    #endif
    static let members = 10

    /// JobSets of ten pods with what real pods carry: twenty labels, rules, several containers.
    static func text(_ gang: Int, _ member: Int) -> PodText {
        let job = "train-\(gang)-workers-0"
        var pod = PodText(
            "\(job)-\(member)-x7k2p",
            labels: [
                "jobset.sigs.k8s.io/jobset-name": "train-\(gang)",
                "jobset.sigs.k8s.io/replicatedjob-name": "workers",
                "jobset.sigs.k8s.io/job-index": "0",
                "jobset.sigs.k8s.io/job-key": "3bf8a1f0f3b8f1c7d6a0b9d8c7e6f5a4b3c2d1e0",
                "jobset.sigs.k8s.io/replicatedjob-replicas": "1",
                "jobset.sigs.k8s.io/restart-attempt": "0",
                "batch.kubernetes.io/job-name": job, "job-name": job,
                "batch.kubernetes.io/controller-uid": "0a1b2c3d-0000-0000-0000-\(gang)",
                "controller-uid": "0a1b2c3d-0000-0000-0000-\(gang)",
                "batch.kubernetes.io/job-completion-index": String(member),
                "app.kubernetes.io/name": "trainer", "app.kubernetes.io/part-of": "llm",
                "kueue.x-k8s.io/queue-name": "research",
            ],
            annotations: ["batch.kubernetes.io/job-completion-index": String(member)],
            owner: ("batch/v1", "Job", job, "0a1b2c3d-0000-0000-0000-\(gang)"),
            spec: """
                ,"nodeSelector":{"nvidia.com/gpu.product":"NVIDIA-H100-80GB-HBM3"},"tolerations":[
                {"key":"nvidia.com/gpu","operator":"Exists","effect":"NoSchedule"},
                {"key":"node.kubernetes.io/not-ready","operator":"Exists","effect":"NoExecute",
                "tolerationSeconds":300},{"key":"node.kubernetes.io/unreachable",
                "operator":"Exists","effect":"NoExecute","tolerationSeconds":300}],
                "initContainers":[{"name":"wait","image":"busybox"}],"priority":100,
                "volumes":[{"name":"shm","emptyDir":{"medium":"Memory"}}]
                """)
        pod.uid = "6f9619ff-8b86-d011-\(gang)-\(member)"
        return pod
    }

    /// The processor time that a call takes: others on the machine do not count.
    static func cpuTime(_ body: () throws -> Void) rethrows -> Duration {
        func now() -> Duration {
            var time = timespec()
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
            return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
        }
        let start = now()
        try body()
        return now() - start
    }

    @Test func aLargeClusterIsGroupedInASecond() throws {
        var bytes = 0
        var texts: [[UInt8]] = []
        for gang in 0..<Self.gangs {
            for member in 0..<Self.members {
                texts.append(Array(Self.text(gang, member).json.utf8))
                bytes += texts.last?.count ?? 0
            }
        }
        var pods: [Pod] = []
        pods.reserveCapacity(texts.count)
        let reading = try Self.cpuTime {
            for text in texts { pods.append(try Pod(json: text)) }
        }
        var book = GangBook()
        var changes: [GangChange] = []
        let loading = Self.cpuTime {
            for pod in pods { book.note(.pod(pod)) }
            book.collect(into: &changes)
        }
        #expect(changes.count == Self.gangs)
        changes.removeAll()
        var single = GangBook()
        let singly = Self.cpuTime {
            for pod in pods { single.apply(.pod(pod), into: &changes) }
        }
        #expect(changes.count == pods.count)
        changes.removeAll()
        let repeating = Self.cpuTime {
            for pod in pods { book.apply(.pod(pod), into: &changes) }
        }
        #expect(changes.isEmpty)
        // Binding is one event of each pod.
        for index in pods.indices { pods[index].nodeName = "node" }
        let binding = Self.cpuTime {
            for pod in pods { book.apply(.pod(pod), into: &changes) }
        }
        #expect(changes.count == pods.count)
        print(
            "\(pods.count) pods of \(bytes / pods.count) bytes: read \(reading), noted and "
                + "collected \(loading), one by one \(singly), again \(repeating), bound \(binding)"
        )
        guard Self.isMeasured else { return }
        // Measured 0.83 to 1.07 s of processor time on two cores shared with three builds. The
        // limit is for what looks at all pods again for each, which takes minutes.
        #expect(loading < .seconds(3))
    }

    /// An event of a large group costs what its members cost, and of pods that stand alone nothing
    /// but itself.
    @Test func aPodOfALargeArrayCostsItself() {
        var pods = WorkloadTests.jobPods(Self.gangs, isIndexed: false).map(\.pod)
        var book = GangBook()
        var changes: [GangChange] = []
        for pod in pods { book.note(.pod(pod)) }
        book.collect(into: &changes)
        #expect(changes.count == pods.count)
        changes.removeAll()
        for index in pods.indices { pods[index].nodeName = "node" }
        let binding = Self.cpuTime {
            for pod in pods { book.apply(.pod(pod), into: &changes) }
        }
        #expect(changes.count == pods.count)
        print("\(pods.count) pods of one Job that stand alone: bound \(binding)")
        // One look at all of them for each event would take minutes.
        #expect(binding < .seconds(10))
    }
}
