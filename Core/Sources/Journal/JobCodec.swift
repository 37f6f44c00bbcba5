import FleetModel

/// Which of a job's properties are true or present: one bit each.
private struct JobFlags {
    static let preemptible: UInt8 = 1 << 0
    static let held: UInt8 = 1 << 1
    static let timeLimit: UInt8 = 1 << 2
    static let expectedDuration: UInt8 = 1 << 3
    static let checkpointPeriod: UInt8 = 1 << 4
    static let notBefore: UInt8 = 1 << 5
    static let slice: UInt8 = 1 << 6
    static let family: UInt8 = 1 << 7

    static func of(_ job: JobSpec) -> UInt8 {
        var flags: UInt8 = 0
        if job.preemptible { flags |= preemptible }
        if job.held { flags |= held }
        if job.timeLimit != nil { flags |= timeLimit }
        if job.expectedDuration != nil { flags |= expectedDuration }
        if job.checkpointPeriod != nil { flags |= checkpointPeriod }
        if job.notBefore != nil { flags |= notBefore }
        if job.topology.slice != nil { flags |= slice }
        if job.family != nil { flags |= family }
        return flags
    }
}

extension JobSpec {
    /// Whether some role's nodes must meet a rule.
    var hasRules: Bool { roles.contains { $0.rule != nil } }

    // Shared, so that a decoded job allocates its limits once.
    fileprivate static let noRetries = RetryLimits(application: 0, infrastructure: 0)
}

extension PayloadWriter {
    mutating func job(_ job: JobSpec) throws(PayloadFault) {
        try id(job.id)
        try id(job.tenant)
        byte(JobFlags.of(job))
        signed(job.priority)
        bits(job.pools.bits)
        preference(job.topology.preference)
        if let slice = job.topology.slice {
            signed(slice.members)
            byte(slice.level.rawValue)
        }
        if let limit = job.timeLimit { span(limit) }
        if let expected = job.expectedDuration { span(expected) }
        if let period = job.checkpointPeriod { span(period) }
        span(job.restartCost)
        span(job.minimumRunTime)
        if let instant = job.notBefore { signed(instant.nanoseconds) }
        if let family = job.family { try id(family) }
        try retries(job.retries)
        try list(job.roles, of: "roles", limit: FleetLimits.rolesPerJob) {
            (writer, role) throws(PayloadFault) in writer.role(role)
        }
        try list(job.dependencies, of: "dependencies", limit: FleetLimits.dependenciesPerJob) {
            (writer, dependency) throws(PayloadFault) in
            try writer.id(dependency.job)
            writer.flag(dependency.mustSucceed)
        }
    }

    /// The rules of the roles, one for each; they follow a job whose tag says so.
    mutating func rules(of job: JobSpec) throws(PayloadFault) {
        for role in job.roles {
            flag(role.rule != nil)
            if let rule = role.rule { try id(rule) }
        }
    }

    private mutating func role(_ role: RoleSpec) {
        signed(role.minimum)
        signed(role.maximum)
        request(role.request)
        bits(role.accelerators.bits)
    }

    private mutating func retries(_ retries: RetryLimits) throws(PayloadFault) {
        let causes = FailureCause.allCases.count
        guard retries.counts.count == causes else {
            throw PayloadFault(
                "\(retries.counts.count) retry limits", expected: "one for each of \(causes) causes"
            )
        }
        for count in retries.counts { signed(count) }
    }

    private mutating func preference(_ preference: TopologyPreference) {
        switch preference {
        case .closest: byte(0)
        case .required(let level):
            byte(1)
            byte(level.rawValue)
        case .preferred(let level):
            byte(2)
            byte(level.rawValue)
        case .relaxing(let level, let after, let then):
            byte(then == nil ? 3 : 4)
            byte(level.rawValue)
            span(after)
            if let then { byte(then.rawValue) }
        }
    }
}

extension PayloadReader {
    mutating func job() throws(PayloadFault) -> JobSpec {
        var job = JobSpec(id: try id(), tenant: try id(), roles: [], retries: JobSpec.noRetries)
        let flags = try byte()
        job.preemptible = flags & JobFlags.preemptible != 0
        job.held = flags & JobFlags.held != 0
        job.priority = try signed32()
        job.pools = PoolSet(bits: try bits())
        job.topology.preference = try preference()
        if flags & JobFlags.slice != 0 {
            job.topology.slice = TopologySlice(members: try signed32(), level: try level())
        }
        if flags & JobFlags.timeLimit != 0 { job.timeLimit = try span() }
        if flags & JobFlags.expectedDuration != 0 { job.expectedDuration = try span() }
        if flags & JobFlags.checkpointPeriod != 0 { job.checkpointPeriod = try span() }
        job.restartCost = try span()
        job.minimumRunTime = try span()
        if flags & JobFlags.notBefore != 0 {
            job.notBefore = Instant(nanoseconds: try signed())
        }
        if flags & JobFlags.family != 0 { job.family = try id() }
        for index in job.retries.counts.indices { job.retries.counts[index] = try signed32() }
        job.roles = try list(of: "roles", limit: FleetLimits.rolesPerJob) {
            (reader) throws(PayloadFault) in try reader.role()
        }
        job.dependencies = try list(of: "dependencies", limit: FleetLimits.dependenciesPerJob) {
            (reader) throws(PayloadFault) in
            Dependency(job: try reader.id(), mustSucceed: try reader.flag())
        }
        return job
    }

    /// A job with the rules of its roles behind it.
    mutating func ruledJob() throws(PayloadFault) -> JobSpec {
        var job = try job()
        for index in job.roles.indices where try flag() { job.roles[index].rule = try id() }
        return job
    }

    private mutating func level() throws(PayloadFault) -> LevelIndex {
        LevelIndex(Int(try byte()))
    }

    private mutating func role() throws(PayloadFault) -> RoleSpec {
        RoleSpec(
            count: try signed32(), maximum: try signed32(), request: try request(),
            accelerators: AcceleratorKindSet(bits: try bits()))
    }

    private mutating func preference() throws(PayloadFault) -> TopologyPreference {
        switch try byte() {
        case 0: return .closest
        case 1: return .required(try level())
        case 2: return .preferred(try level())
        case 3: return .relaxing(try level(), after: try span(), then: nil)
        case 4: return .relaxing(try level(), after: try span(), then: try level())
        case let other:
            throw PayloadFault("\(other) is not a topology preference", expected: "0 to 4")
        }
    }
}
