import FleetModel

/// Values by job, in shards: a copy of the engine that is tried out copies the shards that it
/// changes, not an entry for each of a hundred thousand jobs.
struct JobMap<Value: Sendable>: Sendable {
    private static var shardCount: Int { 64 }
    private var shards = [[JobID: Value]](repeating: [:], count: JobMap.shardCount)

    /// A map without values.
    init() {}

    /// The same entries.
    init(_ entries: [JobID: Value]) {
        for shard in shards.indices {
            shards[shard].reserveCapacity(entries.count / JobMap.shardCount)
        }
        for id in entries.keys.sorted() { self[id] = entries[id] }
    }

    /// All entries in one dictionary. O(entries).
    var entries: [JobID: Value] {
        var all: [JobID: Value] = [:]
        all.reserveCapacity(shards.reduce(0) { $0 + $1.count })
        for shard in shards { all.merge(shard) { old, _ in old } }
        return all
    }

    /// The value of a job; nil when it has none. O(1).
    subscript(id: JobID) -> Value? {
        @inline(__always) get { shards[shard(id)][id] }
        @inline(__always) set { shards[shard(id)][id] = newValue }
    }

    // Ids count up, so their low bits spread them evenly.
    @inline(__always) private func shard(_ id: JobID) -> Int { id.index & (JobMap.shardCount - 1) }
}

extension JobMap: SnapshotValue where Value: SnapshotValue {
    static var blank: JobMap { JobMap() }

    mutating func pass(through coder: inout SnapshotCoder) {
        // One dictionary: how many shards there are is nothing that bytes should depend on.
        var all = entries
        coder.field(&all)
        self = JobMap(all)
    }
}
