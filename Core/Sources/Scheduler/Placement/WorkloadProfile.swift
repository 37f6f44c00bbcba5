import FleetModel

/// The member shapes that a fleet sees, with how often: what free capacity should stay usable for.
///
/// Told by ``Input/expectWorkload(_:)``, or else learned from submissions. The learned classes are
/// taken over each time the number of members seen has doubled, so that scores change rarely.
struct WorkloadProfile: Sendable {
    /// One class, flattened for the scoring loop.
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
    /// Grows when the classes in force change.
    private(set) var version = 0

    private var isGiven = false
    private var counts: [Int64] = []
    private var shapes: [Shape] = []
    private var slots: [Shape: Int] = [:]
    private var seen: Int64 = 0
    private var nextRefresh: Int64 = 32

    /// Learned classes in force at the same time; the most frequent are kept.
    static let learnedLimit = 64
    /// Shapes that are counted; further ones are ignored.
    static let countedLimit = 4096
    /// Given classes; the most frequent are kept.
    static let givenLimit = 1024

    /// Takes over classes that somebody knows; they stay in force.
    mutating func take(_ classes: [WorkloadClass]) {
        isGiven = true
        let usable = classes.filter { $0.request.devices > 0 && $0.weight > 0 }
        setEntries(
            usable.map {
                Entry(
                    kinds: $0.accelerators.bits, host: $0.request.host,
                    devices: $0.request.devices, deviceMilli: $0.request.deviceMilli,
                    weight: $0.weight)
            }, limit: WorkloadProfile.givenLimit)
    }

    /// Counts members of a shape that were submitted.
    mutating func observe(_ shape: Shape, members: Int64) {
        guard !isGiven, shape.request.devices > 0 else { return }
        if let slot = slots[shape] {
            counts[slot] += members
        } else if shapes.count < WorkloadProfile.countedLimit {
            slots[shape] = shapes.count
            shapes.append(shape)
            counts.append(members)
        }
        seen += members
        if seen >= nextRefresh {
            refresh()
            nextRefresh = seen * 2
        }
    }

    /// Folds what decisions depend on into a digest.
    func fold(into hasher: inout StateHasher) {
        hasher.add(version)
        hasher.add(seen)
        for entry in entries {
            hasher.add(entry.weight)
            hasher.add(entry.devices)
            hasher.add(entry.deviceMilli)
            hasher.add(entry.host.cpuMilli)
        }
    }

    private mutating func refresh() {
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
        version += 1
    }
}
