import FleetModel
import Testing

@testable import Scheduler

/// A driver for tests: numbers inputs, keeps directives, checks every invariant after every step.
struct Harness {
    var engine: Engine
    var directives: [Directive] = []
    var seconds: Int64 = 0
    let fleet: FleetDefinition
    /// Wake-ups that were asked for and have not been sent.
    private(set) var timers: [(at: Instant, token: Int64)] = []

    init(
        _ fleet: FleetDefinition, policy: Policy = Policy(),
        tenants: [TenantSpec] = [
            TenantSpec(id: TenantID(0))
        ]
    ) {
        self.fleet = fleet
        engine = Engine(topology: fleet.topology, policy: policy)
        apply(.setTenants(tenants))
        apply(.addNodes(fleet.nodes))
    }

    @discardableResult
    mutating func apply(_ input: Input) -> [Directive] { apply(input, at: .seconds(seconds)) }

    private mutating func apply(_ input: Input, at now: Instant) -> [Directive] {
        var new: [Directive] = []
        engine.apply(input, at: now, into: &new)
        directives += new
        for case .wake(let instant, let token) in new { timers.append((instant, token)) }
        let broken = engine.checkInvariants()
        if !broken.isEmpty { Issue.record("after \(input): \(broken)") }
        return new
    }

    /// Submits a job of `members` members with `gpus` devices each.
    @discardableResult
    mutating func submit(
        _ id: Int, members: Int32 = 1, gpus: Int32 = 1, tenant: Int = 0,
        change: (inout JobSpec) -> Void = { _ in }
    ) -> [Directive] {
        var spec = JobSpec(
            id: JobID(id), tenant: TenantID(tenant),
            roles: [RoleSpec(count: members, request: MemberRequest(devices: gpus))])
        change(&spec)
        return apply(.submit(spec))
    }

    /// Lets time go on to `target` and sends every wake-up that falls due, each at its time.
    @discardableResult
    mutating func advance(to target: Int64) -> [Directive] {
        var new: [Directive] = []
        while let next = timers.indices.min(by: { timers[$0].at < timers[$1].at }),
            timers[next].at <= .seconds(target)
        {
            let timer = timers.remove(at: next)
            new += apply(.wake(token: timer.token), at: timer.at)
        }
        seconds = target
        return new
    }

    /// Says that the job's current attempt ended well.
    @discardableResult
    mutating func finish(_ id: Int) -> [Directive] {
        apply(.finish(JobID(id), attempt(id)))
    }

    /// Says that the job's current attempt failed.
    @discardableResult
    mutating func fail(_ id: Int, _ cause: FailureCause = .application) -> [Directive] {
        apply(.fail(JobID(id), attempt(id), cause))
    }

    /// Says that the job's current attempt has stopped.
    @discardableResult
    mutating func confirmStop(_ id: Int) -> [Directive] {
        apply(.confirmStop(JobID(id), attempt(id)))
    }

    /// The attempt that was started last.
    func attempt(_ id: Int) -> Attempt {
        var last = Attempt(0)
        for case .start(JobID(id), let attempt, _) in directives { last = attempt }
        return last
    }
}

extension [Directive] {
    /// Ids of the jobs that were started.
    var started: [Int] {
        compactMap { if case .start(let id, _, _) = $0 { id.index } else { nil } }
    }

    /// The members of the first start.
    var members: [MemberPlacement] {
        for case .start(_, _, let members) in self { return members }
        return []
    }

    /// The nodes of the first start, in rank order.
    var nodes: [Int] { members.map(\.node.index) }

    /// The first reason to wait.
    var refusal: Refusal? {
        for case .wait(_, let refusal) in self { return refusal }
        return nil
    }

    /// The code of the first reason to wait.
    var waitCode: RefusalCode? { refusal?.code }

    /// Jobs that ended, with how.
    var ended: [Int: JobOutcome] {
        var outcomes: [Int: JobOutcome] = [:]
        for case .end(let id, let outcome) in self { outcomes[id.index] = outcome }
        return outcomes
    }

    /// Jobs that were told to stop.
    var stopped: [Int] {
        compactMap { if case .stop(let id, _, _) = $0 { id.index } else { nil } }
    }

    /// Why the first submission was not accepted.
    var rejection: RejectionReason? {
        for case .reject(_, let reason) in self { return reason }
        return nil
    }
}
