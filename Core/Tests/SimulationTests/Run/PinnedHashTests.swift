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
            0xa873_b40a_ccee_c060, 0xa873_b40a_ccee_c060, 0xa873_b40a_ccee_c060,
            0x15b3_1bbd_eb79_8c82, 0xa873_b40a_ccee_c060,
        ],
        [
            0x0b3a_2afb_3249_4aab, 0x0b3a_2afb_3249_4aab, 0x0b3a_2afb_3249_4aab,
            0x5417_49ff_4007_025e, 0x0b3a_2afb_3249_4aab,
        ],
        [
            0x35a9_7cc5_4358_ea53, 0x35a9_7cc5_4358_ea53, 0x35a9_7cc5_4358_ea53,
            0xf03e_782a_9d46_8e6c, 0x35a9_7cc5_4358_ea53,
        ],
        [
            0xd9fa_b864_fd33_bfca, 0xd9fa_b864_fd33_bfca, 0xd9fa_b864_fd33_bfca,
            0xde6d_48df_2d06_03c4, 0xa6f2_045d_ffcf_63b4,
        ],
        [
            0x4e16_92e8_9ef8_75cb, 0xf7b2_3257_9de2_2c04, 0xff70_4e1a_9554_0886,
            0x9f6b_ce20_19fb_fd83, 0x4559_21cc_b9a1_00d4,
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
