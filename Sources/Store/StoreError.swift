import FleetModel
import GRDB

extension OperatingError {
    /// What a failure of SQLite means to the people who run Muster.
    init(storage error: any Error, doing what: String) {
        guard let database = error as? DatabaseError else {
            self.init(.storageFailed, "\(what) failed", detail: String(describing: error))
            return
        }
        let detail = database.message ?? database.resultCode.description
        switch database.resultCode {
        case .SQLITE_FULL:
            self.init(
                .storageFailed, "\(what) failed: the disk is full", detail: detail,
                hint: "free some space on the disk of the data folder; Muster goes on by itself")
        case .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_AUTH:
            self.init(
                .storageFailed, "\(what) failed: the database must not be written", detail: detail,
                hint: "give the user that runs muster the right to write the data folder")
        case .SQLITE_CORRUPT, .SQLITE_NOTADB:
            self.init(
                .damagedDatabase, "the database is damaged", detail: detail,
                hint: "keep the data folder as it is, and restore muster.sqlite from a backup")
        default:
            self.init(.storageFailed, "\(what) failed", detail: detail)
        }
    }
}
