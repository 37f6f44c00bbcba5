import FleetModel

/// The member shapes that a fleet sees, with how often: what free capacity should stay usable for.
///
/// Told by ``Input/expectWorkload(_:)``, or else learned from submissions. What scores are made
/// from is renewed rarely, because every renewal makes all kept scores stale.
struct WorkloadProfile: Sendable {
    /// One class, flattened for the scoring loop of FGD.
    struct Entry: Hashable, Sendable {
        /// Kinds that it accepts.
        var kinds: UInt64
        /// What it needs of the host.
        var host: HostResources
        /// Devices per member.
        var devices: Int32
        /// Thousandths of each device.
        var deviceMilli: Int32
        /// Relative frequency; all weights together are below 2^24.
        var weight: Int64
    }

    /// The classes in force, most frequent first; only members with devices.
    private(set) var entries: [Entry] = []
    /// The sum of all weights.
    private(set) var totalWeight: Int64 = 0
    /// What free capacity is worth.
    private(set) var values = PlacementValues()
    /// Grows when the classes in force change.
    private(set) var classVersion = 0
    /// Grows when values change.
    private(set) var valueVersion = 0

    private var isGiven = false
    private var demand = PlacementDemand()
    private var counts: [Int64] = []
    private var shapes: [Shape] = []
    private var slots: [Shape: Int] = [:]
    private var seen: Int64 = 0
    private var nextClasses: Int64 = 32
    private var nextValues: Int64 = 0

    /// Learned classes in force at the same time; the most frequent are kept.
    static let learnedLimit = 64
    /// Shapes that are counted; further ones are ignored.
    static let countedLimit = 4096
    /// Given classes; the most frequent are kept.
    static let givenLimit = 1024
    /// Members between two renewals of values on fleets of up to 2,048 nodes; the first come
    /// sooner. On larger fleets the period grows with the nodes, as a renewal's cost does.
    static let valuePeriod: Int64 = 256

    /// Takes over classes that somebody knows; they stay in force.
    mutating func take(_ classes: [WorkloadClass], fleet: FleetState) {
        isGiven = true
        let usable = classes.filter {
            $0.request.isWellFormed && $0.request.devices > 0 && $0.weight > 0
                && $0.weight < 1 << 24
        }
        demand = PlacementDemand()
        for item in usable {
            let shape = Shape(request: item.request, kinds: item.accelerators, pools: .all)
            demand.add(shape, members: item.weight, fleet: fleet)
        }
        renewValues(fleet)
        setEntries(
            usable.map { item in
                Entry(
                    kinds: item.accelerators.bits, host: item.request.host,
                    devices: item.request.devices, deviceMilli: item.request.deviceMilli,
                    weight: item.weight)
            }, limit: WorkloadProfile.givenLimit)
    }

    /// Counts members of a shape that were submitted, and renews what is due.
    mutating func observe(_ shape: Shape, members: Int64, fleet: FleetState) {
        if seen >= nextValues {
            renewValues(fleet)
            let period = max(WorkloadProfile.valuePeriod, Int64(fleet.nodeCount) / 8)
            let isEarly = !isGiven && seen < period / 2
            nextValues = isEarly ? max(16, seen * 2) : seen + period
        }
        seen += members
        guard !isGiven, shape.request.devices > 0 else { return }
        demand.add(shape, members: members, fleet: fleet)
        if let slot = slots[shape] {
            counts[slot] += members
        } else if shapes.count < WorkloadProfile.countedLimit {
            slots[shape] = shapes.count
            shapes.append(shape)
            counts.append(members)
        }
        if seen >= nextClasses {
            renewClasses()
            nextClasses = seen * 2
        }
    }

    /// Folds what decisions depend on into a digest.
    func fold(into hasher: inout StateHasher) {
        hasher.add(seen)
        hasher.add(values.cpuMilliPerGPU)
        for value in values.holes { hasher.add(value) }
        for price in values.kindPrices { hasher.add(price) }
        for set in values.sets { hasher.add(set.price) }
        for entry in entries {
            hasher.add(entry.weight)
            hasher.add(entry.devices)
            hasher.add(entry.deviceMilli)
            hasher.add(entry.host.cpuMilli)
        }
    }

    /// Works values out anew. Small changes of the CPU ratio alone are not worth new scores.
    private mutating func renewValues(_ fleet: FleetState) {
        var fresh = demand.values(for: fleet)
        let known = values.cpuMilliPerGPU
        let isNear = abs(fresh.cpuMilliPerGPU - known) <= known / 8
        if isNear && !demand.hasParts { fresh.cpuMilliPerGPU = known }
        guard fresh != values else { return }
        values = fresh
        valueVersion += 1
    }

    private mutating func renewClasses() {
        setEntries(
            shapes.indices.map { slot in
                let shape = shapes[slot]
                return Entry(
                    kinds: shape.kinds.bits, host: shape.request.host,
                    devices: shape.request.devices, deviceMilli: shape.request.deviceMilli,
                    weight: counts[slot])
            }, limit: WorkloadProfile.learnedLimit)
    }

    private mutating func setEntries(_ all: [Entry], limit: Int) {
        let order = all.indices.sorted { left, right in
            all[left].weight != all[right].weight
                ? all[left].weight > all[right].weight : left < right
        }
        var kept = order.prefix(limit).map { all[$0] }
        var sum = kept.reduce(0) { $0 + $1.weight }
        while sum >= 1 << 24 {
            for index in kept.indices { kept[index].weight = max(1, kept[index].weight / 2) }
            sum = kept.reduce(0) { $0 + $1.weight }
        }
        guard kept != entries else { return }
        entries = kept
        totalWeight = sum
        classVersion += 1
    }
}

extension WorkloadProfile.Entry: SnapshotValue {
    static var blank: Self {
        WorkloadProfile.Entry(kinds: 0, host: .zero, devices: 0, deviceMilli: 0, weight: 0)
    }

    mutating func pass(through coder: inout SnapshotCoder) {
        coder.field(&kinds)
        coder.field(&host)
        coder.field(&devices)
        coder.field(&deviceMilli)
        coder.field(&weight)
    }
}

extension WorkloadProfile: SnapshotValue {
    static var blank: WorkloadProfile { WorkloadProfile() }

    mutating func pass(through coder: inout SnapshotCoder) {
        coder.field(&entries)
        coder.field(&totalWeight)
        coder.field(&values)
        coder.field(&classVersion)
        coder.field(&valueVersion)
        coder.field(&isGiven)
        coder.field(&demand)
        coder.field(&counts)
        coder.field(&shapes)
        let keys = shapes
        coder.index(&slots, keys: keys)
        coder.field(&seen)
        coder.field(&nextClasses)
        coder.field(&nextValues)
    }
}
