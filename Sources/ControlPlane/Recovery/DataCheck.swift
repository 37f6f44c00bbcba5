import FleetModel
import Health
import HealthControl
import Scheduler
import Store

/// What a look at a data folder has found. Nothing in it is changed.
public struct DataCheck: Sendable {
    /// The hash of the engine's state after recovery.
    public var stateHash: UInt64
    /// The same after a replay from the oldest point that is kept.
    public var replayedHash: UInt64
    /// Inputs of that replay.
    public var replayedInputs: Int
    /// Jobs that are open.
    public var openJobs: Int
    /// Allocations in the ledger.
    public var allocations: Int
    /// What does not fit together, in words; empty when all is well.
    public var findings: [String]

    /// Findings that are kept; a broken folder may have very many.
    private static let kept = 100

    /// Recovers what a folder holds and compares it with itself: snapshot against journal, engine
    /// against books, books against ledger. O(everything that is kept).
    public init(store: Store, policy: Policy = Policy(queueOrder: .muster)) throws {
        let recovery = Recovery(store: store)
        guard try recovery.isNew() == false else {
            throw OperatingError(
                .notFound, "the data folder has never been used", hint: "name it with --data")
        }
        let state = try recovery.load(policy: policy)
        let oldest = try recovery.load(policy: policy, from: .oldest)
        stateHash = state.engine.stateHash()
        replayedHash = oldest.engine.stateHash()
        replayedInputs = oldest.replayed
        openJobs = state.view.openJobs
        allocations = 0
        findings = []
        if stateHash != replayedHash {
            findings.append("the newest snapshot and the journal lead to different states")
        }
        findings += state.engine.checkInvariants().map { "the engine: \($0)" }
        if state.desk.stateHash() != oldest.desk.stateHash() {
            findings.append("the newest snapshot and the health journal lead to different states")
        }
        findings += state.desk.engine.checkInvariants().map { "the health engine: \($0)" }
        compareBooks(state)
        try checkLedger(store, state)
        if findings.count > DataCheck.kept {
            let more = findings.count - DataCheck.kept
            findings = findings.prefix(DataCheck.kept) + ["and \(more) more"]
        }
    }

    /// The engine and the books must say the same of every open job.
    private mutating func compareBooks(_ state: RecoveredState) {
        let engine = state.engine
        let known = Set(engine.openJobIDs)
        state.view.jobs.forEach { job in
            let id = job.row.id
            guard !job.row.state.isOver else {
                if known.contains(id) { findings.append("job \(id) is over only in the books") }
                return true
            }
            guard known.contains(id) else {
                findings.append("job \(id) is open only in the books")
                return true
            }
            let placement = engine.placement(of: id)
            guard job.row.state.isPlaced else {
                if placement != nil { findings.append("job \(id) holds devices, but waits") }
                return true
            }
            guard let placement, placement.attempt == job.row.attempt else {
                findings.append("job \(id) runs only in the books")
                return true
            }
            let books = job.members.map(\.placement).sorted(by: DataCheck.precedes)
            if books != placement.members.sorted(by: DataCheck.precedes) {
                findings.append("job \(id) holds other devices than the books say")
            }
            return true
        }
        if known.count != state.view.openJobs {
            findings.append("\(known.count) jobs are open, \(state.view.openJobs) in the books")
        }
    }

    private static func precedes(_ left: MemberPlacement, _ right: MemberPlacement) -> Bool {
        (left.node, left.role, left.devices) < (right.node, right.role, right.devices)
    }

    /// Every attempt is covered by its allocations, without a gap and without an overlap.
    private mutating func checkLedger(_ store: Store, _ state: RecoveredState) throws {
        var open: Int64 = 0
        for rows in state.openAllocations.values { for row in rows { open += row.gpuMilli } }
        if open != state.engine.allocatedMilli {
            findings.append(
                "\(open) thousandths of GPUs are open in the ledger, the engine has "
                    + "\(state.engine.allocatedMilli)")
        }
        try store.read { reader in
            var rows: [AllocationRow] = []
            try reader.forEachAllocation { row in
                allocations += 1
                if let last = rows.last, last.job != row.job || last.attempt != row.attempt {
                    try compare(rows, reader)
                    rows = []
                }
                rows.append(row)
            }
            try compare(rows, reader)
        }
    }

    private mutating func compare(_ rows: [AllocationRow], _ reader: StoreReader) throws {
        guard let first = rows.first else { return }
        let name = "job \(first.job), attempt \(first.attempt.rawValue)"
        guard
            let attempt = try reader.attempts(of: first.job, limit: 10_000)
                .first(where: { $0.attempt == first.attempt })
        else { return }
        // A gang that changes its size closes its rows and opens others at the same instant.
        var covered = first.startAt
        if covered != attempt.startedAt { findings.append("\(name): the ledger begins late") }
        for row in rows {
            let group = rows.filter { $0.startAt == row.startAt }
            if Set(group.map { [Int32($0.pool.rawValue), $0.kind] }).count != group.count {
                findings.append("\(name): the ledger has a row twice")
            }
            if row.startAt > covered { findings.append("\(name): the ledger has a gap") }
            if row.startAt < covered, row.startAt != first.startAt,
                !group.contains(where: { $0.endAt == covered })
            {
                findings.append("\(name): the ledger has an overlap")
            }
            covered = max(covered, row.endAt ?? .never)
        }
        if let end = attempt.endedAt, covered != end {
            findings.append("\(name): the ledger does not end with the attempt")
        }
        if attempt.endedAt == nil, covered != .never {
            findings.append("\(name): the ledger ends before the attempt")
        }
    }
}
