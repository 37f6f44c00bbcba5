import Documents
import FleetModel
import Health
import HealthControl
import Store
import Testing

@testable import ControlPlane

@Suite("How found jobs end, and what is told of places")
struct FoundJobEndTests {
    private func job(_ key: String, _ fields: String) throws -> FoundJob {
        let text = "{name: \(key), tenant: team-a, preemptible: true, \(fields)}"
        let document = try #require(JobsDocument.parse(SourceText(text, file: "")).jobs.first)
        return FoundJob(key: key, owner: "team-a", document: document, text: text)
    }

    /// One node that `low` has, which `high` takes.
    private func contested() async throws -> Bench {
        var settings = ControlPlaneSettings()
        settings.policy.timeline.minimumRunTime = .zero
        let bench = try await Bench("1x8/1", settings: settings)
        try await bench.report(.found(job("low", "gpus: 8")))
        try await bench.report(.started(JobID(0), Attempt(1)))
        try await Task.sleep(for: .milliseconds(20))
        try await bench.report(.found(job("high", "gpus: 8, priority: 10")))
        return bench
    }

    @Test("a job is told the place that another leaves for it, until it has it")
    func tellsPlaces() async throws {
        let bench = try await contested()
        #expect(bench.backend.orders.contains("high goes to [0] when [\"low\"] stop"))
        try await bench.report(.vanished(key: "low", .preempted))
        #expect(bench.backend.orders.last == "high goes to [] when [] stop")
        #expect(bench.backend.launch(JobID(1), 1) != nil)
        await bench.plane.stop()
    }

    @Test("a node that a job rules out by name is counted once, when an attempt has ended")
    func countsExclusions() async throws {
        let bench = try await Bench("2x8/1")
        var picky = try job("picky", "gpus: 8")
        picky.excluded = [NodeID(1)]
        try await bench.report(.found(picky))
        try await bench.report(.started(JobID(0), Attempt(1)))
        func counted() async throws -> [Int64] {
            try await bench.plane.perform { driver in
                let engine = driver.desk.engine
                return (0..<2).map { node in
                    guard let machine = engine[NodeID(node)]?.machine else { return -1 }
                    let values = engine.ledger.machines[machine.index].signals.values(
                        engine.policy.suspicion.lemon, at: engine.clock.engine)
                    return values[LemonSignal.allCases.firstIndex(of: .exclusions) ?? 0]
                }
            }
        }
        #expect(try await counted() == [0, 0])
        try await bench.report(.vanished(key: "picky"))
        #expect(try await counted() == [0, 1])
        #expect(try await bench.plane.perform { $0.exclusions.isEmpty })
        await bench.plane.stop()
    }

    @Test("what is made anew keeps off the node that has just failed it, for a while")
    func keepsOffWhatFailedItsLike() async throws {
        let bench = try await Bench("3x8/1", settings: ControlPlaneSettings())
        func find(_ key: String, of lineage: String) async throws {
            var found = try job(key, "gpus: 8")
            found.lineage = lineage
            try await bench.report(.found(found))
        }
        func fail(_ job: Int, on node: NodeID) async throws {
            try await bench.report(
                .failed(
                    JobID(job), Attempt(1), .node, suspect: node, retry: .byCause, exits: [],
                    detail: ""))
        }
        try await find("a", of: "train")
        try await bench.report(.started(JobID(0), Attempt(1)))
        let first = try #require(bench.backend.launch(JobID(0), 1)).members[0].node
        // A process that starts hears of it again.
        try await bench.crash()
        try await find("a", of: "train")
        try await fail(0, on: first)
        try await bench.report(.vanished(key: "a"))
        // Another one may go there, this one not: there are two other nodes.
        try await find("b", of: "train")
        let second = try #require(bench.backend.launch(JobID(1), 1)).members[0].node
        #expect(second != first)
        try await find("c", of: "other")
        let third = try #require(bench.backend.launch(JobID(2), 1)).members[0].node
        #expect(third == first)
        // All but the suspect is taken: it waits, also after a crash, for a minute at most.
        try await find("x", of: "")
        try await bench.report(.started(JobID(2), Attempt(1)))
        try await bench.report(.vanished(key: "c"))
        let since = bench.plane.clock.now()
        func waits() throws -> Bool {
            let isQueued = try bench.state(4) == "queued"
            let isStill = isQueued && bench.backend.launch(JobID(4), 1) == nil
            return isStill || bench.plane.clock.now() - since >= .seconds(60)
        }
        try await find("d", of: "train")
        #expect(try waits())
        try await bench.crash()
        #expect(try waits())
        await bench.plane.stop()
        let store = try Store(folder: bench.folder.path)
        #expect(try DataCheck(store: store).findings == [])
        store.close()
    }

