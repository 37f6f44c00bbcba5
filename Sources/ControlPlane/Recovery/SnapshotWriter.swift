import FleetModel
import Foundation
import HealthControl
import Logging
import Scheduler
import Store
import Synchronization

/// Makes snapshots beside the driver: the state is copied at once and written by another thread.
final class SnapshotWriter: Sendable {
    private let store: Store
    private let files: SnapshotFiles
    private let inbox: DriverInbox
    private let logger: Logger
    private let queue = DispatchQueue(label: "muster-snapshots")
    private let busy = Mutex(false)

    /// Snapshots that are kept; journals since the older of them are, too.
    private static let kept = 2

    init(store: Store, inbox: DriverInbox, logger: Logger) {
        self.store = store
        self.inbox = inbox
        self.logger = logger
        files = SnapshotFiles(dataFolder: store.folder)
        files.deleteParts()
    }

    /// Whether one is being written.
    var isBusy: Bool { busy.withLock { $0 } }

    /// Begins one of the state as just committed; the driver goes on in a new journal.
    func begin(_ driver: Driver) {
        guard let taken = take(driver) else { return }
        busy.withLock { $0 = true }
        queue.async { [self] in
            defer { busy.withLock { $0 = false } }
            do {
                try files.write(taken.whole(), as: taken.row.file)
                try inbox.add(
                    DriverInbox.Command(
                        run: { driver in
                            driver.pending.others.append { try self.record(taken.row, $0) }
                        }, finish: { error in if error == nil { self.deleteOldFiles() } }))
            } catch {
                logger.warning("a snapshot was not kept: \(error)")
            }
        }
    }

    /// Makes one now; nothing else goes on meanwhile.
    func writeNow(_ driver: Driver) {
        queue.sync {}
        guard driver.view.latencies.inputs > 0, let taken = take(driver) else { return }
        do {
            try files.write(taken.whole(), as: taken.row.file)
            try store.write { try record(taken.row, $0) }
            deleteOldFiles()
        } catch {
            logger.warning("the last snapshot was not kept: \(error)")
        }
    }

    /// The state at one commit.
    private struct Taken {
        var row: SnapshotRow
        var content: SnapshotFiles.Content
        var desk: HealthDesk

        /// What goes into the file. O(state), so that it is not done on the driver's thread.
        func whole() throws -> SnapshotFiles.Content {
            var content = content
            content.health = try desk.snapshotBytes()
            return content
        }
    }

    private func take(_ driver: Driver) -> Taken? {
        precondition(driver.pending.isEmpty, "a snapshot in the middle of a batch")
        let topology = driver.view.directory.fleet.topology
        guard let journal = try? Recovery.journal(topology, driver.engine.policy) else {
            return nil
        }
        driver.journal = journal
        driver.segment += 1
        let timers = driver.timers.entries.sorted { ($0.at, $0.order) < ($1.at, $1.order) }
        return Taken(
            row: SnapshotRow(
                id: driver.lastBatch, at: driver.engine.now, batch: driver.lastBatch,
                segment: driver.segment, file: "\(driver.lastBatch).snapshot",
                stateHash: driver.engine.stateHash(), healthBatch: driver.lastHealthBatch),
            content: SnapshotFiles.Content(
                engine: driver.engine, digest: driver.digest.state, timers: timers,
                healthBatch: driver.lastHealthBatch), desk: driver.desk)
    }

    private func record(_ row: SnapshotRow, _ transaction: StoreTransaction) throws {
        try transaction.putSnapshot(row)
        let rows = try transaction.reader.snapshots()
        for old in rows.dropFirst(SnapshotWriter.kept) { try transaction.deleteSnapshot(old.id) }
        if rows.count >= SnapshotWriter.kept {
            let oldest = rows[SnapshotWriter.kept - 1]
            try transaction.deleteJournal(through: oldest.batch)
            try transaction.deleteHealthJournal(through: oldest.healthBatch)
        }
    }

    private func deleteOldFiles() {
        guard let rows = try? store.read({ try $0.snapshots() }),
            let names = try? FileManager.default.contentsOfDirectory(atPath: files.folder)
        else { return }
        let wanted = Set(rows.map(\.file))
        for name in names where !wanted.contains(name) && !name.hasSuffix(".part") {
            files.delete(name)
        }
    }
}
