import FleetModel
import Health
import Qualification
import Testing

@testable import Stacks

/// Goal: what the fleet has seen of versions adds up exactly, and is put down to the right ones.
@Suite struct ObservedTableTests {
    private static let old = [TupleVersion(.driver, "570.1")]
    private static let new = [TupleVersion(.driver, "580.1")]

    private func add(
        _ table: inout ObservedTable, _ shares: [(Int, Int64)], isFailure: Bool = false,
        suspect: Int? = nil
    ) {
        let use = StackUse(
            shares: shares.map { .init(node: NodeID($0.0), gpuMilliSeconds: $0.1) },
            isFailure: isFailure, suspect: suspect.map { NodeID($0) })
        // Even nodes have the old stack.
        table.add(use) { $0.index % 2 == 0 ? Self.old : Self.new }
    }

    @Test func hoursAddUpByTuple() {
        var table = ObservedTable()
        add(&table, [(0, 3_600_000), (1, 1), (2, 3_599_999)])
        #expect(table.rows.map(\.versions) == [Self.old, Self.new])
        #expect(table.rows.map(\.gpuMilliSeconds) == [7_199_999, 1])
        #expect(table.rows.map(\.greenMilliSeconds) == [7_199_999, 1])
        #expect(table.rows.map(\.gpuHours) == [1, 0])
        #expect(table.rows.map(\.attempts) == [1, 1])
        #expect(table.rows.map(\.failures) == [0, 0])
    }

    @Test func aFailureCountsAgainstTheNodeThatIsToBlame() {
        var table = ObservedTable()
        add(&table, [(0, 10), (1, 20), (2, 30)], isFailure: true, suspect: 2)
        #expect(table.rows.map(\.greenMilliSeconds) == [10, 20])
        #expect(table.rows.map(\.failures) == [1, 0])
    }

    @Test func aFailureOfNobodyCountsAgainstAll() {
        var table = ObservedTable()
        add(&table, [(0, 10), (1, 20)], isFailure: true)
        #expect(table.rows.map(\.greenMilliSeconds) == [0, 0])
        #expect(table.rows.map(\.failures) == [1, 1])
        #expect(table.rows.map(\.gpuMilliSeconds) == [10, 20])
    }

    @Test func sumsStopAtTheLargestNumberAndTuplesAtTheirBound() {
        var table = ObservedTable()
        add(&table, [(0, .max)])
        add(&table, [(0, .max)])
        #expect(table.rows[0].gpuMilliSeconds == .max)
        for number in 0..<ObservedTable.most + 5 {
            table.add(
                StackUse(shares: [.init(node: NodeID(1), gpuMilliSeconds: 2)], isFailure: false)
            ) { _ in [TupleVersion(.kernel, "\(number)")] }
        }
        #expect(table.rows.count == ObservedTable.most)
        #expect(table.others.attempts == 6)
        #expect(table.others.gpuMilliSeconds == 12)
    }
}
