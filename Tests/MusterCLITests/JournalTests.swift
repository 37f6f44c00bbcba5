import FleetModel
import Foundation
import Testing

/// Journals of simulations, whole and damaged.
struct JournalTests {
    @Test(arguments: ["fifo", "first-fit", "easy", "fair"])
    func everyRunReplaysToItsState(policy: String) throws {
        let place = try Workplace()
        for placement in ["default", "best-fit", "packing", "random", "fgd"] {
            try expectReplay(place, "--policy \(policy) --placement \(placement)")
        }
    }

    @Test(arguments: [
        "--until 1h", "--until 0", "--decision-cost 50ms", "--decision-cost measured",
        "--durations predicted", "--durations none", "--workload llm", "--workload openb",
    ])
    func unusualRunsReplay(extra: String) throws {
        try expectReplay(Workplace(), extra)
    }

    private func expectReplay(_ place: Workplace, _ extra: String) throws {
        let ran = try place.muster(
            "simulate --fleet 4x8/2 --jobs 60 --json --journal run.journal " + extra)
        #expect(ran.status == 0, "\(extra)")
        let hash = (try ran.json() as? [[String: Any]])?.first?["stateHash"] as? String
        let replay = try place.muster("replay run.journal --json")
        #expect(replay.status == 0, "\(extra)")
        let verdict = try #require(try replay.json() as? [String: Any])
        #expect(verdict["same"] as? Bool == true)
        #expect(verdict["stateHash"] as? String == hash)
        #expect(try place.muster("replay run.journal").out.contains(try #require(hash)))
    }

    private func journal(_ place: Workplace) throws -> [UInt8] {
        let ran = try place.muster("simulate --fleet 2x8/2 --jobs 20 --journal whole")
        #expect(ran.status == 0)
        return try #require(place.bytes("whole"))
    }

    @Test func aCutIsFoundWhereverItIs() throws {
        let place = try Workplace()
        let whole = try journal(place)
        var random = SplitMix(seed: 3)
        let cuts =
            [0, 1, 8, 19, 20, whole.count - 1] + (0..<14).map { _ in random.below(whole.count) }
        for cut in cuts {
            try place.write(Array(whole[..<cut]), "cut")
            let ran = try place.muster("replay cut")
            #expect(ran.status == 65, "cut at \(cut)")
            #expect(ran.codes == ["M0402"], "cut at \(cut)")
            #expect(ran.talk.hasPrefix("cut: error M0402: ") && ran.talk.contains("expected: "))
            #expect(ran.out.isEmpty)
        }
    }

    @Test func oneFlippedBitIsFoundWhereverItIs() throws {
        let place = try Workplace()
        let whole = try journal(place)
        var random = SplitMix(seed: 4)
        for _ in 0..<24 {
            let bit = random.below(whole.count * 8)
            var bytes = whole
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            try place.write(bytes, "flipped")
            let ran = try place.muster("replay flipped")
            #expect(ran.status == 65, "bit \(bit)")
            #expect(ran.codes == [bit < 64 ? "M0401" : "M0403"], "bit \(bit)")
            #expect(ran.talk.contains("byte "), "bit \(bit)")
            #expect(ran.out.isEmpty)
        }
    }

    @Test func bytesAfterTheEndAreFound() throws {
        let place = try Workplace()
        try place.write(try journal(place) + [0], "longer")
        let ran = try place.muster("replay longer")
        #expect(ran.status == 65)
        #expect(ran.codes == ["M0404"])
    }

    @Test func aJournalIsReadFromAPipeAndFromGzip() throws {
        let place = try Workplace()
        _ = try journal(place)
        #expect(try place.shell("cat whole | $muster replay -").status == 0)
        #expect(try place.shell("gzip -k whole && $muster replay whole.gz").status == 0)
        #expect(
            try place.shell(
                "mkfifo pipe; cat pipe > copy & $muster simulate --fleet 2x8/2 "
                    + "--jobs 20 --journal pipe && wait && cmp copy whole"
            ).status == 0)
    }
}
