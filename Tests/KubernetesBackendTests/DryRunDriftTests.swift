import ControlPlane
import FleetModel
import Foundation
import KubernetesBackend
import KubernetesClient
import KubernetesFaults
import KubernetesObjects
import Store
import Testing

extension ServerTests.DryRunServerTests {
    /// Gangs that come and go, of one to four pods.
    private struct Traffic {
        var random: SplitMix
        var gangs: [String: Int] = [:]
        var made = 0
        let urgent: String

        mutating func next() -> [PodText] {
            let count = 1 + Int(random.below(4))
            let gpus = 1 << Int(random.below(4))
            made += 1
            let name = "g\(made)"
            gangs[name] = count
            var pods = PodText.gang(name, count: count, gpus: gpus)
            let isUrgent = random.below(4) == 0
            for index in pods.indices {
                pods[index].scheduler = "default-scheduler"
                if isUrgent { pods[index].priorityClass = urgent }
            }
            return pods
        }
    }

    /// Nodes of the pods of a gang, sorted; nil when not all of them run.
    private func places(_ pods: [Pod], _ name: String, _ count: Int) -> [String]? {
        let own = pods.filter { $0.metadata.name.hasPrefix(name + "-") }
        let nodes = own.filter { $0.phase == .running }.compactMap(\.nodeName)
        return nodes.count == count ? nodes.sorted() : nil
    }

    @Test(
        "after a while beside kube-scheduler the model is as things are",
        .enabled(
            if: ProcessInfo.processInfo.environment["MUSTER_KUBE_SCHEDULER"] != nil,
            "no kube-scheduler: scripts/kube-test-env run --scheduler -- …"),
        arguments: UInt64(1)...3)
    func doesNotDrift(_ seed: UInt64) async throws {
        try await TestCluster.run(nodes: 4) { cluster in
            let plane = try await TestPlane.start {
                $0.isDryRun = true
                $0.schedulerName = "default-scheduler"
            }
            defer { plane.remove() }
            var traffic = Traffic(
                random: SplitMix(seed: seed), urgent: try await cluster.priorityClass())
            try await Task.sleep(for: .seconds(2))
            for _ in 0..<40 {
                try await cluster.create(traffic.next())
                let pods = try await cluster.pods()
                for (name, count) in traffic.gangs.sorted(by: { $0.key < $1.key })
                where traffic.random.below(3) == 0 {
                    let isWhole = places(pods, name, count) != nil
                    // Half a gang is given up now and then, or nothing would ever go on.
                    guard isWhole || traffic.random.below(3) == 0 else { continue }
                    for index in 0..<count {
                        if isWhole {
                            await cluster.kubelet.set("Succeeded", of: "\(name)-\(index)")
                        } else {
                            try await cluster.delete(["\(name)-\(index)"])
                        }
                    }
                    traffic.gangs[name] = nil
                }
                try await Task.sleep(for: .milliseconds(100))
            }
            let gangs = traffic.gangs
            var strays: [String] = []
            let agrees = try await cluster.wait {
                let pods = try await cluster.pods()
                strays = gangs.sorted { $0.key < $1.key }.compactMap { name, count in
                    guard let nodes = places(pods, name, count) else { return nil }
                    let isRight =
                        plane.nodes(name) == nodes
                        && ["running", "stopping"].contains(plane.states(name).last ?? "")
                    let (model, states) = (plane.nodes(name), plane.states(name))
                    return isRight ? nil : "\(name) on \(nodes), not \(model) \(states)"
                }
                return strays.isEmpty
            }
            #expect(agrees != nil, "\(strays)")
            let differences = try #require(await plane.plane.backend.differences())
            #expect(differences.totals.gangs == 40)
            #expect(differences.totals.agreed > 0 && differences.totals.gone > 0)
            // When all is over nothing is left of it.
            for pod in try await cluster.pods() where pod.phase != .succeeded {
                try await cluster.delete([pod.metadata.name])
            }
            let isEmpty = try await cluster.wait {
                var isEmpty = plane.plane.view.openJobs == 0
                plane.plane.view.nodes.forEach { node in
                    isEmpty = isEmpty && node.occupants.isEmpty && node.row.unhealthy == 0
                    return true
                }
                return isEmpty
            }
            #expect(isEmpty != nil)
            #expect(await plane.plane.backend.differences()?.totals.open == 0)
            await plane.stop()
        }
    }
}
