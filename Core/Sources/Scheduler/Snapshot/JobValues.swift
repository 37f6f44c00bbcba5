import FleetModel

// A job as it was submitted.

extension RoleSpec: SnapshotValue {
    static var blank: RoleSpec { RoleSpec(count: 0, request: .blank) }
    mutating func pass(through coder: inout SnapshotCoder) {
        coder.field(&minimum)
        coder.field(&maximum)
        coder.field(&request)
        coder.field(&accelerators)
        coder.field(&rule, since: 2)
    }
}

extension RetryLimits: SnapshotValue {
    static var blank: RetryLimits { RetryLimits() }
    mutating func pass(through coder: inout SnapshotCoder) { coder.field(&counts) }
}

extension Dependency: SnapshotValue {
    static var blank: Dependency { Dependency(job: JobID(0)) }
    mutating func pass(through coder: inout SnapshotCoder) {
        coder.field(&job)
        coder.field(&mustSucceed)
    }
}

extension TopologyPreference: SnapshotValue {
    static var blank: TopologyPreference { .closest }
    mutating func pass(through coder: inout SnapshotCoder) {
        var (tag, level, after) = (UInt8(0), LevelIndex(0), TimeSpan.zero)
        var then: LevelIndex?
        switch self {
        case .closest: break
        case .required(let known): (tag, level) = (1, known)
        case .preferred(let known): (tag, level) = (2, known)
        case .relaxing(let known, let span, let next):
            (tag, level, after, then) = (3, known, span, next)
        }
        coder.field(&tag)
        coder.field(&level)
        coder.field(&after)
        coder.field(&then)
        guard coder.mode == .reading else { return }
        switch tag {
        case 0: self = .closest
        case 1: self = .required(level)
        case 2: self = .preferred(level)
        case 3: self = .relaxing(level, after: after, then: then)
        default: coder.fail("\(tag) is not a topology preference", expected: "0 to 3")
        }
    }
}

extension TopologySlice: SnapshotValue {
    static var blank: TopologySlice { TopologySlice(members: 1, level: LevelIndex(0)) }
    mutating func pass(through coder: inout SnapshotCoder) {
        coder.field(&members)
        coder.field(&level)
    }
}

extension TopologyConstraint: SnapshotValue {
    static var blank: TopologyConstraint { TopologyConstraint() }
    mutating func pass(through coder: inout SnapshotCoder) {
        coder.field(&preference)
        coder.field(&slice)
    }
}

extension JobSpec: SnapshotValue {
    static var blank: JobSpec { JobRecord.blank.spec }
    mutating func pass(through coder: inout SnapshotCoder) {
        coder.field(&id)
        coder.field(&tenant)
        coder.field(&priority)
        coder.field(&preemptible)
        coder.field(&roles)
        coder.field(&topology)
        coder.field(&pools)
        coder.field(&timeLimit)
        coder.field(&expectedDuration)
        coder.field(&checkpointPeriod)
        coder.field(&restartCost)
        coder.field(&minimumRunTime)
        coder.field(&retries)
        coder.field(&dependencies)
        coder.field(&held)
        coder.field(&notBefore)
        coder.field(&family)
    }
}
