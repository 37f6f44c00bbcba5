import ControlPlane
import FleetModel
import Health
import KubernetesFaults
import KubernetesObjects
import Qualification
import Stacks
import Store
import Synchronization
import Testing

@testable import KubernetesBackend

extension ServerTests {
    /// Goal: on a real API server nothing works on a node before a pod has proved it, and whatever
    /// becomes of that pod, the node waits for a proof of the machine that it is.
    @Suite("Tests of nodes in a cluster", .timeLimit(.minutes(10)))
    struct CareServerTests {}
}

extension ServerTests.CareServerTests {
    @Test("what arrives is tested, takes work when it has passed, and keeps no pod")
    func passes() async throws {
        try await CareWorld.run(nodes: 1) { world in
            try await world.use { plane in
                try await world.cluster.create([PodText("train", gpus: 8)])
                #expect(
                    try await world.wait { world.kubelet.standing == ["check-n0-2m-ff-1"] },
                    "\(world.kubelet.standing)")
                #expect(try await world.wait { plane.states("train") == ["queued"] })
                let pod = try #require(world.kubelet.pod("check-n0-2m-ff-1"))
                #expect(pod.pod.nodeName == "n0")
                #expect(pod.pod.resources.others["nvidia.com/gpu"] == 8)
                try await Task.sleep(for: .seconds(1))
                #expect(try await world.cluster.places("train") == [nil])
                // A kubelet that does not answer at once is asked again.
                world.kubelet.logs.refuse(1)
                await world.kubelet.set("n0", .pass)
                #expect(try await world.wait(seconds: 60) { plane.states("train") == ["running"] })
                #expect(try await world.wait { world.kubelet.standing.isEmpty })
                #expect(world.kubelet.seen.count == 1 && world.kubelet.logs.reads.count == 1)
                #expect(try await plane.isInService("n0"))
            }
        }
    }

    @Test("a node that fails stays out, and the gang goes elsewhere")
    func fails() async throws {
        try await CareWorld.run(nodes: 3) { world in
            await world.kubelet.set("n0", .fail(0b1))
            await world.kubelet.set("n1", .pass)
            await world.kubelet.set("n2", .pass)
            try await world.use { plane in
                try await world.cluster.create(PodText.gang("train", count: 2))
                #expect(try await world.wait(seconds: 60) { plane.states("train") == ["running"] })
                #expect(plane.nodes("train") == ["n1", "n2"])
                #expect(
                    try await world.wait {
                        try await plane.health("n0")?.track.state == .quarantined
                    })
                #expect(try await world.wait { world.kubelet.standing.isEmpty })
            }
        }
    }

    @Test("who leads next has the pod that the dead leader made", arguments: [true, false])
    func takesOver(keepsData: Bool) async throws {
        try await CareWorld.run(nodes: 1) { world in
            let leads = Mutex(true)
            let dead = try await world.plane { settings in
                settings.fence = { leads.withLock { $0 } }
            }
            defer { dead.remove() }
            #expect(try await world.wait { world.kubelet.pod("check-n0-2m-ff-1") != nil })
            // It may do nothing any more, and then is gone.
            leads.withLock { $0 = false }
            await dead.stop()
            let next = try await world.plane(folder: keepsData ? dead.folder : nil)
            defer { next.remove() }
            try await Task.sleep(for: .seconds(2))
            await world.kubelet.set("n0", .pass)
            #expect(try await world.wait(seconds: 60) { try await next.isInService("n0") })
            #expect(world.kubelet.seen == ["check-n0-2m-ff-1"])
            #expect(try await world.wait { world.kubelet.standing.isEmpty })
            await next.stop()
        }
    }

    @Test("pods that are deleted, rejected or without an image are no answer, and it is said why")
    func losesPods() async throws {
        try await CareWorld.run(nodes: 3) { world in
            await world.kubelet.set("n1", .reject("OutOfnvidia.com/gpu"))
            await world.kubelet.set("n2", .noImage)
            try await world.use { (plane: TestPlane) async throws -> Void in
                #expect(try await world.wait { world.kubelet.pod("check-n0-2m-ff-1") != nil })
                await world.remove("check-n0-2m-ff-1")
                for words in ["the test 1 has no answer: ", "OutOfnvidia.com/gpu: not now"] {
                    #expect(try await world.wait { try plane.said(words) }, "\(words)")
                }
                #expect(
                    try await world.wait(seconds: 80) {
                        try plane.said("ErrImagePull: no such image")
                    })
                #expect(try await world.wait { world.kubelet.standing.isEmpty })
                for node in ["n0", "n1", "n2"] {
                    #expect(try await plane.health(node)?.track.state == .unqualified)
                }
            }
        }
    }

    @Test("what the server does not take ends the test with its words")
    func isRefused() async throws {
        try await CareWorld.run(nodes: 1) { world in
            let plane = try await world.plane { $0.checks?.namespace = "nowhere" }
            defer { plane.remove() }
            #expect(
                try await world.wait {
                    try plane.said("does not take its pod: namespaces \"nowhere\" not found")
                })
            await plane.stop()
        }
    }

    @Test("a run of another machine proves nothing of the node that its pod stood on")
    func bindsToMachine() async throws {
        try await CareWorld.run(nodes: 1) { world in
            try await world.use { plane in
                try await plane.hear("n0", serial: "a")
                #expect(try await world.wait { !world.kubelet.standing.isEmpty })
                await world.kubelet.set("n0", .passAs("b"))
                #expect(
                    try await world.wait {
                        try plane.said("is not taken: the test is of other hardware")
                    })
                #expect(try await plane.health("n0")?.track.state == .unqualified)
            }
        }
    }

    @Test("a withheld device is tested by its UUID when the gang beside it, which goes on, is over")
    func testsDevices() async throws {
        try await CareWorld.run(nodes: 1) { world in
            try await world.use { try await testDevice(world, $0) }
        }
    }

    private func testDevice(_ world: CareWorld, _ plane: TestPlane) async throws {
        try await plane.hear("n0", serial: "n0")
        await world.kubelet.set("n0", .pass)
        #expect(try await world.wait(seconds: 60) { try await plane.isInService("n0") })
        try await world.cluster.create([PodText("train", gpus: 4)])
        #expect(try await world.wait { plane.states("train") == ["running"] })
        try await world.cluster.allow(7, on: "n0")
        let isWithheld = try await world.wait {
            try await plane.health("n0")?.report.isolatesDevices == true
        }
        #expect(isWithheld)
        await world.kubelet.set("n0", .hang)
        try await plane.find(.prove, "n0", device: 7)
        let isOut = try await world.wait {
            try await plane.health("n0")?.devices[7].state.takesWork == false
        }
        #expect(isOut)
        // Nobody knows which devices the gang has.
        #expect(plane.withdrawn("n0") == 0 && world.kubelet.standing.isEmpty)
        #expect(plane.states("train") == ["running"])
        try await world.cluster.delete(["train"])
        let isTested = try await world.wait {
            world.kubelet.standing.contains { $0.contains("-80-") }
        }
        #expect(isTested, "\(world.kubelet.standing)")
        let name = try #require(world.kubelet.standing.first)
        #expect(world.kubelet.pod(name)?.pod.resources.others["nvidia.com/gpu"] == 0)
        // What the container calls device 0 is the node's device 7.
        await world.kubelet.set("n0", .pass)
        let isBack = try await world.wait {
            try await plane.health("n0")?.devices[7].state == .inService
        }
        #expect(isBack)
    }

    private static let label = "sagemaker.amazonaws.com/node-health-status"

    @Test("a node is marked for a reboot, comes back with another bootID, and works once proved")
    func reboots() async throws {
        try await CareWorld.run(nodes: 2) { world in
            try await reboot(in: world) { _ in }
        }
    }

    @Test("a node is marked for a stack, comes back with it, and works once proved")
    func installs() async throws {
        try await CareWorld.run(nodes: 2) { world in
            await world.kubelet.set("n0", .pass)
            await world.kubelet.set("n1", .pass)
            let key = "example.com/stack"
            let plane = try await world.plane(stacks: Self.stacks) { settings in
                settings.installation = RepairMark(.label, key, "{stack}")
            }
            defer { plane.remove() }
            for node in ["n0", "n1"] {
                #expect(
                    try await world.wait(seconds: 60) { try await plane.isInService(node) })
            }
            await world.kubelet.set("n0", .hang)
            await world.kubelet.set("n1", .hang)
            try await plane.roll("new")
            var marked: [String] = []
            #expect(
                try await world.wait(seconds: 60) {
                    marked = []
                    for node in ["n0", "n1"]
                    where try await world.node(node).labels[key] == "new" { marked.append(node) }
                    return !marked.isEmpty
                })
            // One at a time, and the other works on.
            #expect(marked.count == 1)
            let name = try #require(marked.first)
            #expect(try await plane.health(name)?.track.state == .repairing)
            try await world.unlabel(name, key)
            #expect(
                try await world.wait(seconds: 60) {
                    world.kubelet.standing.contains { $0.hasPrefix("check-\(name)-") }
                }, "\(world.kubelet.standing)")
            #expect(try await world.node(name).repairNote.isEmpty)
            #expect(try await plane.health(name)?.track.state == .proving)
            await world.kubelet.set(name, .pass)
            #expect(
                try await world.wait(seconds: 60) { try await plane.isInService(name) })
            await plane.stop()
        }
    }

    private static let stacks = StackCatalogue(
        stacks: [
            StackDeclaration(name: "old", rules: [.init(.driver, .same(Version("570.1")))]),
            StackDeclaration(name: "new", rules: [.init(.driver, .same(Version("580.1")))]),
        ], pools: [PoolStack(pool: "default", stack: "old")])

    @Test("the rights of the manifests are enough for all of it")
    func needsTheseRights() async throws {
        try await ManifestRights.use {
            try await CareWorld.run(nodes: 2, namespace: "muster-checks") { world in
                try await reboot(in: world) { settings in
                    if let user = try? KubeTestServer.configuration(user: "muster") {
                        settings.configuration = user
                    }
                }
            }
        }
    }

    private func reboot(
        in world: CareWorld, _ change: @escaping @Sendable (inout KubernetesSettings) -> Void
    ) async throws {
        let label = Self.label
        await world.kubelet.set("n0", .pass)
        await world.kubelet.set("n1", .pass)
        for (node, boot) in [("n0", "boot-1"), ("n1", "boot-9")] {
            try await world.setStatus(of: node, #"{"nodeInfo":{"bootID":"\#(boot)"}}"#)
        }
        let plane = try await world.plane { settings in
            settings.repairs = [
                .reboot: RepairMark(.label, label, "UnschedulablePendingReboot")
            ]
            change(&settings)
        }
        defer { plane.remove() }
        #expect(try await world.wait(seconds: 60) { try await plane.isInService("n0") })
        await world.kubelet.set("n0", .hang)
        try await plane.find(.reboot, "n0")
        #expect(
            try await world.wait {
                try await world.node("n0").labels[label] == "UnschedulablePendingReboot"
            })
        #expect(try await world.node("n0").isUnschedulable == false)
        // A gang of the whole cluster waits meanwhile.
        try await world.cluster.create(PodText.gang("train", count: 2))
        #expect(try await world.wait { plane.states("train") == ["queued"] })
        try await world.setStatus(of: "n0", #"{"nodeInfo":{"bootID":"boot-2"}}"#)
        #expect(
            try await world.wait {
                let node = try await world.node("n0")
                return node.labels[label] == nil && node.repairNote.isEmpty
            })
        #expect(
            try await world.wait {
                world.kubelet.standing.contains { $0.hasPrefix("check-n0-15m-") }
            }, "\(world.kubelet.standing)")
        #expect(try await plane.health("n0")?.track.state == .proving)
        #expect(plane.states("train") == ["queued"])
        await world.kubelet.set("n0", .pass)
        #expect(try await world.wait(seconds: 60) { plane.states("train") == ["running"] })
        #expect(try await world.wait { world.kubelet.standing.isEmpty })
        await plane.stop()
    }
}
