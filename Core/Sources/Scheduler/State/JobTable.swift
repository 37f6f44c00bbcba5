import FleetModel

/// The jobs that have not ended, in slots that are used again, and how recent jobs ended.
struct JobTable: Sendable {
    // Not optionals: reading one field of an optional copies the whole record. In chunks: a copy of
    // the engine that is tried out copies only those that it changes, not a hundred thousand.
    private var chunks: [[JobRecord]] = []
    private var isTaken: [Bool] = []
    private var free: [Int32] = []
    private var slotOf = JobMap<Int32>()
    private var outcomes = JobMap<JobOutcome>()
    private var ended: [JobID] = []
    private var endedStart = 0
    private var dependents: [JobID: [JobID]] = [:]

    /// Jobs that have not ended.
    private(set) var count = 0

    /// Ended jobs whose outcome is remembered for dependencies; older ones are forgotten.
    static let rememberedOutcomes = 100_000

    /// The slot of a job that has not ended.
    func slot(of id: JobID) -> Int? { slotOf[id].map { Int($0) } }

    /// How a job ended, if that is still remembered.
    func outcome(of id: JobID) -> JobOutcome? { outcomes[id] }

    /// Slots of one chunk: a power of two.
    private static let chunkSlots = 1 << chunkShift
    private static let chunkShift = 6

    /// Slots that were ever taken.
    var slotCount: Int { isTaken.count }

    /// The records of all slots, nil for those that are not taken. O(slots).
    var slots: [JobRecord?] {
        isTaken.indices.map { isTaken[$0] ? chunks[$0 >> JobTable.chunkShift][within($0)] : nil }
    }

    @inline(__always) private func within(_ slot: Int) -> Int { slot & (JobTable.chunkSlots - 1) }

    /// Whether a job is in the slot.
    func isTaken(_ slot: Int) -> Bool { isTaken[slot] }

    /// The record in a slot, which must be taken.
    subscript(slot: Int) -> JobRecord {
        // In place: copying the reference to a chunk, as reading it otherwise does, doubled the
        // time of a cycle. The table cannot change while the access lasts, so the chunk stays.
        @inline(__always) unsafeAddress {
            precondition(isTaken[slot], "a slot without a job")
            return chunks.withUnsafeBufferPointer { chunks in
                chunks[slot >> JobTable.chunkShift].withUnsafeBufferPointer { records in
                    guard let first = records.baseAddress else {
                        preconditionFailure("a chunk without records")
                    }
                    return first + within(slot)
                }
            }
        }
        @inline(__always) _modify {
            precondition(isTaken[slot], "a slot without a job")
            yield &chunks[slot >> JobTable.chunkShift][within(slot)]
        }
    }

    /// Takes a job in.
    mutating func insert(_ record: JobRecord) -> Int {
        count += 1
        let slot: Int
        if let reused = free.popLast() {
            slot = Int(reused)
            chunks[slot >> JobTable.chunkShift][within(slot)] = record
            isTaken[slot] = true
        } else {
            slot = isTaken.count
            append(record)
            isTaken.append(true)
        }
        slotOf[record.spec.id] = Int32(slot)
        return slot
    }

    private mutating func append(_ record: JobRecord) {
        if chunks.last?.count ?? JobTable.chunkSlots == JobTable.chunkSlots {
            chunks.append([])
            chunks[chunks.count - 1].reserveCapacity(JobTable.chunkSlots)
        }
        chunks[chunks.count - 1].append(record)
    }

    /// Lets a job go and remembers how it ended. Returns the jobs that waited for it.
    mutating func remove(_ slot: Int, outcome: JobOutcome) -> [JobID] {
        let id = self[slot].spec.id
        chunks[slot >> JobTable.chunkShift][within(slot)] = .blank
        isTaken[slot] = false
        slotOf[id] = nil
        free.append(Int32(slot))
        count -= 1
        outcomes[id] = outcome
        ended.append(id)
        if ended.count - endedStart > JobTable.rememberedOutcomes {
            outcomes[ended[endedStart]] = nil
            endedStart += 1
            if endedStart > JobTable.rememberedOutcomes {
                ended.removeFirst(endedStart)
                endedStart = 0
            }
        }
        return dependents.removeValue(forKey: id) ?? []
    }

    /// Notes that `dependent` waits for `id` to end.
    mutating func addDependent(_ dependent: JobID, of id: JobID) {
        dependents[id, default: []].append(dependent)
    }
}

extension JobTable: SnapshotValue {
    static var blank: JobTable { JobTable() }

    mutating func pass(through coder: inout SnapshotCoder) {
        // Flat: how many make a chunk or a shard is nothing that bytes should depend on.
        var records = chunks.flatMap { $0 }
        coder.field(&records)
        chunks = []
        for record in records { append(record) }
        coder.field(&isTaken)
        coder.field(&free)
        let ids = records.map(\.spec.id)
        var slots = slotOf.entries
        coder.index(&slots, keys: ids)
        slotOf = JobMap(slots)
        coder.field(&outcomes)
        coder.field(&ended)
        coder.field(&endedStart)
        coder.field(&dependents)
        coder.field(&count)
    }
}
