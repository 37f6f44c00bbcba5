import FleetModel
import Testing

@testable import Culprits

/// Damaged and spliced files: nothing traps, everything stays within its bounds.
@Suite struct EvidenceFuzzTests {
    private static let seeds: [[UInt8]] = [
        Pickles.protocol2, Pickles.protocol4, Pickles.harmful, Array(RASReportTests.json.utf8),
        Array(Dump.job(of: 4, late: [1])[0].json.utf8),
        Array("#0-0 (a) MISMATCH\nRank 7 has launched up to operation 60 -- on node n\n".utf8),
    ]

    private func damaged(_ random: inout SplitMix) -> [UInt8] {
        let seeds = EvidenceFuzzTests.seeds
        var bytes = seeds[random.below(seeds.count)]
        for _ in 0..<random.below(6) {
            let at = random.below(bytes.count)
            switch random.below(5) {
            case 0: bytes[at] = UInt8(random.below(256))
            case 1: bytes.remove(at: at)
            case 2: bytes.insert(UInt8(random.below(256)), at: at)
            case 3: bytes.removeLast(random.below(bytes.count))
            default:
                let other = seeds[random.below(seeds.count)]
                bytes.insert(contentsOf: other.prefix(random.below(64)), at: at)
            }
            if bytes.isEmpty { return bytes }
        }
        return bytes
    }

    @Test func survivesDamage() {
        var random = SplitMix(seed: 6)
        var (read, refused, named) = (0, 0, 0)
        for round in 0..<3_000 {
            var evidence = Evidence()
            for rank in 0..<3 {
                do throws(EvidenceFault) {
                    try evidence.add(damaged(&random), name: "trace_\(rank)")
                    read += 1
                } catch {
                    refused += 1
                }
            }
            let finding = HangCase(
                members: (0..<4).map { NodeID($0) }, endedAt: .seconds(Int64(round)),
                evidence: evidence
            ).judge()
            #expect(!finding.text.isEmpty)
            #expect(finding.grounds.count < 100)
            guard case .named(let suspects, _) = finding.verdict else { continue }
            named += 1
            #expect(suspects.count <= 10)
        }
        #expect(read > 500 && refused > 500 && named > 50)
    }

    @Test func isNotDrawnIntoWork() throws {
        // One list that is a million entries long by being named again and again.
        var bytes: [UInt8] = [0x80, 2] + Array("]q".utf8) + [0] + Array("(".utf8)
        for _ in 0..<1_000_000 { bytes += [UInt8(ascii: "h"), 0] }
        bytes += Array("e.".utf8)
        let document = try PickleReader.read(bytes)
        #expect(document.items(document.root).count == 1_000_000)
        #expect(document.items(document.root).first == document.root)
        // A memo far ahead is refused rather than filled up.
        #expect(throws: EvidenceFault.self) {
            try PickleReader.read([0x80, 2] + Array("Nr".utf8) + [255, 255, 255, 127])
        }
        #expect(throws: EvidenceFault.self) { try PickleReader.read([0x80]) }
        #expect(throws: EvidenceFault.self) { try PickleReader.read([0x95, 0, 0, 0]) }
    }
}
