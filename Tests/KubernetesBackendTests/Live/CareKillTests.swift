import FleetModel
import Foundation
import KubernetesFaults
import KubernetesObjects
import Testing

@testable import KubernetesBackend

extension ServerTests {
    /// Goal: a control plane that is killed at any point of a repair goes on with it, asks for
    /// nothing twice, leaves nothing of its own behind, and trusts nothing for it.
    @Suite("Kills in the middle of repairs in a cluster", .timeLimit(.minutes(15)))
    struct CareKillTests {}
}

extension ServerTests.CareKillTests {
    /// The points of a repair of one node at which the process ends.
    private enum Point: CaseIterable {
        /// Its fault has just been acknowledged.
        case told
        /// The node asks for its reboot.
        case marked
        /// The machine starts anew while nobody looks.
        case restarts
        /// It has just started anew.
        case restarted
        /// The pod that tests it is there.
        case tested
        /// That pod ends while nobody looks.
        case passesUnseen
        /// That pod has just ended.
        case passed
    }

    private static let label = "sagemaker.amazonaws.com/node-health-status"
    private static let policy = """
        arrival: {new: admit}
        breakers: {leastDevices: 100000, leastDomainDevices: 100000}
        """

    private static var seed: UInt64 {
        ProcessInfo.processInfo.environment["MUSTER_KILL_SEED"].flatMap { UInt64($0) } ?? 1
    }

    @Test("the process is killed at each point of a repair, and what it began is finished once")
    func goesOn() async throws {
        let points = Point.allCases
        var random = SplitMix(seed: Self.seed)
        print("kills in repairs: MUSTER_KILL_SEED=\(Self.seed)")
        let delays = points.map { _ in random.below(400) }
        let order = points.indices.map { (random.next(), $0) }.sorted { $0.0 < $1.0 }.map(\.1)
        try await CareWorld.run(nodes: points.count) { world in
            for index in points.indices {
                try await world.setStatus(
                    of: "n\(index)", #"{"nodeInfo":{"bootID":"first-\#(index)"}}"#)
            }
            let plane = try PlaneProcess(
                health: Self.policy,
                [
                    "--check-image", "muster:test", "--check-namespace", world.kubelet.namespace,
                    "--repair", "reboot=label:\(Self.label)=UnschedulablePendingReboot",
                ])
            defer { plane.remove() }
            try plane.start()
            for index in order {
                try await repair(
                    "n\(index)", points[index], afterMilliseconds: delays[index], plane, world)
            }
        }
    }

    private func repair(
        _ node: String, _ point: Point, afterMilliseconds delay: Int, _ plane: PlaneProcess,
        _ world: CareWorld
    ) async throws {
        /// Ends the process if this is the point, and lets something happen before the next.
        func reach(_ reached: Point, _ meanwhile: () async throws -> Void = {}) async throws {
            guard reached == point else { return }
            try await Task.sleep(for: .milliseconds(delay))
            plane.kill()
            try await meanwhile()
            try plane.start()
        }
        let text = "\(node), \(point), after \(delay) ms"
        #expect(
            try await world.wait(seconds: 60) { plane.ask(["health"]) != nil }, "\(text): begins")
        let line = "NVRM: Xid (PCI:0000:01:00): 79, pid=1, GPU has fallen off the bus."
        #expect(plane.ask(["signals", node, "-"], input: line + "\n") != nil, "\(text): told")
        try await reach(.told)
        #expect(
            try await world.wait(seconds: 60) {
                try await world.node(node).labels[Self.label] != nil
            }, "\(text): marked")
        let note = try await world.node(node).repairNote
        try await reach(.marked)
        let isUp = try await world.wait(seconds: 60) { plane.health(node) != nil }
        #expect(isUp, "\(text): still out")
        // Nobody begins the repair anew.
        #expect(try await world.node(node).repairNote == note, "\(text): the same repair")
        func restart() async throws {
            try await world.setStatus(of: node, #"{"nodeInfo":{"bootID":"second-\#(node)"}}"#)
        }
        try await reach(.restarts, restart)
        try await restart()
        try await reach(.restarted)
        try await prove(node, text, plane, world, reach)
    }

    private func prove(
        _ node: String, _ text: String, _ plane: PlaneProcess, _ world: CareWorld,
        _ reach: (Point, () async throws -> Void) async throws -> Void
    ) async throws {
        func pods() -> [String] {
            world.kubelet.seen.filter { $0.hasPrefix("check-\(node)-15m-") }
        }
        #expect(
            try await world.wait(seconds: 60) {
                world.kubelet.standing.contains { $0.hasPrefix("check-\(node)-15m-") }
            }, "\(text): tested: \(world.kubelet.standing)")
        try await reach(.tested) {}
        // What is shown is up to a second old.
        #expect(
            try await world.wait(seconds: 60) {
                plane.health(node)?["state"] as? String == "proving"
            }, "\(text): waits for its proof: \(plane.health(node) ?? [:])")
        #expect(try await world.node(node).labels[Self.label] == nil, "\(text): no mark is left")
        try await reach(.passesUnseen) { await world.kubelet.set(node, .pass) }
        await world.kubelet.set(node, .pass)
        try await reach(.passed) {}
        #expect(
            try await world.wait(seconds: 60) {
                let health = plane.ask(["health"])?["out"] as? [[String: Any]]
                return health.map { $0.allSatisfy { $0["node"] as? String != node } } ?? false
            }, "\(text): in service: \(plane.health(node) ?? [:])")
        let machine = plane.ask(["hardware", node])
        let counts = machine?["counts"] as? [String: Any]
        #expect(counts?["passedTests"] as? Int == 1, "\(text): \(counts ?? [:])")
        #expect(counts?["repairs"] as? Int == 1 && counts?["faults"] as? Int == 1, "\(text)")
        #expect(pods().count == 1, "\(text): one pod: \(pods())")
        #expect(try await world.wait(seconds: 60) { world.kubelet.standing.isEmpty }, "\(text)")
        let last = try await world.node(node)
        #expect(last.labels[Self.label] == nil && last.repairNote.isEmpty, "\(text)")
        #expect(!last.isUnschedulable && last.taints.isEmpty, "\(text)")
    }
}
