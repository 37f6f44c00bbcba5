import FleetModel
import Testing

@testable import Scheduler

@Suite struct RoleGrowthTests {
    private static let node = FleetDefinition.uniform(nodes: 1, devices: 8, groups: [])

    private static func role(_ minimum: Int32, _ maximum: Int32) -> RoleSpec {
        RoleSpec(count: minimum, maximum: maximum, request: MemberRequest(devices: 1))
    }

    @Test func noRoleGrowsIntoTheMinimumOfAnother() {
        var h = Harness(Self.node)
        let members = h.submit(0) { $0.roles = [Self.role(1, 8), Self.role(1, 1)] }.members
        #expect(members.count { $0.role == 0 } == 7)
        #expect(members.count { $0.role == 1 } == 1)
    }

    @Test func aRoleWithoutAMinimumTakesWhatIsLeft() {
        var h = Harness(Self.node)
        let members = h.submit(0) { $0.roles = [Self.role(6, 6), Self.role(0, 4)] }.members
        #expect(members.count { $0.role == 1 } == 2)
    }

    @Test func aRetriedJobIsToldThatItWaits() {
        var h = Harness(Self.node)
        h.submit(0, gpus: 8) { $0.retries[.application] = 1 }
        h.submit(1, gpus: 8) { $0.priority = 1 }
        let failed = h.apply(.fail(JobID(0), Attempt(1), .application))
        #expect(failed.started == [1])
        #expect(failed.waitCode == .capacity)
    }

    @Test func prioritiesThatDoNotComeBackAreLetGo() {
        var engine = Harness(Self.node).engine
        var directives: [Directive] = []
        for id in 0..<(2 * WaitingRoom.keptClasses) {
            var spec = JobSpec(
                id: JobID(id), tenant: TenantID(0), roles: [Self.role(1, 1)])
            spec.priority = Int32(id)
            engine.apply(.submit(spec), at: .zero, into: &directives)
            engine.apply(.finish(spec.id, Attempt(1)), at: .zero, into: &directives)
        }
        #expect(engine.room.knownClasses <= WaitingRoom.keptClasses + 1)
    }
}
