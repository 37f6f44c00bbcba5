import FleetModel
import Foundation
import Testing

@testable import KubernetesBackend

/// Random clusters: the state, the gang book, the real driver and its database against a model of
/// an API server, its kubelets, controllers and users. A case is a function of its seed.
@Suite("Random clusters")
struct TortureTests {
    private static func number(_ name: String) -> Int? {
        ProcessInfo.processInfo.environment[name].flatMap { Int($0) }
    }

    /// Steps of one case: a failure is found again in seconds.
    private static let stepsOfCase = 600

    @Test(
        "no device is given twice, no gang stays half, nothing waits for good",
        .timeLimit(.minutes(600)))
    func torture() throws {
        let steps = Self.number("MUSTER_TORTURE_STEPS") ?? 20_000
        let only = Self.number("MUSTER_TORTURE_SEED")
        let cases = max(steps / Self.stepsOfCase, 1)
        var reached: [String: Int] = [:]
        for index in 0..<cases {
            let seed = UInt64(only ?? index + 1)
            do {
                try run(seed, &reached)
            } catch {
                Issue.record("seed \(seed): \(error); \(Self.again(seed))")
            }
            if only != nil { break }
        }
        print("reached \(reached.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" })")
        guard only == nil, cases >= 30 else { return }
        for what in [
            "bindings", "evictions", "failed bindings", "refused bindings", "lost nodes",
            "restarts",
            "restarts without data", "quota changes", "cancelled jobs", "replaced pods", "lists",
            "doubled events", "ended gangs", "fenced bindings", "failed pods", "read logs",
        ] { #expect(reached[what, default: 0] > 0, "never reached: \(what)") }
    }

    private func run(_ seed: UInt64, _ reached: inout [String: Int]) throws {
        let memory = "/dev/shm"
        var room = statvfs()
        // In a container it may be small, and then it is full in the middle of a run.
        let hasRoom = statvfs(memory, &room) == 0 && room.f_bavail * room.f_bsize > 1 << 30
        let parent =
            hasRoom && FileManager.default.isWritableFile(atPath: memory)
            ? memory : FileManager.default.temporaryDirectory.path
        let folder = parent + "/muster-torture-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let isTraced = ProcessInfo.processInfo.environment["MUSTER_TORTURE_TRACE"] != nil
        let run = try TortureRun(seed: seed, folder: folder, isTraced: isTraced)
        for _ in 0..<Self.stepsOfCase where run.broken.isEmpty { try run.step() }
        if run.broken.isEmpty { try run.end() }
        run.plane.leave()
        reached.merge(run.reached) { $0 + $1 }
        if let first = run.broken.first {
            Issue.record(
                """
                seed \(seed): \(first)
                \(run.tail)
                \(Self.again(seed))
                """)
        }
    }

    private static func again(_ seed: UInt64) -> String {
        "repeat it: MUSTER_TORTURE_SEED=\(seed) swift test --filter TortureTests"
    }
}
