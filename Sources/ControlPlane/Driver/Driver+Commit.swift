import FleetModel
import HealthControl
import Journal
import Scheduler
import Store

/// What one commit changed, for those who follow.
public struct FleetDelta: Sendable {
    /// The view after it.
    public var view: FleetView
    /// Events in it, in order.
    public var events: [EventRow]
    /// Jobs that are shown otherwise than before.
    public var jobs: [JobID]
    /// Nodes that are shown otherwise than before.
    public var nodes: [NodeID]
    /// Whether the quota tree is another one.
    public var hasNewTenants: Bool
}

extension Driver {
    /// Writes what the batch has changed, in one transaction. Nothing is kept when it throws, and
    /// the driver must not be used any more then.
    func commit() throws -> FleetDelta {
        if let failure { throw failure }
        let writes = pending
        pending = PendingWrites()
        defer { keys.removeAll(keepingCapacity: true) }
        if !writes.isEmpty {
            let began = FleetClock.monotonic()
            let bytes = writes.inputs > 0 ? journal.takeBytes() : []
            let batch = writes.inputs > 0 ? lastBatch + 1 : lastBatch
            let health = try healthBatch(writes)
            let faults = try faultBatch(writes)
            let now = now
            try store.write { transaction in
                if writes.inputs > 0 {
                    try transaction.append(
                        JournalBatch(
                            id: batch, segment: segment, inputs: writes.inputs, at: engine.now,
                            bytes: bytes))
                }
                if let health { try transaction.append(health) }
                if let faults { try transaction.appendFaults(faults, at: now) }
                try write(writes, to: transaction)
            }
            lastBatch = batch
            lastHealthBatch = health?.id ?? lastHealthBatch
            let took = FleetClock.monotonic() - began
            view.latencies.commits.add(seconds: Double(took) / 1e9)
            view.latencies.commitCount += 1
        }
        if showsHealth { showHealth() }
        view.lastEvent = nextEvent - 1
        view.now = now
        let nodes = writes.changedNodes.union(writes.touchedNodes)
        return FleetDelta(
            view: view, events: writes.events,
            jobs: writes.changedJobs.union(writes.touchedJobs).sorted(), nodes: nodes.sorted(),
            hasNewTenants: writes.hasNewTenants)
    }

    /// What the health engine was told, as it is kept; nil when that is nothing.
    private func healthBatch(_ writes: PendingWrites) throws -> HealthBatch? {
        guard let last = writes.health.last else { return nil }
        return HealthBatch(
            id: lastHealthBatch + 1, inputs: writes.health.count, at: last.at,
            bytes: try DeskBatch(records: writes.health, digest: desk.digest).bytes())
    }

    /// What of it tells faults; nil when that is nothing.
    private func faultBatch(_ writes: PendingWrites) throws -> [UInt8]? {
        let records = writes.health.filter(\.input.isOfFaults)
        return records.isEmpty ? nil : try DeskBatch(records: records, digest: 0).bytes()
    }

    private func write(_ writes: PendingWrites, to transaction: StoreTransaction) throws {
        for name in writes.names { try transaction.putName(name.kind, name.id, name.name) }
        for change in writes.outbox {
            switch change {
            case .put(let id, let job, let attempt, let isStart, let directive):
                try transaction.putOutbox(
                    id, job: job, attempt: attempt, isStart: isStart, directive: directive)
            case .settleAttempt(let job, let attempt):
                try transaction.settleOutbox(job: job, through: attempt)
            case .settleStart(let job, let attempt):
                try transaction.settleStart(job: job, attempt: attempt)
            case .settleRow(let id): try transaction.settleRow(id)
            }
        }
        var new: Set<JobID> = []
        for (row, document) in writes.newJobs {
            // As it is after the batch, in which much may have happened to it; progress, which an
            // insert leaves out, comes of a later report.
            let present = view.jobs[row.id.index]?.row ?? writes.evicted[row.id] ?? row
            try transaction.insertJob(present, document: document)
            if present.step == nil, present.lostMilliSeconds == 0 { new.insert(row.id) }
        }
        for job in writes.changedJobs.sorted() where !new.contains(job) {
            guard let row = view.jobs[job.index]?.row ?? writes.evicted[job] else { continue }
            try transaction.updateJob(row)
        }
        for attempt in writes.endedAttempts { try transaction.putAttempt(attempt) }
        for (_, attempt) in writes.attempts { try transaction.putAttempt(attempt) }
        for change in writes.ledger {
            switch change {
            case .open(let row): try transaction.openAllocation(row)
            case .close(let id, let at, let lost):
                try transaction.closeAllocation(id, at: at, lostMilliSeconds: lost)
            }
        }
        for node in writes.changedNodes.sorted() {
            if let row = view.nodes[node.index]?.row { try transaction.putNode(row) }
        }
        for event in writes.events { try transaction.putEvent(event) }
        for row in writes.hardware { try transaction.putHardware(row) }
        for (key, found) in writes.foundJobs {
            try transaction.putFoundJob(key, found.job, isWithdrawn: found.isWithdrawn)
        }
        for other in writes.others { try other(transaction) }
    }
}
