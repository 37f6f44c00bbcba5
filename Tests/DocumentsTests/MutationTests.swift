import Documents
import FleetModel
import Foundation
import Simulation
import Testing

/// Random damage to valid files: whatever comes of it, it ends in a value or in diagnostics.
@Suite struct MutationTests {
    private static let paths = [
        "fleets/uniform.yaml", "fleets/mixed.yaml", "fleets/aws.yaml", "tenants/company.yaml",
        "jobs/pretrain.yaml", "jobs/day.yaml", "scenarios/small.yaml", "scenarios/day.yaml",
        "scenarios/maintenance.yaml",
    ]
    /// Pieces that have broken parsers before.
    private static let pieces = [
        "*", "&a ", "*a", "<<: ", "? ", ": ", "- ", "[", "]", "{", "}", "!!int ", "|", ">", "%",
        "@",
        "\t", "\n", "\r", "---\n", "...\n", "\"", "'", "#", "~", "null", "-1", "0", "010", "0x1F",
        "1e999", ".nan", ".inf", "9223372036854775807", "-9223372036854775808",
        "99999999999999999999", "true", "{index}", "count: 100000\n", "\u{2028}", "\u{FEFF}",
        "\u{0}", "\u{E000}", "\u{E001}", "é", "\u{301}", "members: ", "gpus: 64", "4 nodes",
        "999999999 spines", "repeat: {count: 3}", "dependsOn: [a]", "roles: []", "0.000",
        "100PiB", "3155760000", "1000000w",
    ]

    private func mutate(_ bytes: [UInt8], _ random: inout SplitMix) -> [UInt8] {
        var bytes = bytes
        for _ in 0...random.below(4) {
            let at = random.below(bytes.count + 1)
            let end = min(bytes.count, at + random.below(12))
            switch random.below(7) {
            case 0: bytes.removeSubrange(at..<end)
            case 1:
                bytes.insert(
                    contentsOf: Self.pieces[random.below(Self.pieces.count)].utf8, at: at)
            case 2:
                bytes.replaceSubrange(
                    at..<end, with: Self.pieces[random.below(Self.pieces.count)].utf8)
            case 3: bytes.insert(UInt8(truncatingIfNeeded: random.next()), at: at)
            case 4: bytes.removeSubrange(at..<bytes.count)
            case 5: swapLines(&bytes, &random)
            default:
                // Copies a stretch elsewhere: duplicate keys, nested lists, second documents.
                let stretch = Array(bytes[at..<min(bytes.count, at + random.below(200))])
                bytes.insert(contentsOf: stretch, at: random.below(bytes.count + 1))
            }
        }
        return bytes
    }

    private func swapLines(_ bytes: inout [UInt8], _ random: inout SplitMix) {
        var lines = bytes.split(separator: 10, omittingEmptySubsequences: false)
        let (one, other) = (random.below(lines.count), random.below(lines.count))
        lines.swapAt(one, other)
        bytes = Array(lines.joined(separator: [10]))
    }

    private func check<Value>(_ result: Result<Value, DiagnosticList>, lines: Int) {
        guard case .failure(let list) = result else { return }
        #expect(list.diagnostics.count <= 404)
        for diagnostic in list.diagnostics {
            #expect(!diagnostic.message.isEmpty)
            #expect((0...max(1, lines) + 1).contains(diagnostic.line))
        }
    }

    @Test func damagedFilesNeverTrap() throws {
        let rounds = ProcessInfo.processInfo.environment["MUSTER_MUTATIONS"].flatMap { Int($0) }
        let sources = try Self.paths.map { try example($0) }
        let fleet = try FleetDocument.parse(sources[1]).resolve().get()
        let tree = try TenantsDocument.parse(sources[3]).resolve(fleet: fleet).get()
        var refused = 0
        let total = rounds ?? 800
        for round in 0..<total {
            var random = SplitMix(seed: UInt64(round))
            let index = round % sources.count
            let bytes = mutate(sources[index].bytes, &random)
            let source = SourceText(bytes: bytes, file: Self.paths[index])
            // Every way that YAML counts lines, at most.
            let lines = bytes.filter { $0 == 10 || $0 == 13 || $0 == 0x85 || $0 >= 0xA8 }.count
            switch index {
            case 0...2:
                let result = FleetDocument.parse(source).resolve()
                check(result, lines: lines)
                if case .failure = result { refused += 1 }
            case 3:
                let document = TenantsDocument.parse(source)
                check(document.resolve(fleet: fleet), lines: lines)
            case 4, 5:
                let document = JobsDocument.parse(source)
                check(document.resolve(fleet: fleet, tenants: tree), lines: lines)
                check(document.resolve(fleet: fleet, tenants: nil), lines: lines)
            default:
                let result = ScenarioDocument.parse(source).resolve { path in
                    let position = Self.paths.firstIndex { path.hasSuffix($0) }
                    guard let position else {
                        return .failure(
                            DiagnosticList([Diagnostic(.fileAccess, message: "no file")]))
                    }
                    return .success(sources[position])
                }
                check(result, lines: 10_000)
            }
        }
        // Damage that hardly ever shows, or always, would test little.
        #expect(refused > total / 16)
        #expect(refused < total * 3 / 8)
    }
}
