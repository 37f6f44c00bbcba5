import FleetModel
import Journal
import Testing

@testable import Simulation

/// What the engine decides over a whole run, and the state that it ends in, for every queue order
/// and placement rule.
///
/// A change that is to decide differently changes these. To renew them, run
/// `swift test --filter PinnedHashTests`: the failure prints the whole table as it stands here.
@Suite struct PinnedHashTests {
    /// Rows by queue order for jobs of whole GPUs, then one for parts of GPUs and CPU under `fair`;
    /// columns by placement rule; both in the order of their cases.
    private static let pinned: [[UInt64]] = [
        [
            0xcf3b_7793_526c_bbd2, 0xcf3b_7793_526c_bbd2, 0xcf3b_7793_526c_bbd2,
            0xf479_6890_a5d9_e925, 0xcf3b_7793_526c_bbd2,
        ],
        [
            0xe542_e8a6_ebb7_d0ba, 0xe542_e8a6_ebb7_d0ba, 0xe542_e8a6_ebb7_d0ba,
            0x81e2_31dd_c278_3365, 0xe542_e8a6_ebb7_d0ba,
        ],
        [
            0xbdc8_8986_a63c_8420, 0xbdc8_8986_a63c_8420, 0xbdc8_8986_a63c_8420,
            0x8db5_456b_ceed_3e7b, 0xbdc8_8986_a63c_8420,
        ],
        [
            0xd470_1424_f280_0d68, 0xd470_1424_f280_0d68, 0xd470_1424_f280_0d68,
            0x11fa_5998_a3f5_5dcc, 0x3ca5_ebb4_fb60_e29c,
        ],
        [
            0x55c4_b93d_cae6_135d, 0x55c4_b93d_cae6_135d, 0x55c4_b93d_cae6_135d,
            0xd0e8_237d_c25a_317d, 0xc7a5_fc32_d556_4b3e,
        ],
        [
            0x7b6e_edb8_8888_39e1, 0xc832_b3a5_e405_8a74, 0x94ff_c41e_e5b6_7893,
            0xd2a1_255a_7311_c4ff, 0x26d6_4d3d_2750_39b0,
        ],
    ]

    @Test func decisionsAndFinalStates() throws {
        let fleet = FleetDefinition.uniform(nodes: 16, devices: 8, groups: [4])
        let whole = try fittedWorkload(.llm, seed: 7, jobs: 400, load: 150, fleet: fleet)
        let parts = try fittedWorkload(.openb, seed: 7, jobs: 400, load: 150, fleet: fleet)
        var found: [[UInt64]] = []
        for (order, workload) in QueueOrder.allCases.map({ ($0, whole) }) + [(.fair, parts)] {
            found.append(
                try PlacementRule.allCases.map { placement in
                    let policy = Policy(queueOrder: order, placement: placement)
                    return try digest(
                        HandRun(
                            SimulationRun.Setup(
                                fleet: fleet, workload: workload, policy: policy,
                                isJournalled: true)))
                })
        }
        // The orders must differ, and so must all rules where there is something to choose.
        #expect(Set(found.map { $0[0] }).count == found.count)
        #expect(Set(found[found.count - 1]).count == PlacementRule.allCases.count)
        if found != Self.pinned { Issue.record("the table is now\n\(Self.text(found))") }
    }

    /// Of all directives in their order and of the final state.
    private func digest(_ run: HandRun) throws -> UInt64 {
        var reader = JournalReader()
        reader.feed(run.journal)
        var hasher = StateHasher()
        var decisions: UInt64 = 0
        while let record = try reader.next() {
            if case .input(let input) = record { decisions = input.decisionDigest }
        }
        hasher.add(decisions)
        hasher.add(run.report.cost.stateHash)
        return hasher.digest
    }

    private static func text(_ table: [[UInt64]]) -> String {
        table.map { row in
            let words = row.map { word in
                let digits = Array(StateHasher.hexadecimal(word))
                let groups = stride(from: 0, to: 16, by: 4).map { String(digits[$0..<($0 + 4)]) }
                return "0x" + groups.joined(separator: "_")
            }
            let lines = stride(from: 0, to: words.count, by: 3).map {
                words[$0..<min($0 + 3, words.count)].joined(separator: ", ") + ","
            }
            return "        [\n            " + lines.joined(separator: "\n            ")
                + "\n        ],"
        }.joined(separator: "\n")
    }
}
