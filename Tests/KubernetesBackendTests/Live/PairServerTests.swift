import FleetModel
import Health
import KubernetesFaults
import KubernetesObjects
import Store
import Testing

@testable import ControlPlane
@testable import KubernetesBackend

extension ServerTests {
    /// Goal: on a real API server the network of a node is tested with a second one by two pods,
    /// of which none stays, whatever becomes of the test.
    @Suite("Tests between nodes of a cluster", .timeLimit(.minutes(10)))
    struct PairServerTests {}
}

extension ServerTests.PairServerTests {
    /// A plane that pairs nodes, in a cluster where all but `n0` are in service already.
    private func use(
        nodes: Int, bad: Set<String> = [], dead: Set<String> = [],
        _ body: @escaping @Sendable (CareWorld, TestPlane) async throws -> Void
    ) async throws {
        try await CareWorld.run(nodes: nodes) { world in
            world.kubelet.setBadNetworks(bad)
            world.kubelet.setDeadNetworks(dead)
            for index in 1..<nodes { await world.kubelet.set("n\(index)", .pass) }
            let plane = try await world.plane(network: .standard)
            defer { plane.remove() }
            do {
                #expect(
                    try await world.wait(seconds: 120) {
                        for index in 1..<nodes where try await !plane.isInService("n\(index)") {
                            return false
                        }
                        return world.kubelet.standing == ["check-n0-2m-ff-1"]
                    }, "\(world.kubelet.standing)")
                try await body(world, plane)
            } catch {
                await plane.stop()
                throw error
            }
            await plane.stop()
        }
    }

    @Test("a pair that is right proves the node, and both pods go")
    func passes() async throws {
        try await use(nodes: 3) { (world: CareWorld, plane: TestPlane) async throws -> Void in
            await world.kubelet.set("n0", .pass)
            #expect(try await world.wait(seconds: 120) { try await plane.isInService("n0") })
            #expect(try plane.said(" is right"))
            #expect(world.kubelet.seen.contains { $0.hasPrefix("peer-") })
            #expect(try await world.wait(seconds: 120) { world.kubelet.standing.isEmpty })
            #expect(
                try await world.wait {
                    for node in ["n1", "n2"] {
                        guard try await plane.health(node)?.isCordoned == false else {
                            return false
                        }
                    }
                    return true
                })
        }
    }

    @Test("who is bad with two nodes goes out, and they stay")
    func blames() async throws {
        try await use(nodes: 4, bad: ["n0"]) {
            (world: CareWorld, plane: TestPlane) async throws -> Void in
            await world.kubelet.set("n0", .pass)
            #expect(
                try await world.wait(seconds: 120) {
                    try await plane.health("n0")?.track.state == .quarantined
                })
            for node in ["n1", "n2", "n3"] { #expect(try await plane.isInService(node)) }
            #expect(try plane.said("is bad, whichever of the two it is"))
            #expect(try await world.wait(seconds: 120) { world.kubelet.standing.isEmpty })
        }
    }

    @Test("who reaches nobody goes out once another node has reached his partners")
    func blamesWhoReachesNobody() async throws {
        try await use(nodes: 4, dead: ["n0"]) {
            (world: CareWorld, plane: TestPlane) async throws -> Void in
            await world.kubelet.set("n0", .pass)
            #expect(
                try await world.wait(seconds: 240) {
                    try await plane.health("n0")?.track.state == .quarantined
                })
            #expect(try plane.said("which was ready to answer"))
            #expect(try plane.said("connecting: timed out"))
            #expect(try plane.said("and another node reaches one of them"))
            #expect(
                try await world.wait(seconds: 120) {
                    for node in ["n1", "n2", "n3"] where try await !plane.isInService(node) {
                        return false
                    }
                    return world.kubelet.standing.isEmpty
                })
        }
    }
}
