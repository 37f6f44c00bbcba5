import FleetModel

/// The jobs that have not ended, in slots that are used again, and how recent jobs ended.
struct JobTable: Sendable {
    // Not optionals: reading one field of an optional copies the whole record.
    private var records: [JobRecord] = []
    private var isTaken: [Bool] = []
    private var free: [Int32] = []
    private var slotOf: [JobID: Int32] = [:]
    private var outcomes: [JobID: JobOutcome] = [:]
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

    /// Slots that were ever taken.
    var slotCount: Int { records.count }

    /// The records of all slots, nil for those that are not taken. O(slots).
    var slots: [JobRecord?] { records.indices.map { isTaken[$0] ? records[$0] : nil } }

    /// Whether a job is in the slot.
    func isTaken(_ slot: Int) -> Bool { isTaken[slot] }

    /// The record in a slot, which must be taken.
    subscript(slot: Int) -> JobRecord {
        @inline(__always) _read {
            precondition(isTaken[slot], "a slot without a job")
            yield records.span[slot]
        }
        @inline(__always) _modify {
            precondition(isTaken[slot], "a slot without a job")
            yield &records[slot]
        }
    }

    /// Takes a job in.
    mutating func insert(_ record: JobRecord) -> Int {
        count += 1
        let slot: Int
        if let reused = free.popLast() {
            slot = Int(reused)
            records[slot] = record
            isTaken[slot] = true
        } else {
            slot = records.count
            records.append(record)
            isTaken.append(true)
        }
        slotOf[record.spec.id] = Int32(slot)
        return slot
    }

    /// Lets a job go and remembers how it ended. Returns the jobs that waited for it.
    mutating func remove(_ slot: Int, outcome: JobOutcome) -> [JobID] {
        let id = self[slot].spec.id
        records[slot] = .blank
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
