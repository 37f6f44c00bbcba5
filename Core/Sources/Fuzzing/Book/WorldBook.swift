import FleetModel

/// The world's own books: what runs where, from inputs and directives alone.
///
/// It knows nothing of the engine's state, so that what it says against a directive is independent
/// of it. Everything that a driver may rely on is checked here.
struct WorldBook {
    let topology: Topology
    let policy: Policy
    var now = Instant.zero
    var nodes: [BookNode?] = []
    var jobs: [JobID: BookJob] = [:]
    /// Jobs that have not ended, in order of submission.
    var open: [JobID] = []
    var tenants: [TenantSpec] = []
    /// The nodes that each rule admits.
    var rules: [NodeRuleID: Set<NodeID>] = [:]
    /// Nodes that are kept for large gangs, and how large these must be.
    var spares: Set<NodeID> = []
    var spareGangs: [PoolID: Int64] = [:]
    /// Thousandths in use by leaf tenant, by kind.
    var usage: [TenantID: [Int64]] = [:]
    var counts = SometimesCounts()
    var evictions = EvictionWatch()
    /// What is wrong, in the order of finding it.
    var complaints: [String] = []
    private var submissions = 0
    private var freshJob: JobID?
    /// The jobs that the input cancelled.
    private var cancelled: Set<JobID> = []

    init(setup: FuzzSetup) {
        topology = setup.topology
        policy = setup.policy
    }

    /// Takes one input and what the engine answered to it.
    mutating func note(_ step: FuzzStep, _ directives: [Directive]) {
        now = max(now, step.at)
        freshJob = nil
        cancelled = []
        take(step.input, directives)
        for directive in directives { obey(directive) }
        let submitted: JobID? =
            switch step.input {
            case .submit(let spec), .resubmit(let spec, _): spec.id
            default: nil
            }
        if let submitted, freshJob == nil,
            !directives.contains(.reject(submitted, .duplicateJob))
        {
            complain("job \(submitted): submitted twice and not rejected")
        }
    }

    mutating func complain(_ text: String) {
        if complaints.count < 8 { complaints.append(text) }
    }

    /// Whether a node is there.
    func isPresent(_ node: NodeID) -> Bool { entry(node)?.isPresent == true }

    func entry(_ node: NodeID) -> BookNode? {
        nodes.indices.contains(node.index) ? nodes[node.index] : nil
    }

    private mutating func take(_ input: Input, _ answer: [Directive]) {
        switch input {
        case .addNodes(let specs): for spec in specs { add(spec) }
        case .removeNodes(let ids):
            for id in ids where isPresent(id) {
                nodes[id.index]?.isPresent = false
                nodes[id.index]?.deadline = nil
                if nodes[id.index]?.members ?? 0 > 0 { counts.note(.nodeLostWithGang) }
            }
        case .drain(let id): setDrained(id, true, deadline: nil)
        case .drainBy(let id, let deadline): setDrained(id, true, deadline: deadline)
        case .resume(let id): setDrained(id, false, deadline: nil)
        case .setDeviceHealth(let id, let bits):
            if isPresent(id) { nodes[id.index]?.unhealthy = bits }
        case .setTenants(let specs): if accepts(specs) { tenants = specs }
        case .submit(let spec): takeIn(spec)
        case .resubmit(let spec, let suspects):
            let isNew = jobs[spec.id] == nil
            takeIn(spec)
            if isNew { jobs[spec.id]?.suspects = suspects }
        case .suspect(let id, let node): jobs[id]?.suspects.append(node)
        case .cancel(let id): cancelled = [id]
        case .hold(let id): if jobs[id]?.phase != .ended { jobs[id]?.isHeld = true }
        case .release(let id): if jobs[id]?.phase != .ended { jobs[id]?.isHeld = false }
        case .confirmStop(let id, let attempt):
            if jobs[id]?.phase == .stopping, jobs[id]?.attempt == attempt.rawValue {
                vacate(id)
            } else {
                counts.note(.staleConfirmation)
            }
        case .finish(let id, let attempt), .fail(let id, let attempt, _):
            ended(id, attempt)
        case .failOn(let id, let attempt, _, let suspect):
            if ended(id, attempt) { jobs[id]?.suspects.append(suspect) }
        case .confirmShrink(let id, let attempt, let resize): left(id, attempt, resize)
        case .updateNodes(let specs): for spec in specs { update(spec) }
        case .setRule(let rule, let nodes):
            if (0..<FleetLimits.nodeRules).contains(rule.index) { rules[rule] = Set(nodes) }
        case .adopt(let spec, let attempt, let places): adopt(spec, attempt, places, answer)
        case .replace(let gone, let spec, let attempt, let places):
            cancelled = Set(gone)
            for id in gone where jobs[id]?.isPlaced == true { vacate(id) }
            counts.note(.replaced)
            adopt(spec, attempt, places, answer)
        case .keepSpares(let nodes, let gangs): keep(nodes, gangs)
        // A preference forbids nothing.
        case .confirmStart, .wake, .expectWorkload, .checkpointed, .preferNodes: break
        }
    }

