import Culprits
import Documents
import FleetModel
import Foundation
import Health
import HealthControl
import HealthSignals
import Scheduler
import Store
import Testing

@testable import ControlPlane

/// Goal: a hang is put down to the node that evidence names, the job goes on elsewhere and pays
/// nothing for it; and where nobody is to blame, that is said and nothing else is done.
@Suite("Culprits of hangs")
struct CulpritTests {
    private static let gang = "{name: a, gpus: 8, members: 4, retries: {node: 3}}"

    /// The flight record of a rank among `size`: operation 7, or one behind.
    private static func record(of rank: Int, size: Int, isLate: Bool) -> [UInt8] {
        let ranks = Array(0..<size)
        let entries = [6, 7].filter { !isLate || $0 == 6 }.map { sequence in
            """
            {"process_group": ["0", "default_pg"], "collective_seq_id": \(sequence), "pg_id": 0,
             "profiling_name": "nccl:all_reduce", "time_created_ns": 1, "input_sizes": [[4]],
             "output_sizes": [[4]], "is_p2p": false,
             "state": "\(sequence == 6 ? "completed" : "started")"}
            """
        }
        return Array(
            """
            {"version": "2.10", "pg_config": {"0": {"desc": "default_pg", "ranks": "\(ranks)"}},
             "entries": [\(entries.joined(separator: ","))]}
            """.utf8)
    }

    static func evidence(size: Int, late: Set<Int>) throws -> AttemptEvidence {
        var told = AttemptEvidence()
        for rank in 0..<size {
            try told.evidence.add(
                record(of: rank, size: size, isLate: late.contains(rank)), name: "trace_\(rank)")
        }
        return told
    }

    private func run(_ bench: Bench) async throws -> [NodeID] {
        try await bench.submit(CulpritTests.gang)
        try await bench.report(.started(JobID(0), Attempt(1)))
        return try #require(bench.backend.launch(JobID(0), 1)).members.map(\.node)
    }

    private func fail(_ bench: Bench, _ attempt: Int32 = 1) async throws {
        try await bench.report(
            .failed(
                JobID(0), Attempt(attempt), .application, suspect: nil, retry: .byCause,
                exits: [MemberExit(rank: 0, signal: 6)], detail: "signal 6"))
    }

    private func attempt(_ bench: Bench, _ number: Int32 = 1) throws -> AttemptRow {
        let rows = try bench.plane.store.read { try $0.attempts(of: JobID(0), limit: 10) }
        return try #require(rows.first { $0.attempt.rawValue == number })
    }

    private func losses(_ bench: Bench, _ cause: RestartCause) async throws -> LossEntry {
        try await bench.plane.perform { $0.desk.engine.losses[cause] }
    }

    @Test("the job starts again off the node that did not come, and its program is not blamed")
    func goesElsewhere() async throws {
        let bench = try await Bench("6x8/1")
        let nodes = try await run(bench)
        let told = try CulpritTests.evidence(size: 4, late: [2])
        try await bench.report(.evidence(JobID(0), Attempt(1), told))
        try await fail(bench)
        let culprit = try #require(try attempt(bench).culprit)
        #expect(culprit.verdict == "named" && culprit.reason == "missingAtFront")
        #expect(culprit.suspect == nodes[2] && culprit.ranks == [2])
        let second = try #require(bench.backend.launch(JobID(0), 2)).members.map(\.node)
        #expect(!second.contains(nodes[2]) && second.count == 4)
        let hangs = try await losses(bench, .hang)
        #expect(hangs.attempts == 1 && hangs.attributed == 1)
        let health = try await bench.plane.perform { $0.desk.engine[nodes[2]] }
        #expect(health?.track.state == .suspect)
        let events = try bench.plane.store.read { try $0.events(after: 0, limit: 100) }
        #expect(events.contains { $0.kind == "culprit" && $0.text == culprit.text })
        await bench.plane.stop()
        let store = try Store(folder: bench.folder.path)
        #expect(try DataCheck(store: store).findings == [])
        store.close()
    }

    @Test("ranks of many nodes are accused by their order when a launcher made them")
    func countsRanks() async throws {
        let bench = try await Bench("6x8/1")
        let nodes = try await run(bench)
        let told = try CulpritTests.evidence(size: 32, late: [9, 11])
        try await bench.report(.evidence(JobID(0), Attempt(1), told))
        try await fail(bench)
        #expect(try attempt(bench).culprit?.nodes == [nodes[1]])
        await bench.plane.stop()
    }

    @Test("the first fault of hardware goes before what the ranks say")
    func hardwareFirst() async throws {
        var settings = ControlPlaneSettings()
        settings.health = try HealthDocument.read(
            SourceText("{arrival: {new: admit}, repair: {drainGrace: 30m}}", file: "h")
        ).get()
        let bench = try await Bench("6x8/1", settings: settings)
        let nodes = try await run(bench)
        try await bench.log(HealthInDriverTests.offTheBus, of: nodes[3])
        let told = try CulpritTests.evidence(size: 4, late: [2])
        try await bench.report(.evidence(JobID(0), Attempt(1), told))
        try await fail(bench)
        let culprit = try #require(try attempt(bench).culprit)
        #expect(culprit.reason == "hardwareFault" && culprit.suspect == nodes[3])
        #expect(culprit.grounds.contains { $0.hasPrefix("rank 2 did not come") })
        #expect(try await losses(bench, .hardware).attributed == 1)
        // The rank that the fault explains is not watched for it.
        let other = try await bench.plane.perform { $0.desk.engine[nodes[2]]?.track.state }
        #expect(other == .inService)
        await bench.plane.stop()
    }

