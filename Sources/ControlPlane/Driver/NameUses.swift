import FleetModel

/// Which open jobs name the ids of a table that has few of them, so that an id of nobody can have
/// another name.
struct NameUses<ID: DenseID> {
    private var uses: [Int32] = []
    /// When each was last named or given up, in turns.
    private var touched: [Int64] = []
    private var turn: Int64 = 0
    private var idsOf: [JobID: [ID]] = [:]

    /// An open job names this, once or more often.
    mutating func add(_ id: ID, by job: JobID) {
        touch(id)
        uses[id.index] += 1
        idsOf[job, default: []].append(id)
    }

    /// A job is over, or did not come to be.
    mutating func remove(_ job: JobID) {
        for id in idsOf.removeValue(forKey: job) ?? [] {
            touch(id)
            uses[id.index] -= 1
        }
    }

    /// Somebody is about to name this.
    mutating func touch(_ id: ID) {
        while uses.count <= id.index {
            uses.append(0)
            touched.append(0)
        }
        turn += 1
        touched[id.index] = turn
    }

    /// Of the first `count` ids that no open job names the one that was named the longest ago; the
    /// first of several. O(count).
    func longestIdle(of count: Int) -> ID? {
        var best: (index: Int, touched: Int64)?
        for index in 0..<count where index >= uses.count || uses[index] == 0 {
            let last = index < touched.count ? touched[index] : 0
            if best.map({ last < $0.touched }) ?? true { best = (index, last) }
        }
        return best.map { ID($0.index) }
    }
}