    mutating func takeIn(_ spec: JobSpec) {
        guard jobs[spec.id] == nil else { return }
        jobs[spec.id] = BookJob(spec: spec, order: submissions, at: now)
        submissions += 1
        freshJob = spec.id
        open.append(spec.id)
    }

    private mutating func setDrained(_ id: NodeID, _ isDrained: Bool, deadline: Instant?) {
        guard isPresent(id) else { return }
        nodes[id.index]?.isDrained = isDrained
        nodes[id.index]?.deadline = isDrained ? deadline : nil
    }

    @discardableResult
    private mutating func ended(_ id: JobID, _ attempt: Attempt) -> Bool {
        guard let job = jobs[id], job.isPlaced, job.attempt == attempt.rawValue else {
            counts.note(.staleConfirmation)
            return false
        }
        if job.phase == .stopping { counts.note(.endedWhileStopping) }
        if !job.leaving.isEmpty { counts.note(.endedWhileShrinking) }
        vacate(id)
        return true
    }

    private mutating func left(_ id: JobID, _ attempt: Attempt, _ resize: Resize) {
        guard let job = jobs[id], job.isPlaced, job.attempt == attempt.rawValue,
            let place = job.leaving.firstIndex(where: { $0.resize == resize })
        else {
            counts.note(.staleConfirmation)
            return
        }
        counts.note(.shrinkConfirmed)
        for member in job.leaving[place].members { occupy(member, of: job.spec, sign: -1) }
        jobs[id]?.leaving.remove(at: place)
    }

    /// Takes everything back that a gang has.
    private mutating func vacate(_ id: JobID) {
        guard let job = jobs[id] else { return }
        for member in job.members { occupy(member, of: job.spec, sign: -1) }
        for group in job.leaving {
            for member in group.members { occupy(member, of: job.spec, sign: -1) }
        }
        jobs[id]?.previous = job.members
        jobs[id]?.members = []
        jobs[id]?.leaving = []
        jobs[id]?.phase = .waiting
        jobs[id]?.waitsSince = now
    }

    private mutating func obey(_ directive: Directive) {
        switch directive {
        case .start(let id, let attempt, let members): start(id, attempt, members)
        case .stop(let id, let attempt, let reason):
            stop(id, attempt, reason, isCancelled: cancelled.contains(id))
        case .wait(let id, let refusal): wait(id, refusal)
        case .requeue(let id, let attempt, let cause): requeue(id, attempt, cause)
        case .end(let id, let outcome): end(id, outcome)
        case .reject(let id, let reason): reject(id, reason)
        case .wake(let time, _):
            if time < now { complain("a wake-up in the past: \(time) at \(now)") }
        case .shrink(let id, let attempt, let resize, let members):
            shrink(id, attempt, resize, members)
        case .grow(let id, let attempt, let resize, let members):
            grow(id, attempt, resize, members)
        case .estimate(let id, let range):
            counts.note(.estimated)
            if range.earliest > range.likely || range.likely > range.latest {
                complain("job \(id): an estimate out of order")
            }
            if jobs[id]?.phase != .waiting { complain("job \(id): an estimate while not waiting") }
        }
    }

    private mutating func reject(_ id: JobID, _ reason: RejectionReason) {
        counts.note(.rejected)
        if freshJob == id {
            if reason == .duplicateJob { complain("job \(id): new, but rejected as known") }
            jobs[id] = nil
            open.removeLast()
        } else if reason != .duplicateJob, jobs[id] != nil {
            complain("job \(id): rejected after it had been taken in")
        }
    }
}
