import FleetModel

/// The member shapes that a fleet sees, with how often: what free capacity should stay usable for.
///
/// Told by ``Input/expectWorkload(_:)``, or else learned from submissions. What scores are made from
/// is renewed rarely, because every renewal makes all kept scores stale.
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
    /// What holes are worth.
    private(set) var holes = HoleValues()
    /// Grows when the classes in force change.
    private(set) var classVersion = 0
    /// Grows when hole values change.
    private(set) var holeVersion = 0

    private var isGiven = false
    private var demand = HoleDemand()
    private var counts: [Int64] = []
    private var shapes: [Shape] = []
    private var slots: [Shape: Int] = [:]
    private var seen: Int64 = 0
    private var nextClasses: Int64 = 32
    private var nextHoles: Int64 = 0

    /// Learned classes in force at the same time; the most frequent are kept.
    static let learnedLimit = 64
    /// Shapes that are counted; further ones are ignored.
    static let countedLimit = 4096
    /// Given classes; the most frequent are kept.
    static let givenLimit = 1024
    /// Members between two renewals of hole values; the first come sooner.
    static let holePeriod: Int64 = 256

    /// Takes over classes that somebody knows; they stay in force.
    mutating func take(_ classes: [WorkloadClass], fleet: FleetState) {
        isGiven = true
        let usable = classes.filter {
            $0.request.isWellFormed && $0.request.devices > 0 && $0.weight > 0
                && $0.weight < 1 << 24
        }
        demand = HoleDemand()
        for item in usable { demand.add(item.request, members: item.weight) }
        renewHoles(fleet)
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
        if seen >= nextHoles {
            renewHoles(fleet)
            let isEarly = !isGiven && seen < WorkloadProfile.holePeriod / 2
            nextHoles = isEarly ? max(16, seen * 2) : seen + WorkloadProfile.holePeriod
        }
        seen += members
        guard !isGiven, shape.request.devices > 0 else { return }
        demand.add(shape.request, members: members)
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
        hasher.add(holes.cpuMilliPerGPU)
        for value in holes.values { hasher.add(value) }
        for entry in entries {
            hasher.add(entry.weight)
            hasher.add(entry.devices)
            hasher.add(entry.deviceMilli)
            hasher.add(entry.host.cpuMilli)
        }
    }

    /// Works hole values out anew. Where no parts of devices are asked for they hardly change, and
    /// small changes of the CPU ratio alone are not worth new scores.
    private mutating func renewHoles(_ fleet: FleetState) {
        let fresh = demand.cpuMilliPerGPU ?? fleet.cpuMilliPerGPU()
        let known = holes.cpuMilliPerGPU
        let isNear = abs(fresh - known) <= known / 8
        if !demand.hasParts && isNear { return }
        let values = demand.values(for: fleet)
        guard values != holes else { return }
        holes = values
        holeVersion += 1
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
