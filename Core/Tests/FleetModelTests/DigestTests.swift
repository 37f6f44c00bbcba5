import FleetModel
import Testing

@Suite struct SplitMixTests {
    /// The outputs of the reference implementation (Vigna, `splitmix64.c`) for this seed.
    @Test func knownValues() {
        var generator = SplitMix(seed: 1_234_567)
        let expected: [UInt64] = [
            6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
            4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
        ]
        for value in expected { #expect(generator.next() == value) }
    }

    @Test func boundsHold() {
        for bound in [1, 2, 3, 7, 64, 1000, Int.max] {
            var generator = SplitMix(seed: UInt64(bound))
            for _ in 0..<200 { #expect((0..<bound).contains(generator.below(bound))) }
        }
        var generator = SplitMix(seed: 9)
        #expect((0..<100).allSatisfy { _ in generator.below(1) == 0 })
    }

    @Test(arguments: [2, 3, 10, 64]) func roughlyUniform(_ bound: Int) {
        var generator = SplitMix(seed: 42)
        var counts = [Int](repeating: 0, count: bound)
        let draws = 1000 * bound
        for _ in 0..<draws { counts[generator.below(bound)] += 1 }
        // A bin has standard deviation below 32; six of them.
        #expect(counts.allSatisfy { abs($0 - 1000) < 192 })
    }

    @Test func statesAreAllThatMatters() {
        var left = SplitMix(seed: 5)
        _ = left.next()
        var right = left
        #expect(left == right)
        #expect(left.next() == right.next())
        #expect(SplitMix(seed: 5) != SplitMix(seed: 6))
    }
}

@Suite struct StateHasherTests {
    private func digest(_ words: [Int]) -> UInt64 {
        var hasher = StateHasher()
        for word in words { hasher.add(word) }
        return hasher.digest
    }

    /// Worked out with another implementation; a change makes every recorded journal unreadable.
    @Test func pinnedDigests() {
        #expect(digest([]) == 0x105c_728a_a72c_01e4)
        #expect(digest([1, 2, 3]) == 0xb9d5_aa7a_6722_a9d3)
        #expect(digest([-1]) == 0x006f_5bc0_589e_ae39)
    }

    @Test func orderMatters() {
        #expect(digest([1, 2]) != digest([2, 1]))
        #expect(digest([1, 2, 3]) != digest([1, 3, 2]))
    }

    @Test func countAndZeroesMatter() {
        let lengths = (0..<64).map { digest([Int](repeating: 0, count: $0)) }
        #expect(Set(lengths).count == 64)
        #expect(digest([0, 1]) != digest([1]))
        #expect(digest([0, 1]) != digest([1, 0]))
    }

    @Test func everyBitMatters() {
        let digests = (0..<64).map { digest([1 << $0, 7]) }
        #expect(Set(digests).count == 64)
    }

    @Test func widthsAgree() {
        var wide = StateHasher()
        var narrow = StateHasher()
        wide.add(Int64(-5))
        narrow.add(Int32(-5))
        #expect(wide.digest == narrow.digest)
        #expect(wide.digest == digest([-5]))
    }

    @Test func hexadecimal() {
        #expect(StateHasher.hexadecimal(0) == "0000000000000000")
        #expect(StateHasher.hexadecimal(0xAB) == "00000000000000ab")
        #expect(StateHasher.hexadecimal(.max) == "ffffffffffffffff")
        #expect(StateHasher.hexadecimal(1 << 63) == "8000000000000000")
    }
}

@Suite struct DirectiveDigestFieldTests {
    @Test func everyFieldCounts() {
        let refusal = Refusal(code: .capacity, unit: .members, need: 2, have: 1)
        var other = refusal
        other.level = LevelIndex(0)
        var third = refusal
        third.tenant = TenantID(0)
        var fourth = refusal
        fourth.job = JobID(0)
        let member = MemberPlacement(node: NodeID(1), role: 0, devices: 1)
        let directives: [Directive] = [
            .start(JobID(1), Attempt(1), [member]), .start(JobID(1), Attempt(1), [member, member]),
            .start(JobID(1), Attempt(2), [member]), .start(JobID(2), Attempt(1), [member]),
            .start(JobID(1), Attempt(1), [MemberPlacement(node: NodeID(2), role: 0, devices: 1)]),
            .start(JobID(1), Attempt(1), [MemberPlacement(node: NodeID(1), role: 1, devices: 1)]),
            .start(JobID(1), Attempt(1), [MemberPlacement(node: NodeID(1), role: 0, devices: 2)]),
            .stop(JobID(1), Attempt(1), .cancelled), .stop(JobID(1), Attempt(1), .timeLimit),
            .wait(JobID(1), refusal), .wait(JobID(1), other), .wait(JobID(1), third),
            .wait(JobID(1), fourth), .requeue(JobID(1), Attempt(1), .application),
            .requeue(JobID(1), Attempt(1), .node), .end(JobID(1), .succeeded),
            .end(JobID(1), .failed), .reject(JobID(1), .malformed),
            .reject(JobID(1), .duplicateJob), .wake(at: .zero, token: 1),
            .wake(at: .zero, token: 2), .wake(at: .seconds(1), token: 1),
        ]
        let digests = directives.map {
            var digest = DirectiveDigest()
            digest.add($0)
            return digest.digest
        }
        #expect(Set(digests).count == directives.count)
        #expect(!digests.contains(DirectiveDigest().digest))
    }
}
