import FleetModel
import Foundation
import GRDB
import Glibc
import Synchronization

/// The one SQLite file of a control plane: journal, outbox, read models, ledger.
///
/// One writer, which commits each batch in one transaction with its inputs; any number of readers,
/// which see the last commit. What a commit has returned survives the loss of power (WAL with
/// `synchronous = FULL`).
public final class Store: Sendable {
    /// The folder of everything that the control plane keeps.
    public let folder: String
    private let pool: DatabasePool
    private let lock: FolderLock
    private let isClosed = Mutex(false)

    /// The name of the database within the folder.
    public static let fileName = "muster.sqlite"

    /// Opens the database of a folder, made if need be, and brings it up to the present version,
    /// with a copy of the older one kept in `backups/`.
    ///
    /// Throws `M0701` while another process has the folder, `M0702` for a database of a newer
    /// version, `M0703` for a damaged one, `M0612` when it cannot be written.
    public convenience init(folder: String) throws {
        try self.init(folder: folder, upgradesFrom: nil)
    }

    /// As the public one; `upgradesFrom` takes an unmarked database for one of that version.
    init(folder: String, upgradesFrom version: String?) throws {
        self.folder = folder
        lock = try FolderLock(folder: folder)
        let path = folder + "/" + Store.fileName
        var configuration = Configuration()
        configuration.maximumReaderCount = 4
        configuration.busyMode = .timeout(5)
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA synchronous = FULL")
            try db.execute(sql: "PRAGMA cache_size = -16384")
        }
        do {
            pool = try DatabasePool(path: path, configuration: configuration)
            chmod(path, 0o600)
            try Store.check(pool)
            try Store.upgrade(pool, folder: folder, from: version)
        } catch let error as OperatingError {
            throw error
        } catch {
            throw OperatingError(storage: error, doing: "opening the database")
        }
    }

    private static func check(_ pool: DatabasePool) throws {
        let findings = try pool.read { db in
            try String.fetchAll(db, sql: "PRAGMA quick_check(3)")
        }
        guard findings == ["ok"] else {
            throw OperatingError(
                .damagedDatabase, "the database is damaged",
                detail: findings.joined(separator: "; "),
                hint: "keep the data folder as it is, and restore muster.sqlite from a backup")
        }
    }

    private static func upgrade(
        _ pool: DatabasePool, folder: String, from unmarked: String?
    ) throws {
        let migrator = Schema.migrator
        let (isNewer, isCurrent, applied) = try pool.read { db in
            (
                try migrator.hasBeenSuperseded(db), try migrator.hasCompletedMigrations(db),
                try migrator.appliedIdentifiers(db)
            )
        }
        guard !isNewer else {
            throw OperatingError(
                .newerDatabase, "the database was made by a newer version of muster",
                detail: "it knows the steps \(applied.sorted().joined(separator: ", "))",
                hint: "start that version, or use another data folder")
        }
        guard !isCurrent else { return }
        if let version = applied.sorted().last ?? unmarked {
            try backUp(pool, folder: folder, name: "before-upgrade-from-\(version).sqlite")
        }
        try migrator.migrate(pool)
    }

    /// Writes a copy of the whole database into `backups/`, replacing one of the same name.
    private static func backUp(_ pool: DatabasePool, folder: String, name: String) throws {
        let backups = folder + "/backups"
        mkdir(backups, 0o700)
        let path = backups + "/" + name
        unlink(path + ".part")
        try pool.vacuum(into: path + ".part")
        guard rename(path + ".part", path) == 0 else {
            throw OperatingError(
                .storageFailed, "the copy of the database cannot be kept",
                detail: String(cString: strerror(errno)))
        }
    }

    /// Runs `body` in one transaction; all of it is kept, or nothing.
    public func write<Value>(_ body: (StoreTransaction) throws -> Value) throws -> Value {
        do {
            return try pool.writeWithoutTransaction { db in
                var value: Value?
                try db.inTransaction(.immediate) {
                    value = try body(StoreTransaction(db: db))
                    return .commit
                }
                guard let value else { preconditionFailure("a transaction without a result") }
                return value
            }
        } catch let error as OperatingError {
            throw error
        } catch {
            throw OperatingError(storage: error, doing: "writing the database")
        }
    }

    /// Runs `body` on the last commit.
    public func read<Value>(_ body: (StoreReader) throws -> Value) throws -> Value {
        do {
            return try pool.read { db in try body(StoreReader(db: db)) }
        } catch let error as OperatingError {
            throw error
        } catch {
            throw OperatingError(storage: error, doing: "reading the database")
        }
    }

    /// Closes the database and lets others have the folder. Closing twice is harmless.
    public func close() {
        let wasClosed = isClosed.withLock { isClosed in
            defer { isClosed = true }
            return isClosed
        }
        guard !wasClosed else { return }
        // Everything into the one file, so that a copy of it is whole.
        try? pool.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
        try? pool.close()
        lock.release()
    }
}