    @Test("what waits already when its like is put down to a node keeps off it, too")
    func keepsOffWhatIsNamedLater() async throws {
        let bench = try await Bench("1x8/1", settings: ControlPlaneSettings())
        let found = try ["a", "b"].map { key in
            var found = try job(key, "gpus: 8")
            found.lineage = "train"
            return BackendReport.found(found)
        }
        // All at once: what has waited a minute already may have the node. Whoever is of no lineage
        // may have it at any time, and keeps it.
        let others: [BackendReport] = [
            .started(JobID(0), Attempt(1)),
            .failed(
                JobID(0), Attempt(1), .node, suspect: NodeID(0), retry: .byCause, exits: [],
                detail: ""),
            .vanished(key: "a"), .found(try job("c", "gpus: 8")),
        ]
        for report in found + others { bench.backend.report(report) }
        try await bench.settle()
        #expect(try bench.state(1) == "queued" && bench.backend.launch(JobID(1), 1) == nil)
        #expect(bench.backend.launch(JobID(2), 1) != nil)
        await bench.plane.stop()
    }

    @Test("what a job leaves for one that is found in its place goes to nobody else")
    func displaces() async throws {
        let bench = try await Bench("1x8/1", settings: ControlPlaneSettings())
        try await bench.report(.found(job("shadow", "gpus: 8")))
        try await bench.report(.found(job("next", "gpus: 8")))
        var real = try job("real", "gpus: 8")
        real.members = [MemberPlacement(node: NodeID(0), role: 0, devices: 0xff)]
        real.displaced = [DisplacedJob("shadow", .overtaken)]
        try await bench.report(.found(real))
        #expect(try bench.state(0) == "cancelled")
        #expect(try bench.state(1) == "queued")
        #expect(try bench.state(2) == "running")
        // The node takes work again once it is free.
        try await bench.report(.vanished(key: "real"))
        #expect(bench.backend.launch(JobID(1), 1) != nil)
        await bench.plane.stop()
    }

    @Test("what a refused job was to displace goes all the same, and its place is given away")
    func displacesForARefusedJob() async throws {
        let bench = try await Bench("1x8/1", settings: ControlPlaneSettings())
        try await bench.report(.found(job("shadow", "gpus: 8")))
        try await bench.report(.found(job("next", "gpus: 8")))
        var real = try job("real", "gpus: 8")
        real.members = [MemberPlacement(node: NodeID(0), role: 0, devices: 0x7f)]
        real.displaced = [DisplacedJob("shadow", .overtaken)]
        try await bench.report(.found(real))
        #expect(try bench.state(0) == "cancelled")
        #expect(bench.backend.launch(JobID(1), 1) != nil)
        #expect(bench.backend.orders.contains { $0.hasPrefix("real is refused") })
        #expect(!bench.backend.orders.contains { $0.hasPrefix("real is 2") })
        // Nothing is left of it: its number is the next one's, and its event is not told.
        #expect(try bench.plane.job(JobID(2)) == nil)
        let events = try bench.plane.store.read { try $0.events(after: 0, limit: 100) }
        #expect(!events.contains { $0.name == "real" })
        #expect(events.contains { $0.kind == "ended" && $0.name == "shadow" })
        #expect(Set(events.map(\.id)).count == events.count)
        try await bench.report(.found(job("last", "gpus: 8")))
        #expect(try bench.state(2) == "queued")
        await bench.plane.stop()
    }

    @Test("a node that somebody closed stays closed when a job is displaced there")
    func displacesOnClosedNode() async throws {
        let bench = try await Bench("1x8/1", settings: ControlPlaneSettings())
        try await bench.report(.found(job("shadow", "gpus: 8")))
        try await bench.report(.drain(NodeID(0), deadline: nil, detail: "by hand"))
        var real = try job("real", "gpus: 8")
        real.members = [MemberPlacement(node: NodeID(0), role: 0, devices: 0xff)]
        real.displaced = [DisplacedJob("shadow", .overtaken)]
        try await bench.report(.found(real))
        #expect(try bench.state(1) == "running")
        try await bench.report(.vanished(key: "real"))
        try await bench.report(.found(job("next", "gpus: 8")))
        #expect(bench.backend.launch(JobID(2), 1) == nil)
        try await bench.report(.resume(NodeID(0), detail: ""))
        #expect(bench.backend.launch(JobID(2), 1) != nil)
        await bench.plane.stop()
    }

