import FleetModel
import Fuzzing

@testable import Scheduler

/// A small fleet with more work than it holds, for hours: reservations, turns, overdue jobs, moves,
/// cells that are called back, broken nodes.
struct BusyFleet {
    /// What the engine is made of.
    let setup: FuzzSetup
    /// Everything that it was told.
    private(set) var steps: [FuzzStep] = []

    private var engine: Engine
    private var random: SplitMix
    private var now = Instant.zero
    private var due: [(at: Instant, input: Input)] = []

    /// Runs it for so many jobs.
    init(seed: UInt64, jobs: Int) {
        let fleet = FleetDefinition.uniform(nodes: 12, devices: 8, groups: [4])
        let timeline = TimelinePolicy(
            youngSpan: .seconds(120), veteranSpan: .seconds(240), youngWait: .seconds(30),
            minimumRunTime: .seconds(60), lossPercent: 1_000, gangPatience: .seconds(600),
            singlePatience: .seconds(600), overdueRunTime: .seconds(120),
            graceTime: .seconds(120), cheapRestart: .seconds(3_600),
            promptSteps: seed % 2 == 0 ? 0 : 8_192, reviewPeriod: .seconds(60),
            estimatePeriod: .seconds(120))
        setup = FuzzSetup(
            topology: fleet.topology,
            policy: Policy(queueOrder: .muster, seed: seed, timeline: timeline))
        engine = Engine(topology: setup.topology, policy: setup.policy)
        random = SplitMix(seed: seed)
        give(.setTenants(BusyFleet.tenants))
        give(.addNodes(fleet.nodes))
        for job in 0..<jobs {
            now = now + .seconds(Int64(random.below(40)))
            catchUp()
            give(.submit(makeJob(job)))
            if random.below(50) == 0 { breakNode(fleet.nodes[random.below(12)]) }
        }
    }

    private static let tenants: [TenantSpec] = {
        let kind = AcceleratorKindID(0)
        let cell = CellQuota(kind: kind, level: LevelIndex(0), count: 1)
        return [
            TenantSpec(id: TenantID(0), cells: [cell]),
            TenantSpec(
                id: TenantID(1), quotas: [QuotaSpec(kind: kind, guaranteedMilli: 24_000)]),
            TenantSpec(id: TenantID(2)),
        ]
    }()

    private mutating func makeJob(_ number: Int) -> JobSpec {
        let (members, devices): (Int32, Int32) =
            switch random.below(10) {
            case 0: (6, 8)
            case 1, 2: (2, 8)
            case 3, 4, 5: (1, 4)
            default: (1, 1)
            }
        let request = MemberRequest(
            devices: devices, host: HostResources(cpuMilli: 4_000 * Int64(devices)))
        let maximum = random.below(8) == 0 ? members + 2 : members
        // The owner of the cell comes in bursts, so that others borrow it in between.
        let isOwner = number / 40 % 3 == 2 && random.below(2) == 0
        let tenant = TenantID(isOwner ? 0 : 1 + random.below(2))
        var spec = JobSpec(
            id: JobID(number), tenant: tenant, priority: Int32(random.below(8) / 7),
            preemptible: random.below(4) > 0,
            roles: [
                RoleSpec(count: members, maximum: maximum, request: request)
            ], family: random.below(2) == 0 ? FamilyID(random.below(4)) : nil)
        spec.checkpointPeriod = .seconds(60)
        spec.restartCost = .seconds(10)
        return spec
    }

    private mutating func breakNode(_ node: NodeSpec) {
        give(.setDeviceHealth(node.id, unhealthy: 1))
        due.append((now + .seconds(300), .setDeviceHealth(node.id, unhealthy: 0)))
    }

    /// Does what is due by now.
    private mutating func catchUp() {
        let end = now
        while let place = due.indices.min(by: { due[$0].at < due[$1].at }), due[place].at <= end {
            let event = due.remove(at: place)
            now = max(event.at, steps.last?.at ?? .zero)
            give(event.input)
        }
        now = end
    }

    private mutating func give(_ input: Input) {
        steps.append(FuzzStep(at: now, input: input))
        var answer: [Directive] = []
        engine.apply(input, at: now, into: &answer)
        for directive in answer {
            switch directive {
            case .start(let job, let attempt, _):
                due.append((now + .seconds(1), .confirmStart(job, attempt)))
                let span = Int64(60 + random.below(900))
                due.append((now + .seconds(span), .finish(job, attempt)))
            case .stop(let job, let attempt, _):
                due.append((now + .seconds(3), .confirmStop(job, attempt)))
            case .shrink(let job, let attempt, let resize, _):
                due.append((now + .seconds(3), .confirmShrink(job, attempt, resize)))
            case .wake(let time, let token): due.append((time, .wake(token: token)))
            case .wait, .requeue, .end, .reject, .grow, .estimate: break
            }
        }
    }
}
