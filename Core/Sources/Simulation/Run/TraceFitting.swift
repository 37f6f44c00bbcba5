import FleetModel

/// Turns the jobs of a trace into jobs for a fleet.
///
/// A job of `n` GPUs that fits on one node becomes one member. A larger one becomes a gang of equal
/// members, each with the largest divisor of `n` that fits on a node. CPU and memory are divided
/// among the members, rounded up.
public struct TraceFitting {
    private let fleet: FleetDefinition
    private let file: String
    private let skipsUnplaceable: Bool
    private let hint: String
    private let traits: (TraceJob) -> JobTraits?
    private var diagnostics: [Diagnostic] = []
    private var suppressed = 0
    private var families = NameTable<FamilyID>()
    private var tree: TenantTree
    private var jobs: [SimulatedJob] = []
    private var names: [String] = []

    /// Mistakes that are told one by one; further ones are counted.
    static let diagnosticLimit = 100

    /// Prepares to fit jobs of `file`; tenants of the trace are found in `tenants` or added to it.
    ///
    /// A job that no state of the fleet could hold is a mistake, unless `skipsUnplaceable`: then
    /// it is submitted all the same, and the engine refuses it. `hint` says what to do about such
    /// a job. `traits` knows of a job what a trace does not say.
    public init(
        fleet: FleetDefinition, file: String, tenants: TenantTree = TenantTree(),
        skipsUnplaceable: Bool = false, hint: String = "use a larger fleet",
        traits: @escaping (TraceJob) -> JobTraits? = { _ in nil }
    ) {
        self.fleet = fleet
        self.file = file
        self.skipsUnplaceable = skipsUnplaceable
        self.hint = hint
        self.traits = traits
        tree = tenants
    }

    /// The workload, or everything in the trace that the fleet could never run. O(jobs).
    public mutating func fit(_ trace: [TraceJob]) -> Result<Workload, DiagnosticList> {
        jobs.reserveCapacity(trace.count)
        let largest = LargestNodes(fleet)
        for job in trace { add(job, largest: largest) }
        checkTenants()
        guard diagnostics.isEmpty else {
            if suppressed > 0 {
                diagnostics.append(
                    Diagnostic(
                        .unplaceable, file: file, message: "and \(suppressed) more such jobs"))
            }
            return .failure(DiagnosticList(diagnostics))
        }
        if tree.tenants.isEmpty { _ = tree.leaf(named: "default") }
        return .success(Workload(jobs: jobs, tenants: tree, names: names))
    }

    private mutating func add(_ job: TraceJob, largest: LargestNodes) {
        var kinds = AcceleratorKindSet(bits: 0)
        for name in job.kinds {
            if let kind = fleet.kinds.id(of: name) { kinds.insert(kind) }
        }
        if job.kinds.isEmpty { kinds = .all }
        if job.gpus > 0, kinds.isEmpty, !skipsUnplaceable {
            report(
                job,
                "no node of the fleet has an accelerator of kind "
                    + job.kinds.joined(separator: " or "),
                expected: "one of " + fleet.kinds.names.joined(separator: ", "))
            return
        }
        // A job that is left without any kind has GPUs to ask for; the engine refuses it.
        if job.gpus == 0 { kinds = .all }
        let perNode = max(1, largest.devices(of: kinds))
        let total = largest.totalDevices(of: kinds)
        if job.gpus > total, !skipsUnplaceable {
            report(
                job,
                "the job asks for \(job.gpus) GPU\(job.gpus == 1 ? "" : "s"), "
                    + "more than the fleet has",
                expected: "at most \(total)")
            return
        }
        let perMember = TraceFitting.largestDivisor(of: job.gpus, upTo: perNode)
        let members = job.gpus == 0 ? 1 : job.gpus / perMember
        guard members <= FleetLimits.membersPerJob || skipsUnplaceable else {
            report(
                job, "the job has \(members) members",
                expected: "at most \(FleetLimits.membersPerJob)")
            return
        }
        let host = HostResources(
            cpuMilli: TraceFitting.share(job.cpuMilli, of: members),
            memoryMiB: TraceFitting.share(job.memoryMiB, of: members))
        let request = MemberRequest(
            devices: Int32(job.gpus == 0 ? 0 : perMember),
            deviceMilli: job.gpus == 1 ? Int32(job.gpuMilli) : 1000, host: host)
        let role = RoleSpec(count: Int32(members), request: request, accelerators: kinds)
        let held = skipsUnplaceable ? members : held(role)
        guard held >= members else {
            report(
                job,
                "the empty fleet holds \(held) of the job's \(members) "
                    + "member\(members == 1 ? "" : "s") of \(TraceFitting.text(request))",
                expected: "members that fit on the fleet's nodes, all at the same time")
            return
        }
        append(job, role)
    }

