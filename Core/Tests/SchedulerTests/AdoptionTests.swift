import FleetModel
import Testing

@testable import Scheduler

/// Gangs that ran before the engine heard of them.
@Suite struct AdoptionTests {
    static let pair = FleetDefinition.uniform(nodes: 2, devices: 4, groups: [1])

    private func spec(
        _ id: Int, members: Int32 = 1, gpus: Int32 = 2, _ change: (inout JobSpec) -> Void = { _ in }
    ) -> JobSpec {
        var spec = JobSpec(
            id: JobID(id), tenant: TenantID(0),
            roles: [RoleSpec(count: members, request: MemberRequest(devices: gpus))])
        change(&spec)
        return spec
    }

    private func at(_ node: Int, _ devices: UInt64) -> MemberPlacement {
        MemberPlacement(node: NodeID(node), role: 0, devices: devices)
    }

    @Test func itHoldsItsDevicesAndEndsAsAnyOther() {
        var h = Harness(Self.pair)
        let places = [at(0, 0b0110), at(1, 0b1001)]
        #expect(h.apply(.adopt(spec(0, members: 2), Attempt(3), places)) == [])
        #expect(h.engine.standing(of: JobID(0)) == .running(since: .zero, nodes: 2))
        #expect(h.submit(1, members: 2, gpus: 3).started == [])
        #expect(h.submit(2, members: 2, gpus: 2).members.map(\.devices) == [0b1001, 0b0110])
        #expect(h.apply(.finish(JobID(0), Attempt(2))) == [])
        #expect(h.apply(.finish(JobID(0), Attempt(3))).ended == [0: .succeeded])
    }

    @Test func aBrokenOneStartsAgainByTheRules() {
        var h = Harness(Self.pair)
        let apart = spec(0, members: 2, gpus: 2) {
            $0.topology.preference = .required(LevelIndex(0))
        }
        h.apply(.adopt(apart, Attempt(1), [at(0, 0b11), at(1, 0b11)]))
        let again = h.apply(.fail(JobID(0), Attempt(1), .node))
        #expect(again.contains(.requeue(JobID(0), Attempt(1), .node)))
        #expect(Set(again.nodes).count == 1 && h.attempt(0) == Attempt(2))
    }

    @Test func quotasAreChargedThoughTheyDoNotAllowIt() {
        var h = Harness(
            Self.pair, policy: Policy(queueOrder: .muster),
            tenants: [
                TenantSpec(
                    id: TenantID(0),
                    quotas: [QuotaSpec(kind: AcceleratorKindID(0), limitMilli: 1000)])
            ])
        #expect(h.apply(.adopt(spec(0), Attempt(1), [at(0, 0b11)])).rejection == nil)
        #expect(h.submit(1, gpus: 1).waitCode == .quota)
        #expect(h.finish(0).started == [])
        #expect(h.apply(.finish(JobID(0), Attempt(1))).started == [1])
    }

    @Test func whereItCannotStandItIsRefused() {
        var h = Harness(Self.pair)
        h.submit(9, gpus: 4)
        let free = 1 - h.directives.nodes[0]
        let cases: [(JobSpec, Attempt, [MemberPlacement])] = [
            (spec(0), Attempt(1), [at(1 - free, 0b11)]), (spec(0), Attempt(1), [at(7, 0b11)]),
            (spec(0), Attempt(1), [at(free, 0b110000)]), (spec(0), Attempt(1), [at(free, 0b1)]),
            (spec(0), Attempt(1), []), (spec(0), Attempt(0), [at(free, 0b11)]),
            (spec(0, members: 2), Attempt(1), [at(free, 0b11), at(free, 0b110)]),
            (
                spec(0) { $0.dependencies = [Dependency(job: JobID(9))] }, Attempt(1),
                [at(free, 0b11)]
            ),
        ]
        for (spec, attempt, places) in cases {
            #expect(h.apply(.adopt(spec, attempt, places)).rejection == .misplaced, "\(places)")
        }
        #expect(h.apply(.adopt(spec(9), Attempt(1), [at(free, 0b11)])).rejection == .duplicateJob)
    }

    @Test func whatItStandsInPlaceOfGoesAndNobodyElseGetsThat() {
        var h = Harness(Self.pair)
        h.submit(0, members: 2, gpus: 4)
        h.apply(.confirmStart(JobID(0), Attempt(1)))
        h.submit(1, members: 2, gpus: 4)
        h.submit(2, gpus: 2)
        // One that runs, one that waits, one that never was: only the two are said to end.
        let answer = h.apply(
            .replace(
                [JobID(0), JobID(1), JobID(7)], spec(3, members: 2, gpus: 3), Attempt(1),
                [at(0, 0b0111), at(1, 0b1110)]))
        #expect(answer.contains(.end(JobID(0), .cancelled)))
        #expect(answer.contains(.end(JobID(1), .cancelled)))
        #expect(!answer.contains { if case .stop = $0 { true } else { false } })
        #expect(answer.rejection == nil && answer.started == [])
        #expect(h.engine.standing(of: JobID(3)) == .running(since: .zero, nodes: 2))
        #expect(h.engine.openJobs == 2)
        // What is left of the place is given away afterwards.
        #expect(h.submit(4, members: 2, gpus: 1).members.map(\.devices) == [0b1000, 0b0001])
    }

    @Test func whatItStandsInPlaceOfGoesAlsoWhenItIsRefused() {
        var h = Harness(Self.pair)
        h.submit(0, gpus: 4)
        let answer = h.apply(
            .replace([JobID(0)], spec(1, gpus: 2), Attempt(1), [at(9, 0b11)]))
        #expect(answer.rejection == .misplaced)
        #expect(answer.contains(.end(JobID(0), .cancelled)) && h.engine.openJobs == 0)
        #expect(h.submit(2, members: 2, gpus: 4).members.map(\.devices) == [0b1111, 0b1111])
    }

    @Test func aReservationYieldsToWhatRuns() {
        var h = Harness(Self.pair, policy: Policy(queueOrder: .muster))
        h.submit(0, gpus: 2) { $0.timeLimit = .seconds(600) }
        let taken = h.directives.nodes[0]
        h.submit(1, members: 2, gpus: 4) { $0.timeLimit = .seconds(60) }
        // The large gang's reservation holds the other node.
        #expect(h.engine.reservations.all.count == 1)
        #expect(
            h.apply(.adopt(spec(2, gpus: 4), Attempt(1), [at(1 - taken, 0b1111)])).rejection == nil)
    }
}
