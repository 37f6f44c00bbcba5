import Foundation
import Testing

/// `muster culprit --files`, of dumps of four ranks made by hand.
struct CulpritTests {
    private static func place(late: Int?) throws -> Workplace {
        let place = try Workplace()
        for rank in 0..<4 {
            let entry = #"""
                {"process_group": ["0", "default_pg"], "collective_seq_id": 7, "pg_id": 0,
                 "profiling_name": "nccl:all_reduce", "state": "started"}
                """#
            try place.write(
                #"{"version": "2.10", "pg_config": {"0": {"desc": "default_pg", "ranks": "#
                    + "\"[0, 1, 2, 3]\"}}, \"entries\": [\(rank == late ? "" : entry)]}",
                "rank_\(rank)")
        }
        return place
    }

    private static let files = "rank_0 rank_1 rank_2 rank_3"

    @Test func namesARank() throws {
        let ran = try Self.place(late: 3).muster("culprit --files \(Self.files)")
        #expect(ran.status == 0, "\(ran.talk)")
        let text = ran.out.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        #expect(
            text == "rank 3: rank 3 did not come to operation 7 of group '0' (default_pg) "
                + "(nccl:all_reduce), in which 3 others wait, and waits in no other "
                + "4 of 4 ranks wrote flight records")
    }

    @Test func saysTheSameInJSON() throws {
        let ran = try Self.place(late: nil).muster("culprit --json --files \(Self.files)")
        #expect(ran.status == 0, "\(ran.talk)")
        let json = try #require(try ran.json() as? [String: Any])
        #expect(json["verdict"] as? String == "notAttributable")
        #expect(json["reason"] as? String == "allInside")
        #expect(json["ranks"] as? [Int] == [])
    }

    @Test func passesOverWhatIsNoEvidence() throws {
        let place = try Self.place(late: 3)
        try place.write("nonsense", "other")
        let ran = try place.muster("culprit --files other \(Self.files)")
        #expect(ran.status == 0)
        #expect(ran.talk.contains("other: it is neither a flight record"))
        let alone = try place.muster("culprit --files other")
        #expect(alone.status == 65)
        #expect(alone.codes.count == 1)
        #expect(try place.muster("culprit").status == 64)
        #expect(try place.muster("culprit 1 --files other").status == 64)
    }
}