    @Test("where everybody was there nobody is blamed, and the job's own retries are used")
    func blamesNobody() async throws {
        let bench = try await Bench("6x8/1")
        _ = try await run(bench)
        let told = try CulpritTests.evidence(size: 4, late: [])
        try await bench.report(.evidence(JobID(0), Attempt(1), told))
        try await fail(bench)
        #expect(try bench.state(0) == "failed")
        let culprit = try #require(try attempt(bench).culprit)
        #expect(culprit.verdict == "notAttributable" && culprit.reason == "allInside")
        #expect(culprit.suspect == nil)
        let hangs = try await losses(bench, .hang)
        #expect(hangs.attempts == 1 && hangs.attributed == 0)
        await bench.plane.stop()
    }

    @Test("a failure without evidence is the program's, as before")
    func knowsNothing() async throws {
        let bench = try await Bench("6x8/1")
        _ = try await run(bench)
        try await fail(bench)
        #expect(try attempt(bench).culprit == nil)
        #expect(try await losses(bench, .application).attempts == 1)
        await bench.plane.stop()
    }

    @Test("what was found outlives the process that was told")
    func survivesACrash() async throws {
        let bench = try await Bench("6x8/1")
        let nodes = try await run(bench)
        let row = try await bench.plane.judge(
            JobID(0), nil, with: try CulpritTests.evidence(size: 4, late: [1]), by: Bench.caller)
        #expect(row.culprit?.suspect == nodes[1] && row.endedAt == nil)
        try await bench.crash()
        try await fail(bench)
        #expect(try attempt(bench).culprit?.suspect == nodes[1])
        let second = try #require(bench.backend.launch(JobID(0), 2)).members.map(\.node)
        #expect(!second.contains(nodes[1]))
        await bench.plane.stop()
    }

    @Test("evidence that comes late, file by file, changes what is shown and has the node watched")
    func comesLate() async throws {
        let bench = try await Bench("6x8/1")
        let nodes = try await run(bench)
        try await fail(bench)
        #expect(try bench.state(0) == "failed")
        var last: AttemptRow?
        for rank in 0..<4 {
            var told = AttemptEvidence()
            try told.evidence.add(
                CulpritTests.record(of: rank, size: 4, isLate: rank == 3), name: "trace_\(rank)")
            last = try await bench.plane.judge(
                JobID(0), Attempt(1), with: told, by: Bench.caller)
        }
        #expect(last?.culprit?.suspect == nodes[3])
        try await bench.settle()
        #expect(try attempt(bench).culprit == last?.culprit)
        let health = try await bench.plane.perform { $0.desk.engine[nodes[3]] }
        #expect(health?.track.state == .suspect)
        await #expect(throws: OperatingError.self) {
            try await bench.plane.judge(
                JobID(0), Attempt(9), with: AttemptEvidence(), by: Bench.caller)
        }
        await bench.plane.stop()
    }

    @Test("an attempt that is stopped for another reason is not put down to anybody")
    func stopsForAnother() async throws {
        let bench = try await Bench("6x8/1")
        _ = try await run(bench)
        _ = try await bench.plane.judge(
            JobID(0), nil, with: try CulpritTests.evidence(size: 4, late: [1]), by: Bench.caller)
        _ = try await bench.plane.act(.cancel, on: JobID(0), reason: "", by: Bench.caller)
        try await bench.report(.stopped(JobID(0), Attempt(1), []))
        #expect(try await losses(bench, .done).attempts == 1)
        #expect(try await losses(bench, .hang).attempts == 0)
        await bench.plane.stop()
    }

    @Test("ranks of one node accuse it of nothing; a fault of its device does")
    func staysOnOneNode() async throws {
        let bench = try await Bench("1x8/1")
        try await bench.submit("{name: a, gpus: 2, members: 4}")
        try await bench.report(.started(JobID(0), Attempt(1)))
        var told = try CulpritTests.evidence(size: 4, late: [2])
        let first = try await bench.plane.judge(JobID(0), nil, with: told, by: Bench.caller)
        #expect(first.culprit?.ranks == [2] && first.culprit?.suspect == nil)
        var parser = FrameworkLogParser()
        let found = parser.parse("CUDA error: uncorrectable ECC error encountered")
        told = AttemptEvidence(signs: [MemberSign(member: 2, try #require(found))])
        let second = try await bench.plane.judge(JobID(0), nil, with: told, by: Bench.caller)
        #expect(second.culprit?.suspect == NodeID(0))
        await bench.plane.stop()
    }
}
