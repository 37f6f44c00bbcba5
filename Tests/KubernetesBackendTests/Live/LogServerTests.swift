import FleetModel
import KubernetesBackend
import KubernetesClient
import KubernetesFaults
import KubernetesObjects
import Store
import Synchronization
import Testing

@testable import ControlPlane

extension ServerTests {
    @Suite("Logs of pods that failed, on a cluster", .timeLimit(.minutes(10)))
    struct LogServerTests {}
}

extension ServerTests.LogServerTests {
    /// A gang of two that fails, the second pod first; gives its attempt as it is kept.
    private func attempt(
        logSeconds: Int64 = 60, _ prepare: @escaping @Sendable (LogKubelet) -> Void
    ) async throws -> AttemptRow {
        let kept = Kept<AttemptRow>()
        try await CareWorld.run(nodes: 2) { world in
            let plane = try await TestPlane.start { $0.logSeconds = logSeconds }
            defer { plane.remove() }
            let cluster = world.cluster
            prepare(world.kubelet.logs)
            try await cluster.create(PodText.gang("train", count: 2))
            #expect(try await cluster.wait { plane.states("train") == ["running"] } != nil)
            await cluster.kubelet.end("train-1", code: 1, at: "2026-07-01T12:00:10Z")
            await cluster.kubelet.end("train-0", code: 143, at: "2026-07-01T12:00:20Z")
            #expect(try await cluster.wait { plane.states("train") == ["failed"] } != nil)
            await plane.stop()
            let store = try Store(folder: plane.folder)
            kept.set(try store.read { try $0.attempts(of: JobID(0), limit: 9) }.first)
            store.close()
        }
        return try #require(kept.value)
    }

    @Test("a device error in the log of a pod names its node")
    func namesNode() async throws {
        let kubelet = Kept<LogKubelet>()
        let attempt = try await attempt { logs in
            kubelet.set(logs)
            let steps = (0..<3000).map { "step \($0), loss 0.5" }.joined(separator: "\n")
            logs.set(
                steps + "\nRuntimeError: CUDA error: uncorrectable ECC error encountered\n",
                of: "train-1")
            logs.set(steps, of: "train-0")
        }
        #expect(
            attempt.detail
                == "the container 'main' of the pod train-1 ended with exit code 1")
        #expect(Set(kubelet.value?.reads ?? []) == ["train-0", "train-1"])
        #expect(attempt.culprit?.reason == "deviceError")
        #expect(attempt.culprit?.ranks == [1] && attempt.culprit?.suspect != nil)
        #expect(attempt.exits.map(\.code) == [143, 1])
    }

    @Test("without logs, or with a kubelet that does not answer, it fails all the same")
    func goesOnWithout() async throws {
        #expect(try await attempt { _ in }.culprit == nil)
        #expect(try await attempt(logSeconds: 1) { $0.fallSilent() }.culprit == nil)
    }
}

/// Something that a closure leaves for who called it.
private final class Kept<Value: Sendable>: Sendable {
    private let kept = Mutex<Value?>(nil)

    var value: Value? { kept.withLock { $0 } }
    func set(_ value: Value?) { kept.withLock { $0 = value } }
}
