import Documents
import FleetModel
import Scheduler
import Store
import Testing

@testable import ControlPlane

@Suite("Recovery")
struct RecoveryTests {
    @Test("what ran is expected to run, and what was ordered is ordered again")
    func comesBack() async throws {
        let bench = try await Bench("2x8/1")
        try await bench.submit("{name: a, gpus: 8}")
        try await bench.submit("{name: b, gpus: 8}")
        try await bench.submit("{name: c, gpus: 8}")
        try await bench.report(.started(JobID(0), Attempt(1)))
        let hash = try await bench.plane.perform { $0.engine.stateHash() }
        try await bench.restart()
        let after = try await bench.plane.perform { $0.engine.stateHash() }
        #expect(hash == after)
        #expect(bench.backend.expected.map(\.launch.job) == [JobID(0), JobID(1)])
        #expect(bench.backend.expected.map(\.phase) == [.running, .starting])
        try await bench.settle()
        #expect(bench.backend.orders == ["start 1/1"])
        #expect(try bench.state(2) == "queued")
        #expect(bench.plane.view.jobs[2]?.row.reason?.code == .capacity)
        await bench.plane.stop()
    }

    @Test("without its snapshots a folder comes back from the journal alone")
    func replaysAll() async throws {
        let bench = try await Bench()
        for index in 0..<20 { try await bench.submit("{name: j\(index), gpus: 4}") }
        for index in 0..<8 { try await bench.report(.started(JobID(index), Attempt(1))) }
        for index in 0..<4 { try await bench.report(.finished(JobID(index), Attempt(1), [])) }
        await bench.plane.stop()
        let store = try Store(folder: bench.folder.path)
        let check = try DataCheck(store: store)
        #expect(check.findings == [])
        #expect(check.stateHash == check.replayedHash && check.replayedInputs > 30)
        SnapshotFiles(dataFolder: bench.folder.path).delete(
            try #require(try store.read { try $0.snapshots() }.first).file)
        let again = try DataCheck(store: store)
        #expect(again.findings == [] && again.stateHash == check.stateHash)
        store.close()
    }

    @Test("snapshots take the place of old journals")
    func compacts() async throws {
        var settings = ControlPlaneSettings()
        settings.snapshotInputs = 10
        let bench = try await Bench(settings: settings)
        for index in 0..<60 {
            try await bench.submit("{name: j\(index), gpus: 8}")
            while bench.plane.snapshots.isBusy { try await Task.sleep(for: .milliseconds(1)) }
        }
        try await bench.settle()
        let first = try bench.plane.store.read { try $0.firstBatch() ?? 0 }
        #expect(first > 1)
        try await bench.restart()
        #expect(bench.plane.view.openJobs == 60)
        await bench.plane.stop()
        let store = try Store(folder: bench.folder.path)
        #expect(try store.read { try $0.snapshots() }.count == 2)
        #expect(try DataCheck(store: store).findings == [])
        store.close()
    }

    @Test("a node that the backend does not have any more is lost, a new one joins")
    func comparesFleets() async throws {
        let bench = try await Bench("4x8/2")
        try await bench.restart(fleet: "2x8/2")
        #expect(bench.plane.view.nodes[3]?.state == .lost)
        try await bench.restart(fleet: "6x8/2")
        #expect(bench.plane.view.nodes[3]?.state == .ready)
        #expect(bench.plane.view.nodes[5]?.state == .ready)
        await bench.plane.stop()
    }

    @Test("the job after the first one is not the first one again")
    func numbersGoOn() async throws {
        let bench = try await Bench()
        try await bench.submit("{name: a, gpus: 1}")
        try await bench.restart()
        let second = try await bench.submit("{name: b, gpus: 1}")
        #expect(second.job.row.id == JobID(1))
        await bench.plane.stop()
    }

    @Test("a folder goes on by the policy that it began with")
    func keepsPolicy() async throws {
        var settings = ControlPlaneSettings()
        settings.policy.timeline.minimumRunTime = .zero
        let bench = try await Bench(settings: settings)
        try await bench.submit("{name: a, gpus: 8, members: 4, preemptible: true}")
        for index in 0..<4 { try await bench.submit("{name: b\(index), priority: 9, gpus: 8}") }
        await bench.plane.stop()
        let store = try Store(folder: bench.folder.path)
        #expect(try DataCheck(store: store).findings == [])
        store.close()
        bench.settings.policy = Policy(queueOrder: .fifo)
        try await bench.restart()
        let policy = try await bench.plane.perform { $0.engine.policy }
        #expect(policy == settings.policy)
        await bench.plane.stop()
    }

    @Test("other topology levels are refused")
    func refusesOtherLevels() async throws {
        let bench = try await Bench("4x8/2")
        await #expect {
            try await bench.restart(fleet: "4x8/2/2")
        } throws: { ($0 as? OperatingError)?.code == .differentFleet }
    }

    @Test("the fleet's time does not go back")
    func keepsTime() async throws {
        let bench = try await Bench()
        try await bench.submit("{name: a, gpus: 1}")
        let before = try await bench.plane.perform { $0.now }
        try await bench.restart()
        #expect(try await bench.plane.perform { $0.now } >= before)
        await bench.plane.stop()
    }

    @Test("a record that was changed is noticed")
    func noticesChanges() async throws {
        let bench = try await Bench()
        for index in 0..<5 { try await bench.submit("{name: j\(index), gpus: 1}") }
        await bench.plane.stop()
        let store = try Store(folder: bench.folder.path)
        SnapshotFiles(dataFolder: bench.folder.path).delete(
            try #require(try store.read { try $0.snapshots() }.first).file)
        try store.write { try $0.deleteJournal(through: 2) }
        #expect {
            _ = try DataCheck(store: store)
        } throws: { ($0 as? OperatingError)?.code == .damagedDatabase }
        store.close()
    }

    @Test("a first start that failed leaves a new folder")
    func beginsAgain() async throws {
        let folder = TemporaryFolder()
        let store = try Store(folder: folder.path)
        let fleet = try FleetDefinition.parse(shorthand: "4x8/2").get()
        try Recovery(store: store).begin(topology: fleet.topology)
        #expect(try Recovery(store: store).isNew())
        store.close()
        let bench = try await Bench()
        try await bench.submit("{name: a, gpus: 1}")
        #expect(try !Recovery(store: bench.plane.store).isNew())
        await bench.plane.stop()
    }

    @Test("waiting jobs are told anew when they are likely to start")
    func refreshesEstimates() async throws {
        let bench = try await Bench("1x8/1")
        for name in ["a", "b"] { try await bench.submit("{name: \(name), gpus: 8, timeLimit: 1h}") }
        try await bench.report(.started(JobID(0), Attempt(1)))
        for _ in 0..<12_000 where bench.plane.view.jobs[1]?.estimate == nil {
            try await Task.sleep(for: .milliseconds(20))
        }
        let estimate = try #require(bench.plane.view.jobs[1]?.estimate)
        let view = try #require(bench.plane.view.jobs[1])
        #expect(view.estimate(at: estimate.latest) == nil)
        #expect(view.estimate(at: estimate.likely)?.earliest == estimate.likely)
        await bench.plane.stop()
    }
}
