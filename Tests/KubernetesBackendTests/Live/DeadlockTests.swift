import FleetModel
import Foundation
import KubernetesClient
import KubernetesFaults
import KubernetesObjects
import Testing

extension ServerTests {
    @Suite("Two gangs that each need the whole cluster", .timeLimit(.minutes(30)))
    struct DeadlockTests {}
}

extension ServerTests.DeadlockTests {
    private static let nodes = 4

    /// Rounds until one of the two runs whole, then the other.
    @Test("never stand in each other's way")
    func rounds() async throws {
        let count = LiveRun.number("MUSTER_DEADLOCK_ROUNDS") ?? 1_000
        let seed = LiveRun.number("MUSTER_DEADLOCK_SEED") ?? 1
        let began = ContinuousClock.now
        try await TestCluster.run(nodes: Self.nodes, hasKubelet: false) { cluster in
            let observer = ClusterObserver(
                client: cluster.client, gpusOfNode: 8, bound: .seconds(95))
            let watch = Task { await observer.run() }
            defer { watch.cancel() }
            let plane = try await TestPlane.start()
            defer { plane.remove() }
            var longest = Duration.zero
            for number in 0..<count {
                let start = ContinuousClock.now
                var random = SplitMix(seed: UInt64(seed) << 32 | UInt64(number))
                let error = try await round(number, cluster, observer, &random)
                longest = max(longest, ContinuousClock.now - start)
                if let error {
                    Issue.record(
                        """
                        round \(number) of seed \(seed): \(error)
                        repeat it: MUSTER_DEADLOCK_SEED=\(seed) \
                        MUSTER_DEADLOCK_ROUNDS=\(number + 1) make test-kubernetes
                        """)
                    break
                }
            }
            #expect(observer.broken.isEmpty)
            let took = (ContinuousClock.now - began) / .seconds(1)
            print("\(count) rounds in \(took) s, the longest \(longest)")
            await plane.stop()
        }
    }

    /// What went wrong; nil for nothing.
    private func round(
        _ number: Int, _ cluster: TestCluster, _ observer: ClusterObserver,
        _ random: inout SplitMix
    ) async throws -> String? {
        let names = ["a\(number)", "b\(number)"]
        let gangs = names.map { LivePods.gang($0, count: Self.nodes, gpus: 8) }
        var order = gangs.flatMap(\.self)
        for index in order.indices.dropLast() {
            order.swapAt(index, index + random.below(order.count - index))
        }
        // Some come one after the other, some at once.
        let width = [1, 2, 4, 8][random.below(4)]
        var pods = order[...]
        while !pods.isEmpty {
            try await cluster.createAtOnce(Array(pods.prefix(width)))
            pods = pods.dropFirst(width)
            if random.below(4) == 0 { try await Task.sleep(for: .milliseconds(random.below(6))) }
        }
        if random.below(5) == 0 {
            // One is deleted and made anew, wherever it is by then.
            let gang = random.below(2)
            let index = random.below(Self.nodes)
            if random.below(2) == 0 { try await Task.sleep(for: .milliseconds(random.below(20))) }
            try await cluster.deleteAtOnce([gangs[gang][index].name])
            try await cluster.createAtOnce([LivePods.again(gangs[gang][index], "x")])
        }
        var left = names
        while !left.isEmpty {
            guard let first = try await whole(of: left, gangs, cluster, observer) else {
                return "neither of \(left) runs: \(left.map { observer.standing($0) })"
            }
            // The other may begin only when this one is gone.
            for other in left where other != first {
                let standing = observer.pods.filter {
                    $0.gang == other && $0.stands && !$0.isDeleting
                }
                if !standing.isEmpty { return "\(other) stands beside \(first)" }
            }
            left.removeAll { $0 == first }
            func delete() async throws {
                try await cluster.deleteAtOnce(
                    observer.pods.filter { $0.gang == first }.map(\.key.name))
            }
            try await delete()
            // What was not seen yet goes, too.
            let isGone = try await observer.wait(seconds: 240) {
                observer.count(first) == 0
            } meanwhile: {
                try await delete()
            }
            guard isGone else { return "\(first) does not go" }
        }
        return observer.broken.first
    }

    /// Waits until one of these gangs is whole. Pods that were evicted are made anew, as their
    /// controller would.
    private func whole(
        of names: [String], _ gangs: [[PodText]], _ cluster: TestCluster,
        _ observer: ClusterObserver
    ) async throws -> String? {
        var made = 0
        let isWhole = try await observer.wait(seconds: 240) {
            names.contains { observer.standing($0) == Self.nodes }
        } meanwhile: {
            for gang in gangs where names.contains(gang[0].gang) {
                let there = observer.pods.filter { $0.gang == gang[0].gang }
                guard there.count < Self.nodes else { continue }
                for pod in gang where !there.contains(where: { $0.key.name.hasPrefix(pod.name) }) {
                    made += 1
                    _ = try? await cluster.createAtOnce([LivePods.again(pod, "m\(made)")])
                }
            }
        }
        return isWhole ? names.first { observer.standing($0) == Self.nodes } : nil
    }
}
