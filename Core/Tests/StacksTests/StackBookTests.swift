import FleetModel
import Health
import Qualification
import Testing

@testable import Stacks

/// Goal: what nodes have is compared with what their pool should have, and plans that cannot work
/// are refused.
@Suite struct StackBookTests {
    private let node = NodeID(2)

    private func stack(_ name: String, _ rules: [(StackPart, String)]) throws -> StackDeclaration {
        StackDeclaration(
            name: name,
            rules: try rules.map { .init($0.0, try #require(VersionRule($0.1))) })
    }

    private func book() throws -> StackBook {
        var book = StackBook()
        let catalogue = StackCatalogue(
            stacks: [
                try stack("old", [(.driver, "570.1"), (.nccl, ">=2.27")]),
                try stack("new", [(.driver, "580.1"), (.nccl, ">=2.27")]),
            ], pools: [PoolStack(pool: "h100", stack: "old")])
        book.apply(.declared(catalogue, digest: 7), at: .zero)
        book.apply(.placed(node, pool: "h100"), at: .zero)
        return book
    }

    private func moment(_ seconds: Int64) -> Moment {
        Moment(engine: .seconds(seconds), wall: .seconds(seconds))
    }

    @Test func driftNamesWhatIsWrongAndWhatNobodyTold() throws {
        var book = try book()
        #expect(book.drift(of: node, kind: "")?.standing?.unknown == [.driver, .nccl])
        #expect(book.drift(of: node, kind: "")?.isClean == true)
        book.apply(
            .told(node, .watcher, [FoundVersion(.driver, "580.1.2", at: "NVML")]), at: moment(1))
        let standing = try #require(book.drift(of: node, kind: "")?.standing)
        #expect(standing.differences.map(\.text) == ["driver is 580.1.2, 570.1 is declared"])
        #expect(standing.unknown == [.nccl])
        #expect(!standing.isMet)
    }

    /// Of each part the newest word counts, whoever has it.
    @Test func theNewestWordOnAPartCounts() throws {
        var book = try book()
        book.apply(
            .told(
                node, .run,
                [FoundVersion(.driver, "570.1", at: "NVML"), FoundVersion(.nccl, "2.27", at: "a")]),
            at: moment(1))
        #expect(book.drift(of: node, kind: "")?.standing?.isMet == true)
        book.apply(
            .told(node, .watcher, [FoundVersion(.driver, "580.1", at: "NVML")]), at: moment(2))
        #expect(book.tuple(of: node).map(\.text) == ["580.1", "2.27"])
        #expect(book.drift(of: node, kind: "")?.standing?.differences.count == 1)
    }

    @Test func pairsThatDoNotGoTogetherAreNamed() throws {
        var book = try book()
        let told = [
            FoundVersion(.cuda, "13.0", at: "NVML"), FoundVersion(.driver, "570.1", at: ""),
        ]
        book.apply(.told(node, .watcher, told), at: moment(1))
        let drift = try #require(book.drift(of: node, kind: ""))
        #expect(drift.conflicts.map(\.words) == ["CUDA 13 needs driver 580.65.06 or newer"])
        #expect(!drift.isClean)
        book.depart(node)
        #expect(book.drift(of: node, kind: "") == nil)
    }

    @Test func ordersThatCannotWorkAreRefused() throws {
        var book = try book()
        func objection(
            _ pool: String, _ stack: String, _ plan: RolloutPlan = .init()
        )
            -> StackRefusal?
        { book.objection(to: RolloutRequest(pool: pool, stack: stack, plan: plan, by: "me")) }
        #expect(objection("h100", "newer") == .unknownStack)
        #expect(objection("a100", "new") == .emptyPool)
        #expect(objection("h100", "new") == nil)
        var plan = RolloutPlan()
        plan.failures = 2
        plan.mostOut = 2
        plan.soak = .seconds(-1)
        plan.waves = [.percent(101)]
        guard case .plan(let mistakes) = objection("h100", "new", plan) else {
            Issue.record("a plan that cannot work is taken")
            return
        }
        #expect(mistakes.count == 3)
        #expect(book.objection(to: .pause, in: "h100") == .noRollout)
        book.apply(.begin(RolloutRequest(pool: "h100", stack: "new", by: "me")), at: moment(3))
        #expect(objection("h100", "new") == .underWay)
        #expect(book.objection(to: .rollBack, in: "h100") == nil)
        #expect(book.rollout(in: "h100")?.members.map(\.node) == [node])
    }

    /// A file that is read again gives a pool that is on its way nothing else.
    @Test func aFileDoesNotMoveAPoolThatIsOnItsWay() throws {
        var book = try book()
        book.apply(.begin(RolloutRequest(pool: "h100", stack: "new", by: "me")), at: moment(3))
        _ = book.takeNews()
        let other = StackCatalogue(
            stacks: [try stack("third", [(.driver, "590")])],
            pools: [PoolStack(pool: "h100", stack: "third")])
        book.apply(.declared(other, digest: 8), at: moment(4))
        #expect(book.stack(of: "h100").flatMap { book[$0]?.name } == "old")
        #expect(book.takeNews().count == 1)
        #expect(book.stack(named: "new") == nil)
        #expect(book.stacks.count == 3)
    }

    @Test func sizesOfWavesAreRead() {
        #expect(WaveSize("25%") == .percent(25))
        #expect(WaveSize("3") == .nodes(3))
        for text in ["", "0", "%", "101%", "-1", "1.5", "x", "99999999999"] {
            #expect(WaveSize(text) == nil, "\(text)")
        }
        #expect(WaveSize.percent(5).count(of: 3) == 1)
        #expect(WaveSize.percent(25).count(of: 10) == 3)
    }
}
