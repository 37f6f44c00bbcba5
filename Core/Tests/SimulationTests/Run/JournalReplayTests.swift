import FleetModel
import Journal
import Scheduler
import Testing

@testable import Simulation

@Suite struct JournalReplayTests {
    private struct Recorded {
        var journal: [UInt8]
        var stateHash: UInt64
        var inputs: Int
    }

    private static let recorded: Recorded = {
        let fleet = FleetDefinition.uniform(nodes: 4, devices: 8, groups: [2])
        let jobs = (0..<60).map { id in
            handJob(id, at: Int64(id) * 3, runs: Int64(id % 7) * 20, gpus: Int32(1 + id % 8)) {
                if id % 3 == 0 { $0.spec.timeLimit = .seconds(25) }
                if id % 5 == 0 { $0.cancelAfter = .seconds(60) }
                if id % 6 == 0 { $0.spec.roles[0].maximum = 3 }
                $0.failsAtEnd = id % 4 == 0
                $0.spec.retries = RetryLimits(application: 1)
            }
        }
        let run = HandRun(jobs, fleet: fleet, order: .fair, isJournalled: true)
        let cost = run.report.cost
        return Recorded(journal: run.journal, stateHash: cost.stateHash, inputs: cost.inputs)
    }()

    private func replay(
        _ bytes: [UInt8], chunk: Int = .max
    ) throws -> JournalReplay.Verdict {
        var replay = JournalReplay()
        var start = 0
        while start < bytes.count {
            let end = min(bytes.count, start &+ min(chunk, bytes.count))
            try replay.feed(Array(bytes[start..<end]))
            start = end
        }
        return try replay.finish()
    }

    /// The recorded journal, decoded and encoded again with what `change` makes of each record,
    /// counted from 1, and a checkpoint with the right hash or a wrong one after `checkpoint`.
    private func altered(
        checkpoint: Int? = nil, isRight: Bool = true, finalHash: (UInt64) -> UInt64 = { $0 },
        digest change: (Int, UInt64) -> UInt64 = { $1 }
    ) throws -> [UInt8] {
        var reader = JournalReader()
        reader.feed(Self.recorded.journal)
        let header = try #require(try reader.readHeader())
        var writer = try JournalWriter(header: header)
        var engine = Engine(topology: header.topology, policy: header.policy)
        var directives: [Directive] = []
        while let record = try reader.next() {
            switch record {
            case .input(let input):
                engine.apply(input.input, at: input.at, into: &directives)
                try writer.append(
                    input.input, at: input.at,
                    decisionDigest: change(reader.recordCount, input.decisionDigest))
                if reader.recordCount == checkpoint {
                    writer.appendCheckpoint(stateHash: engine.stateHash() ^ (isRight ? 0 : 1))
                }
            case .checkpoint(let hash): writer.appendCheckpoint(stateHash: hash)
            case .end(let hash, _): writer.end(stateHash: finalHash(hash))
            }
        }
        return writer.takeBytes()
    }

    private var records: Int { Self.recorded.inputs }

    @Test(arguments: [1, 2, 7, 4096, Int.max]) func same(_ chunk: Int) throws {
        let hash = Self.recorded.stateHash
        #expect(records > 150)
        #expect(
            try replay(Self.recorded.journal, chunk: chunk)
                == .same(stateHash: hash, records: Int64(records)))
    }

    @Test func encodedAgainItIsTheSame() throws {
        #expect(try altered() == Self.recorded.journal)
    }

    @Test(arguments: [1, 2, 3, 77, -1]) func wrongDecision(_ place: Int) throws {
        let record = place < 0 ? records : place
        let bytes = try altered(digest: { $0 == record ? $1 ^ 1 : $1 })
        guard case .differs(let found, let what) = try replay(bytes) else {
            Issue.record("a wrong digest of record \(record) was not found")
            return
        }
        #expect(found == Int64(record))
        #expect(what == "the decisions on input \(record) are not the recorded ones")
        #expect(try replay(bytes, chunk: 1) == .differs(record: found, what: what))
    }

    @Test func firstOfTwoIsTold() throws {
        let bytes = try altered(digest: { $0 == 40 || $0 == 90 ? 0 : $1 })
        guard case .differs(40, _) = try replay(bytes) else {
            Issue.record("not the first difference")
            return
        }
    }

    @Test func checkpoints() throws {
        let right = try replay(try altered(checkpoint: 50))
        #expect(
            right
                == .same(
                    stateHash: Self.recorded.stateHash, records: Int64(records) + 1))
        let wrong = try replay(try altered(checkpoint: 50, isRight: false))
        #expect(wrong == .differs(record: 51, what: "the state is not the recorded one"))
    }

    @Test func wrongFinalHash() throws {
        let verdict = try replay(try altered(finalHash: { $0 &+ 1 }))
        guard case .differs(_, let what) = verdict else {
            Issue.record("a wrong final hash was not found")
            return
        }
        #expect(what == "the final state is not the recorded one")
    }

    @Test func damageAndTruncationAreToldAsSuch() throws {
        let bytes = Self.recorded.journal
        #expect(throws: JournalError.self) { try replay(Array(bytes.dropLast())) }
        #expect(throws: JournalError.self) { try replay([]) }
        var damaged = bytes
        damaged[bytes.count / 2] ^= 4
        #expect(throws: JournalError.self) { try replay(damaged) }
        #expect(throws: JournalError.self) { try replay(bytes + [0]) }
    }

    @Test func policyThatNoEngineTakes() throws {
        var policy = Policy()
        policy.domainTries = 0
        var writer = try JournalWriter(
            header: JournalHeader(topology: Topology(levels: []), policy: policy))
        writer.appendCheckpoint(stateHash: 0)
        writer.end(stateHash: 0)
        let bytes = writer.takeBytes()
        #expect(throws: JournalError.self) { try replay(bytes) }
    }

    @Test func longRunsHaveCheckpoints() throws {
        let jobs = (0..<1500).map { handJob($0, at: Int64($0), runs: 1, gpus: 1) }
        let run = HandRun(jobs, isJournalled: true)
        var reader = JournalReader()
        reader.feed(run.journal)
        var places: [Int] = []
        while let record = try reader.next() {
            if case .checkpoint = record { places.append(reader.recordCount) }
        }
        #expect(places == [SimulationRun.checkpointInputs + 1])
        #expect(
            try replay(run.journal)
                == .same(
                    stateHash: run.report.cost.stateHash,
                    records: Int64(run.report.cost.inputs) + 1))
    }
}
