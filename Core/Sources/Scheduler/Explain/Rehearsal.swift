import FleetModel

/// A copy of an engine to which something is done that is not, at the same time.
///
/// It answers its own directives as a prompt driver would: what starts runs at once, what is told
/// to stop has stopped. The copy shares its storage with the original until it is changed.
struct Rehearsal {
    /// The copy.
    private(set) var engine: Engine
    /// Jobs that started, in order.
    private(set) var started: [JobID] = []
    /// Running jobs that were stopped, in order.
    private(set) var stopped: [StoppedJob] = []
    /// Jobs that ended, in order.
    private(set) var ended: [JobID] = []
    /// Changes that could not be made.
    private(set) var inapplicable: [InapplicableChange] = []
    /// Whether the answers to directives did not come to an end.
    private(set) var isCutOff = false

    /// Copies an engine and makes the changes, one after the other.
    init(_ engine: Engine, _ changes: [Change]) {
        self.engine = engine
        for (index, change) in changes.enumerated() {
            if let reason = make(change) {
                inapplicable.append(InapplicableChange(index: index, reason: reason))
            }
        }
    }

    private mutating func make(_ change: Change) -> InapplicableReason? {
        switch change {
        case .respecify(let spec): return respecify(spec)
        case .submit(let spec): return submit(spec)
        case .cancel(let job):
            guard engine.jobs.slot(of: job) != nil else { return .unknownJob }
            give(.cancel(job))
        case .release(let job):
            guard let slot = engine.jobs.slot(of: job) else { return .unknownJob }
            guard engine.jobs[slot].isHeld else { return .notHeld }
            give(.release(job))
        case .tenants(let tenants): return replace(tenants)
        case .quota(let tenant, let numbers):
            guard let tenants = engine.tenants(with: numbers, of: tenant) else {
                return .unknownTenant
            }
            return replace(tenants)
        case .addNodes(let nodes): return add(nodes)
        case .removeNodes(let nodes):
            guard nodes.allSatisfy(engine.isPresent) else { return .unknownNode }
            give(.removeNodes(nodes))
        case .drain(let node):
            guard engine.isPresent(node) else { return .unknownNode }
            give(.drain(node))
        case .resume(let node):
            guard engine.isPresent(node) else { return .unknownNode }
            give(.resume(node))
        case .setDeviceHealth(let node, let unhealthy):
            guard engine.isPresent(node) else { return .unknownNode }
            give(.setDeviceHealth(node, unhealthy: unhealthy))
        case .freeSpares(let nodes):
            let freed = Set(nodes)
            let kept = engine.spareNodes.filter { !freed.contains($0) }
            give(.keepSpares(kept, gangs: engine.spareGangs))
        case .policy(let policy):
            guard policy.isWellFormed else { return .malformedPolicy }
            engine.adopt(policy)
            settle()
        }
        return nil
    }

    private mutating func respecify(_ spec: JobSpec) -> InapplicableReason? {
        guard let slot = engine.jobs.slot(of: spec.id) else { return .unknownJob }
        if let reason = engine.rejection(ofChanged: spec) { return .rejected(reason) }
        guard engine.waitingSlot(of: spec.id) != nil else {
            guard engine.respecifyRunning(slot, spec) else { return .jobRuns }
            settle()
            return nil
        }
        engine.resubmit(slot, spec)
        settle()
        return nil
    }

    private mutating func submit(_ spec: JobSpec) -> InapplicableReason? {
        for case .reject(spec.id, let reason) in give(.submit(spec)) { return .rejected(reason) }
        return nil
    }

    private mutating func replace(_ tenants: [TenantSpec]) -> InapplicableReason? {
        give(.setTenants(tenants))
        return engine.has(tenants) ? nil : .unacceptableTenants
    }

    private mutating func add(_ nodes: [NodeSpec]) -> InapplicableReason? {
        guard nodes.allSatisfy({ !engine.isPresent($0.id) }) else { return .unacceptableNode }
        give(.addNodes(nodes))
        return nodes.allSatisfy { engine.isPresent($0.id) } ? nil : .unacceptableNode
    }

    /// Lets the engine decide upon what was done to it from within.
    private mutating func settle() { give(.release(Engine.nobody)) }

    /// Gives the copy an input and answers its directives. Returns the directives of the input.
    @discardableResult
    private mutating func give(_ input: Input) -> [Directive] {
        var pending = [input]
        var first: [Directive] = []
        var directives: [Directive] = []
        var place = 0
        while place < pending.count {
            guard place < AnswerLimits.rehearsalInputs else {
                isCutOff = true
                break
            }
            directives.removeAll(keepingCapacity: true)
            engine.apply(pending[place], at: engine.now, into: &directives)
            if place == 0 { first = directives }
            place += 1
            for directive in directives { answer(directive, &pending) }
        }
        return first
    }

    private mutating func answer(_ directive: Directive, _ pending: inout [Input]) {
        switch directive {
        case .start(let job, let attempt, _):
            started.append(job)
            pending.append(.confirmStart(job, attempt))
        case .stop(let job, let attempt, let reason):
            stopped.append(StoppedJob(job: job, reason: reason))
            pending.append(.confirmStop(job, attempt))
        case .shrink(let job, let attempt, let resize, _):
            pending.append(.confirmShrink(job, attempt, resize))
        case .end(let job, _): ended.append(job)
        case .wait, .requeue, .reject, .wake, .grow, .estimate: break
        }
    }
}
