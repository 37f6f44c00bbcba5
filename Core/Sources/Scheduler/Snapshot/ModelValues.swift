import FleetModel

// The vocabulary of the fleet model, as far as the engine keeps it.

extension SnapshotValue where Self: DenseID {
    static var blank: Self { Self(rawValue: 0) }
    @inline(__always)
    mutating func pass(through coder: inout SnapshotCoder) {
        var raw = rawValue
        coder.field(&raw)
        self = Self(rawValue: raw)
    }
}

extension NodeID: SnapshotValue {}
extension JobID: SnapshotValue {}
extension FamilyID: SnapshotValue {}
extension TenantID: SnapshotValue {}
extension PoolID: SnapshotValue {}
extension NodeRuleID: SnapshotValue {}
extension AcceleratorKindID: SnapshotValue {}
extension DomainID: SnapshotValue {}

extension QueueOrder: SnapshotValue {}
extension PlacementRule: SnapshotValue {}
extension FailureCause: SnapshotValue {}
extension JobOutcome: SnapshotValue {}
extension EstimateBasis: SnapshotValue {}

extension SmallIDSet: SnapshotValue {
    static var blank: SmallIDSet { SmallIDSet(bits: 0) }
    @inline(__always)
    mutating func pass(through coder: inout SnapshotCoder) { coder.field(&bits) }
}

extension Instant: SnapshotValue {
    static var blank: Instant { .zero }
    @inline(__always)
    mutating func pass(through coder: inout SnapshotCoder) { coder.field(&nanoseconds) }
}

extension TimeSpan: SnapshotValue {
    static var blank: TimeSpan { .zero }
    @inline(__always)
    mutating func pass(through coder: inout SnapshotCoder) { coder.field(&nanoseconds) }
}

extension Attempt: SnapshotValue {
    static var blank: Attempt { Attempt(0) }
    mutating func pass(through coder: inout SnapshotCoder) { coder.field(&rawValue) }
}

extension Resize: SnapshotValue {
    static var blank: Resize { Resize(0) }
    mutating func pass(through coder: inout SnapshotCoder) { coder.field(&rawValue) }
}

extension SplitMix: SnapshotValue {
    static var blank: SplitMix { SplitMix(seed: 0) }
    mutating func pass(through coder: inout SnapshotCoder) { coder.field(&state) }
}

extension LevelIndex: SnapshotValue {
    static var blank: LevelIndex { LevelIndex(0) }
    mutating func pass(through coder: inout SnapshotCoder) {
        var raw = rawValue
        coder.field(&raw)
        self = LevelIndex(Int(raw))
    }
}

extension TopologyLevel: SnapshotValue {
    static var blank: TopologyLevel { TopologyLevel(name: "") }
    mutating func pass(through coder: inout SnapshotCoder) {
        coder.field(&name)
        coder.field(&label)
    }
}

extension Topology: SnapshotValue {
    static var blank: Topology { Topology(levels: []) }
    mutating func pass(through coder: inout SnapshotCoder) {
        var levels = levels
        coder.field(&levels)
        guard coder.mode == .reading else { return }
        guard levels.last?.name == Topology.hostName, levels.count <= FleetLimits.topologyLevels
        else {
            return coder.fail(
                "\(levels.count) topology levels, or another last one than the host",
                expected: "at most \(FleetLimits.topologyLevels), the host last")
        }
        self = Topology(levels: levels)
    }
}

extension HostResources: SnapshotValue {
    static var blank: HostResources { .zero }
    mutating func pass(through coder: inout SnapshotCoder) {
        coder.field(&cpuMilli)
        coder.field(&memoryMiB)
        coder.field(&diskMiB)
        coder.field(&nics)
        coder.field(&slots, since: 3)
        coder.field(&exclusives, since: 3)
    }
}

extension Exclusives: SnapshotValue {
    static var blank: Exclusives { .none }
    mutating func pass(through coder: inout SnapshotCoder) {
        coder.field(&ones)
        coder.field(&signs)
    }
}

extension MemberRequest: SnapshotValue {
    static var blank: MemberRequest { MemberRequest(devices: 0) }
    mutating func pass(through coder: inout SnapshotCoder) {
        coder.field(&devices)
        coder.field(&deviceMilli)
        coder.field(&host)
    }
}

extension CellQuota: SnapshotValue {
    static var blank: CellQuota {
        CellQuota(kind: AcceleratorKindID(0), level: LevelIndex(0), count: 0)
    }
    mutating func pass(through coder: inout SnapshotCoder) {
        coder.field(&kind)
        coder.field(&level)
        coder.field(&count)
    }
}

extension StartEstimate: SnapshotValue {
    static var blank: StartEstimate {
        StartEstimate(earliest: .zero, likely: .zero, latest: .zero, basis: .reservation)
    }
    mutating func pass(through coder: inout SnapshotCoder) {
        coder.field(&earliest)
        coder.field(&likely)
        coder.field(&latest)
        coder.field(&basis)
    }
}
