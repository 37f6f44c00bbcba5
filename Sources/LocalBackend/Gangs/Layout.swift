import FleetModel
import Foundation
import Glibc
import Supervisor

/// Names an attempt of a job.
struct GangKey: Hashable, Comparable, CustomStringConvertible {
    /// The job.
    var job: JobID
    /// The attempt.
    var attempt: Attempt

    /// Orders by job, then attempt.
    static func < (left: GangKey, right: GangKey) -> Bool {
        (left.job, left.attempt) < (right.job, right.attempt)
    }

    /// As people read it.
    var description: String { "attempt \(attempt.rawValue) of job \(job)" }
}

/// Where the backend keeps things. All names below the folder are its own or numbers.
struct Layout: Sendable {
    /// The folder of the backend.
    let root: Folder
    private let jobs: Folder
    private let trash: Folder

    static let wake = "wake"
    static let lock = "lock"
    static let jobs = "jobs"
    private static let trashName = "trash"
    static let checkpoints = "checkpoints"
    static let work = "work"
    static let evidence = "evidence"
    static let hostfile = "hostfile"
    static let port = "port"

    /// Opens the folder, and makes it with what belongs into it where that is not there.
    init(path: String) throws(SystemError) {
        if mkdir(path, 0o700) != 0 && errno != EEXIST {
            throw SystemError("cannot make the folder \(path)")
        }
        root = try Folder(path: path)
        try root.make(Layout.jobs)
        try root.make(Layout.trashName)
        jobs = try root.folder(Layout.jobs)
        trash = try root.folder(Layout.trashName)
        if mkfifoat(root.descriptor.number, Layout.wake, 0o600) != 0 && errno != EEXIST {
            throw SystemError("cannot make \(path)/\(Layout.wake)")
        }
    }

    /// What tells this folder from those of other backends on the machine, whatever its path.
    var identity: String {
        var status = stat()
        fstat(root.descriptor.number, &status)
        return String(status.st_dev, radix: 16) + "-" + String(status.st_ino, radix: 16)
    }

    /// The folder of a job; nil when there is none.
    func job(_ job: JobID) throws(SystemError) -> Folder? {
        try Layout.existing(job.rawValue, in: jobs)
    }

    /// The folder of an attempt; nil when there is none.
    func attempt(_ key: GangKey) throws(SystemError) -> Folder? {
        guard let job = try job(key.job) else { return nil }
        return try Layout.existing(key.attempt.rawValue, in: job)
    }

    /// The folder of an attempt with what members share, made where it is not there.
    func makeAttempt(_ key: GangKey) throws(SystemError) -> Folder {
        try jobs.make(String(key.job.rawValue))
        let job = try jobs.folder(String(key.job.rawValue))
        try job.make(Layout.checkpoints)
        try job.make(String(key.attempt.rawValue))
        let attempt = try job.folder(String(key.attempt.rawValue))
        try attempt.make(Layout.work)
        try attempt.make(Layout.evidence)
        return attempt
    }

    /// Every job of which there is a folder.
    func jobIDs() -> [JobID] { Layout.numbers(in: jobs).map { JobID(rawValue: $0) }.sorted() }

    /// Every attempt of a job of which there is a folder.
    func attempts(of job: JobID) -> [GangKey] {
        guard let folder = try? self.job(job) else { return [] }
        return Layout.numbers(in: folder).map { GangKey(job: job, attempt: Attempt($0)) }.sorted()
    }

    /// The ranks whose folders are in an attempt's.
    static func ranks(in attempt: Folder) -> [Int] { numbers(in: attempt).map(Int.init).sorted() }

    /// Takes a job's folder away at once, to be deleted by ``emptyTrash()``.
    func discard(_ job: JobID) throws(SystemError) {
        let name = String(job.rawValue)
        // The clock tells it from what the same job may have left there before.
        let other = "\(name)-\(DispatchTime.now().uptimeNanoseconds)"
        let result = renameat(
            jobs.descriptor.number, name, trash.descriptor.number, other)
        guard result == 0 || errno == ENOENT else {
            throw SystemError("cannot take \(jobs.path)/\(name) away")
        }
    }

    /// Deletes what was taken away; may take long. Returns what could not be deleted.
    func emptyTrash() -> [String] { FolderRemoval.empty(trash) }

    private static func existing(
        _ number: Int32, in folder: Folder
    ) throws(SystemError) -> Folder? {
        do {
            return try folder.folder(String(number))
        } catch {
            guard error.errno == ENOENT else { throw error }
            return nil
        }
    }

    private static func numbers(in folder: Folder) -> [Int32] {
        folder.names().compactMap { name in
            guard let number = Int32(name), number >= 0, String(number) == name else { return nil }
            return number
        }
    }
}