    /// How many members of the role the empty fleet holds; counts no further than it needs.
    private func held(_ role: RoleSpec) -> Int {
        var held = 0
        for node in fleet.nodes where held < Int(role.minimum) {
            held += TraceFitting.held(role, on: node)
        }
        return held
    }

    private static func held(_ role: RoleSpec, on node: NodeSpec) -> Int {
        let request = role.request
        var held = Int64(FleetLimits.membersPerJob)
        if request.devices > 0 {
            guard let kind = node.kind, role.accelerators.contains(kind) else { return 0 }
            held = Int64(node.devices / request.devices) * Int64(1000 / request.deviceMilli)
        }
        let needs = [
            (request.host.cpuMilli, node.host.cpuMilli),
            (request.host.memoryMiB, node.host.memoryMiB),
        ]
        for (need, have) in needs where need > 0 { held = min(held, have / need) }
        return Int(held)
    }

    private static func text(_ request: MemberRequest) -> String {
        var parts: [String] = []
        if request.devices > 0 { parts.append("\(request.devices) × \(request.deviceMilli) mGPU") }
        if request.host.cpuMilli > 0 { parts.append("\(request.host.cpuMilli) mCPU") }
        if request.host.memoryMiB > 0 { parts.append("\(request.host.memoryMiB) MiB of memory") }
        return parts.joined(separator: ", ")
    }

    private mutating func append(_ job: TraceJob, _ role: RoleSpec) {
        let tenant = tree.leaf(named: job.tenant.isEmpty ? "default" : job.tenant)
        let isLimited = job.limitNanoseconds > 0
        var spec = JobSpec(
            id: JobID(jobs.count), tenant: tenant, priority: job.priority, roles: [role],
            timeLimit: isLimited ? TimeSpan(nanoseconds: job.limitNanoseconds) : nil,
            family: job.family.isEmpty ? nil : families.intern(job.family))
        if let traits = traits(job) {
            spec.preemptible = traits.preemptible
            spec.checkpointPeriod = traits.checkpointPeriod
            spec.restartCost = traits.restartCost
            spec.minimumRunTime = traits.minimumRunTime
        }
        jobs.append(
            SimulatedJob(
                spec: spec, submit: Instant(nanoseconds: job.submitNanoseconds),
                runTime: TimeSpan(nanoseconds: max(0, job.durationNanoseconds))))
        names.append(job.name)
    }

    /// The engine takes a quota tree whole or not at all, so one with too many is no workload.
    private mutating func checkTenants() {
        let count = tree.tenants.count
        guard count > FleetLimits.tenants else { return }
        diagnostics.append(
            Diagnostic(
                .invalidField, file: file, message: "the jobs are of \(count) tenants",
                expected: "at most \(FleetLimits.tenants) tenants",
                hint: "write the same tenant for the jobs that share a quota"))
    }

    private mutating func report(_ job: TraceJob, _ message: String, expected: String) {
        guard diagnostics.count < TraceFitting.diagnosticLimit else {
            suppressed += 1
            return
        }
        diagnostics.append(
            Diagnostic(
                .unplaceable, file: file, line: job.line, message: message, expected: expected,
                hint: hint))
    }

    private static func share(_ amount: Int64, of members: Int) -> Int64 {
        amount <= 0 ? 0 : (amount - 1) / Int64(members) + 1
    }

    /// The largest divisor of `number` that is at most `bound`; 1 if there is none.
    static func largestDivisor(of number: Int, upTo bound: Int) -> Int {
        guard number > 0 else { return 1 }
        var divisor = min(bound, number)
        while divisor > 1 && number % divisor != 0 { divisor -= 1 }
        return max(1, divisor)
    }
}

/// What the fleet has at most of each kind.
private struct LargestNodes {
    private var onNode = [Int](repeating: 0, count: FleetLimits.acceleratorKinds)
    private var inAll = [Int](repeating: 0, count: FleetLimits.acceleratorKinds)

    init(_ fleet: FleetDefinition) {
        for node in fleet.nodes {
            guard let kind = node.kind else { continue }
            onNode[kind.index] = max(onNode[kind.index], Int(node.devices))
            inAll[kind.index] += Int(node.devices)
        }
    }

    func devices(of kinds: AcceleratorKindSet) -> Int {
        onNode.indices.reduce(0) { most, kind in
            kinds.contains(AcceleratorKindID(kind)) ? max(most, onNode[kind]) : most
        }
    }

    func totalDevices(of kinds: AcceleratorKindSet) -> Int {
        inAll.indices.reduce(0) { sum, kind in
            kinds.contains(AcceleratorKindID(kind)) ? sum + inAll[kind] : sum
        }
    }
}
