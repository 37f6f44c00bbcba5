import FleetModel
import Testing

@testable import Culprits

@Suite struct FlightRecordTests {
    private func record(_ bytes: [UInt8], _ name: String = "trace_3") throws -> FlightRecord {
        guard case .flightRecord(let record) = try EvidenceFile(bytes, name: name) else {
            throw EvidenceFault(0, "it is a report")
        }
        return record
    }

    @Test func readsPicklesOfBothProtocols() throws {
        let record = try record(Pickles.protocol2)
        #expect(record.rank == 3)
        #expect(record.version == "2.10")
        #expect(record.operations == 2)
        let group = try #require(record.groups.first)
        #expect(record.groups.count == 1)
        #expect(group.name == "0" && group.description == "default_pg")
        #expect(group.ranks == [0, 1, 2, 3])
        #expect(group.lastEnqueued == 7 && group.lastCompleted == 6)
        #expect(
            group.open == [
                FlightOperation(
                    sequence: 7, name: "nccl:all_reduce", state: .started, inputs: "1024x70000",
                    outputs: "1024x70000", types: "Float Float",
                    createdAt: Instant(nanoseconds: 1_764_284_001_000_000_000))
            ])
        #expect(try self.record(Pickles.protocol4) == record)
    }

    @Test func refusesToCallAnything() {
        #expect {
            _ = try EvidenceFile(Pickles.harmful, name: "trace_3")
        } throws: { error in
            let fault = error as? EvidenceFault
            return fault?.message.contains("opcode 99") == true
                && fault?.hint == EvidenceFile.conversion
        }
    }

    @Test func followsListsThatArePutTogetherAfterTheyAreRemembered() throws {
        // What Python's own pickler does: `]q\0` and later `h\0` for the same list.
        let bytes: [UInt8] =
            [0x80, 2] + Array("}q".utf8) + [0] + Array("(X".utf8) + [1, 0, 0, 0]
            + Array("a]q".utf8) + [1] + Array("K".utf8) + [7]
            + Array("aX".utf8) + [1, 0, 0, 0] + Array("bh".utf8) + [1] + Array("u.".utf8)
        let document = try PickleReader.read(bytes)
        let first = document.items(document.member("a", of: document.root))
        #expect(first == [.integer(7)])
        #expect(document.items(document.member("b", of: document.root)) == first)
    }

    @Test func readsJSON() throws {
        let dump = Dump(
            rank: 5, groups: [("0", [0, 5])],
            operations: [
                .init(group: "0", sequence: 3, state: "completed"),
                .init(group: "0", sequence: 4, state: "scheduled"),
                .init(
                    group: "0", sequence: 4, name: "nccl:recv 1<-0", state: "started",
                    isMeeting: true),
            ])
        let record = try record(Array(dump.json.utf8), "x/trace_rank_5.json")
        #expect(record.rank == 5)
        #expect(record.groups[0].open.map(\.sequence) == [4])
        #expect(record.groups[0].meetings.map(\.peer) == [0])
        #expect(record.groups[0].lastCompleted == 3)
    }

    @Test(
        arguments: [
            ("nccl_trace_rank_0", 0), ("nccl_trace_rank_127", 127), ("rank-3.json", 3),
            ("trace", nil), ("nccl_trace_rank_99999999999", nil), ("", nil),
        ] as [(String, Int32?)])
    func takesTheRankFromTheName(_ name: String, _ rank: Int32?) {
        #expect(FlightRecord.rank(in: name) == rank)
    }

    @Test(arguments: [
        "", "   ", "{", "{}", "[1]", "{\"version\": \"3.0\"}", "{\"version\": 2}", "nonsense",
        "{\"version\": \"2.1\", \"entries\": [}", "{\"a\": 1} x", "{\"a\" 1}", "{\"a\": -}",
        "{\"a\": \"\\u12\"}", "{\"a\": tru}",
    ])
    func refusesWhatIsNone(_ text: String) {
        #expect(throws: EvidenceFault.self) {
            try EvidenceFile(Array(text.utf8), name: "trace_1")
        }
    }

    @Test func readsEscapesAndNumbers() throws {
        let document = try JSONReader.read(
            Array(#"{"a": "x\"\u00e9\ud83d\ude00\n", "b": [-7, 1.5, 99999999999999999999]}"#.utf8))
        #expect(document.member("a", of: document.root) == .text("x\"é😀\n"))
        #expect(
            document.items(document.member("b", of: document.root))
                == [.integer(-7), .fraction, .fraction])
    }

    @Test func doesNotGoDeeperThanItsLimit() {
        let deep = String(repeating: "[", count: 100_000)
        #expect(throws: EvidenceFault.self) { try JSONReader.read(Array(deep.utf8)) }
    }

    @Test func wantsTheRank() {
        var evidence = Evidence()
        #expect(throws: EvidenceFault.self) { try evidence.add(Pickles.protocol2, name: "trace") }
        #expect(evidence.isEmpty)
    }
}
