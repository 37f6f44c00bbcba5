import FleetModel
import Testing

@testable import Scheduler

@Suite struct ClassRetentionTests {
    /// Goal: shapes that never come back cost nothing in the long run. Method: three times as many
    /// different shapes as are kept come and go, while one job waits all the time.
    @Test func shapesThatDoNotComeBackAreLetGo() {
        let fleet = FleetDefinition.uniform(nodes: 1, devices: 8, groups: [])
        var engine = Engine(topology: fleet.topology, policy: Policy())
        var directives: [Directive] = []
        func job(_ id: Int, gpus: Int32, cpuMilli: Int64) -> JobSpec {
            JobSpec(
                id: JobID(id), tenant: TenantID(0),
                roles: [
                    RoleSpec(
                        count: 1,
                        request: MemberRequest(
                            devices: gpus, host: HostResources(cpuMilli: cpuMilli)))
                ])
        }
        engine.apply(.setTenants([TenantSpec(id: TenantID(0))]), at: .zero, into: &directives)
        engine.apply(.addNodes(fleet.nodes), at: .zero, into: &directives)
        engine.apply(.submit(job(0, gpus: 1, cpuMilli: 0)), at: .zero, into: &directives)
        engine.apply(.submit(job(1, gpus: 8, cpuMilli: 0)), at: .zero, into: &directives)
        let rounds = 3 * WaitingRoom.keptClasses
        for round in 2..<rounds {
            let spec = job(round, gpus: 1, cpuMilli: Int64(round))
            engine.apply(.submit(spec), at: .zero, into: &directives)
            engine.apply(.finish(spec.id, Attempt(1)), at: .zero, into: &directives)
        }
        #expect(engine.room.knownClasses <= WaitingRoom.keptClasses + 1)
        #expect(engine.room.classes.count <= WaitingRoom.keptClasses + 1)
        #expect(engine.checkInvariants().isEmpty)
        directives.removeAll()
        engine.apply(.finish(JobID(0), Attempt(1)), at: .zero, into: &directives)
        #expect(directives.started == [1])
    }
}