    @Test("after a restart it is told again, and a job that goes leaves no place")
    func tellsPlacesAgain() async throws {
        let bench = try await contested()
        try await bench.restart()
        try await bench.report(.found(job("high", "gpus: 8, priority: 10")))
        #expect(bench.backend.orders.contains("high goes to [0] when [] stop"))
        try await bench.report(.vanished(key: "high"))
        #expect(!bench.backend.orders.contains { $0.hasPrefix("high ended") })
        await bench.plane.stop()
    }

    @Test("what was evicted for another shows as preempted, with for whom, and its loss")
    func endsPreempted() async throws {
        let bench = try await contested()
        try await bench.report(.vanished(key: "low", .preempted))
        #expect(try bench.state(0) == "preempted")
        let attempts = try bench.plane.store.read { try $0.attempts(of: JobID(0), limit: 9) }
        #expect(attempts.map(\.ending) == ["preempted"])
        #expect(attempts.first?.detail == "for job 1 'high'")
        #expect((try bench.plane.job(JobID(0))?.row.lostMilliSeconds ?? 0) > 0)
        let events = try bench.plane.store.read {
            try $0.events(after: 0, kinds: ["ended", "stopping"], job: JobID(0), limit: 10)
        }
        #expect(
            events.map(\.text) == [
                "stops: job 1 'high' needs the place",
                "was preempted for job 1 'high'; what is made anew in its place is another job",
            ])
        #expect(!bench.backend.orders.contains { $0.hasPrefix("low ended") })
        await bench.plane.stop()
        let store = try Store(folder: bench.folder.path)
        #expect(try DataCheck(store: store).findings == [])
        store.close()
    }

    @Test("what others evict shows as preempted, with why, and blames neither program nor node")
    func endsEvicted() async throws {
        let bench = try await Bench("1x8/1")
        try await bench.report(.found(job("a", "gpus: 8")))
        try await bench.report(.started(JobID(0), Attempt(1)))
        try await bench.report(.vanished(key: "a", .evicted("the node was low on memory")))
        #expect(try bench.state(0) == "preempted")
        let attempts = try bench.plane.store.read { try $0.attempts(of: JobID(0), limit: 9) }
        #expect(attempts.map(\.ending) == ["maintenance"])
        #expect(attempts.first?.detail == "the node was low on memory")
        #expect(attempts.first?.culprit == nil)
        let events = try bench.plane.store.read {
            try $0.events(after: 0, kinds: ["ended", "stopping"], job: JobID(0), limit: 10)
        }
        #expect(
            events.map(\.text) == [
                "stops: others ended it",
                "was evicted: the node was low on memory; "
                    + "what is made anew in its place is another job",
            ])
        let counts = try await bench.plane.perform { driver in
            let entries = driver.desk.engine.losses.entries
            return RestartCause.allCases.filter { entries[Int($0.rawValue)].attempts > 0 }
        }
        #expect(counts == [.preemption])
        await bench.plane.stop()
    }

    @Test("a job that waits again keeps for whom its attempt was stopped")
    func keepsCause() async throws {
        let bench = try await contested()
        try await bench.report(.stopped(JobID(0), Attempt(1), []))
        #expect(try bench.state(0) == "queued")
        let attempts = try bench.plane.store.read { try $0.attempts(of: JobID(0), limit: 9) }
        #expect(attempts.map(\.detail) == ["for job 1 'high'"])
        await bench.plane.stop()
    }

    @Test("a job that ends without its backend is told so, also when it is found again")
    func tellsEnds() async throws {
        let bench = try await Bench("1x8/1")
        try await bench.report(.found(job("a", "gpus: 8")))
        try await bench.report(.found(job("b", "gpus: 8")))
        _ = try await bench.plane.act(
            .cancel, on: JobID(1), reason: "", by: Bench.caller)
        try await bench.settle()
        #expect(bench.backend.orders.contains("b ended: cancelled"))
        for attempt in 1...11 {
            try await bench.report(
                .failed(
                    JobID(0), Attempt(Int32(attempt)), .start, suspect: nil, retry: .byCause,
                    exits: [], detail: "no answer"))
        }
        #expect(bench.backend.orders.contains("a ended: failed"))
        try await bench.restart()
        try await bench.report(.found(job("b", "gpus: 8")))
        #expect(bench.backend.orders.suffix(2) == ["b is 1", "b ended: cancelled"])
        await bench.plane.stop()
    }
}
