import KubernetesObjects
import Testing

@Suite("Lives of gangs")
struct GangLifeTests {
    @Test func podsThatAreReplacedKeepTheirPlace() throws {
        let job = WorkloadTests.job(
            #""completionMode":"Indexed","completions":4,"parallelism":4"#)
        var board = Board()
        board.apply(.declared(job))
        var pods = WorkloadTests.jobPods(4)
        for index in pods.indices {
            pods[index].node = "n\(index)"
            pods[index].phase = "Running"
            board.apply(.pod(pods[index].pod))
        }
        // Index 2 fails; its pod stays, and counts until there is another.
        pods[2].phase = "Failed"
        board.apply(.pod(pods[2].pod))
        var gang = try #require(board.gangs.values.first)
        #expect(gang.missing == 1)
        #expect(gang.roles[0].pods[2].phase == .failed)
        var next = WorkloadTests.jobPods(4)[2]
        next.name = "train-2-again"
        next.created = 60
        board.apply(.pod(next.pod))
        gang = try #require(board.gangs.values.first)
        #expect(gang.missing == 0)
        #expect(gang.isComplete)
        #expect(gang.roles[0].pods.map(\.node) == ["n0", "n1", nil, "n3"])
        #expect(gang.roles[0].pods[2].key.name == "train-2-again")
        // What ended well counts for good.
        pods[0].phase = "Succeeded"
        board.apply(.pod(pods[0].pod))
        #expect(board.gangs.values.first?.missing == 0)
        pods[1].isDeleting = true
        board.apply(.pod(pods[1].pod))
        #expect(board.gangs.values.first?.missing == 1)
    }

    @Test func aPodThatComesBackUnderItsNameIsAnother() throws {
        var board = Board()
        var pod = PodText("db-0")
        board.apply(.pod(pod.pod))
        let old = pod.key
        pod.uid = "second"
        board.apply(.pod(pod.pod))
        #expect(board.gangs.keys.map(\.uid) == ["second"])
        // The end of the first comes late.
        board.apply(.podGone(old))
        #expect(board.gangs.count == 1)
        board.apply(.podGone(pod.key))
        #expect(board.gangs.isEmpty)
        #expect(board.book.podCount == 0)
    }

    @Test func podsOfOthersAreUse() {
        var board = Board()
        var pod = PodText("web", gpus: 1)
        pod.scheduler = "default-scheduler"
        board.apply(.pod(pod.pod))
        #expect(board.foreign.isEmpty)
        pod.node = "n1"
        board.apply(.pod(pod.pod))
        #expect(board.foreign[pod.key]?.node == "n1")
        #expect(board.foreign[pod.key]?.request.devices["nvidia.com/gpu"] == 1)
        pod.phase = "Succeeded"
        board.apply(.pod(pod.pod))
        #expect(board.foreign.isEmpty)
        pod.phase = "Running"
        board.apply(.pod(pod.pod))
        board.apply(.podGone(pod.key))
        #expect(board.foreign.isEmpty)
        #expect(board.gangs.isEmpty)
    }

    @Test func aListSaysWhatIsGone() {
        var board = Board()
        for index in 0..<4 { board.apply(.pod(PodText("p-\(index)").pod)) }
        let group = PodGroupTests.coscheduling("g", #""minMember":1"#)
        board.apply(.declared(group))
        board.book.note(.listBegan(.pod))
        board.book.note(.listBegan(.coschedulingPodGroup))
        for index in 1..<3 { board.book.note(.pod(PodText("p-\(index)").pod)) }
        board.book.note(.listEnded(.pod))
        board.book.note(.listEnded(.coschedulingPodGroup))
        board.collect()
        #expect(Set(board.gangs.keys.map(\.name)) == ["p-1", "p-2"])
    }

    @Test func anEventThatChangesNothingSaysNothing() {
        var board = Board()
        let pod = PodText("p").pod
        board.apply(.pod(pod))
        var changes: [GangChange] = []
        board.book.apply(.pod(pod), into: &changes)
        #expect(changes.isEmpty)
    }

    @Test func volumesSayWhere() throws {
        let volume =
            #","volumes":[{"name":"d","persistentVolumeClaim":{"claimName":"data"}},"#
            + #"{"name":"scratch","ephemeral":{"volumeClaimTemplate":{}}}]"#
        var board = Board(GangSettings(watched: [.volumeClaim]))
        board.apply(.pod(PodText("p", spec: volume).pod))
        var gang = try #require(board.gangs.values.first)
        #expect(gang.codes == [.missingClaim, .missingClaim])
        board.apply(.claim(PersistentVolumeClaim(namespace: "ml", name: "data")))
        board.apply(.claim(PersistentVolumeClaim(namespace: "ml", name: "p-scratch")))
        gang = try #require(board.gangs.values.first)
        #expect(gang.isComplete)
        #expect(gang.roles[0].pods[0].unboundClaims == ["data", "p-scratch"])
        let zone = NodeSelectorTerm(
            expressions: [LabelRequirement("topology.kubernetes.io/zone", .isIn, ["a"])])
        board.apply(.volume(PersistentVolume(name: "pv", required: [zone])))
        board.apply(
            .claim(PersistentVolumeClaim(namespace: "ml", name: "data", volumeName: "pv")))
        gang = try #require(board.gangs.values.first)
        #expect(gang.roles[0].rules.volumes == [[zone]])
        var node = NodeFacts(name: "n", labels: ["topology.kubernetes.io/zone": "b"])
        #expect(gang.roles[0].rules.refusal(of: node) == .volume)
        node.labels = ["topology.kubernetes.io/zone": "a"]
        #expect(gang.roles[0].rules.admits(node))
        board.apply(.volumeGone("pv"))
        #expect(board.gangs.values.first?.roles[0].rules.volumes.isEmpty == true)
    }
}
