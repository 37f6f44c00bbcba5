import FleetModel
import Scheduler

/// An engine with a little driver that acknowledges what it is told to do.
struct Cluster {
    /// The engine under test.
    var engine: Engine
    /// Attempts of jobs that run, in order of start.
    var running: [(job: JobID, attempt: Attempt)] = []
    private var directives: [Directive] = []
    private var second: Int64 = 0
    private var nextJob = 0

    /// A fleet of `nodes` times eight GPUs under four topology levels (zone, spine, leaf, host).
    /// With `limitGPUs` every tenant has that limit.
    init(nodes: Int, policy: Policy = Policy(), tenants: Int = 1, limitGPUs: Int64? = nil) {
        let fleet = FleetDefinition.uniform(nodes: nodes, devices: 8, groups: [16, 16, 10])
        engine = Engine(topology: fleet.topology, policy: policy)
        let quotas = limitGPUs.map {
            [QuotaSpec(kind: AcceleratorKindID(0), limitMilli: $0 * 1000)]
        }
        apply(
            .setTenants(
                (0..<tenants).map { TenantSpec(id: TenantID($0), quotas: quotas ?? []) }))
        apply(.addNodes(fleet.nodes))
    }

    /// Gives the engine one input and takes note of what it started.
    mutating func apply(_ input: Input) {
        second += 1
        directives.removeAll(keepingCapacity: true)
        engine.apply(input, at: .seconds(second), into: &directives)
        for case .start(let job, let attempt, _) in directives { running.append((job, attempt)) }
    }

    /// Acknowledges every start that has not been.
    mutating func confirmStarts(from first: Int) {
        for index in first..<running.count {
            apply(.confirmStart(running[index].job, running[index].attempt))
        }
    }

    /// A job of one role with whole devices.
    mutating func job(
        members: Int32, devices: Int32, tenant: Int = 0, extraCPUMilli: Int64 = 0,
        topology: TopologyPreference = .closest
    ) -> JobSpec {
        nextJob += 1
        return JobSpec(
            id: JobID(nextJob - 1), tenant: TenantID(tenant),
            roles: [
                RoleSpec(
                    count: members,
                    request: MemberRequest(
                        devices: devices,
                        host: HostResources(
                            cpuMilli: 8_000 * Int64(devices) + extraCPUMilli, memoryMiB: 65_536)))
            ],
            topology: TopologyConstraint(preference: topology))
    }

    /// Ends the running job at an index; the last one takes its place in the list.
    mutating func finish(at index: Int) {
        let ended = running[index]
        running.swapAt(index, running.count - 1)
        running.removeLast()
        apply(.finish(ended.job, ended.attempt))
    }
}
