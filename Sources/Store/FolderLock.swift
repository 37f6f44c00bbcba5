import FleetModel
import Glibc

/// Keeps two control planes from one data folder: a lock that ends with the process.
final class FolderLock: Sendable {
    private let descriptor: Int32

    /// Makes the folder if need be, and locks it. Throws `M0701` when somebody else has it.
    init(folder: String) throws(OperatingError) {
        if mkdir(folder, 0o700) != 0 && errno != EEXIST {
            throw FolderLock.failure("the data folder '\(folder)' cannot be made")
        }
        let opened = open(folder + "/lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard opened >= 0 else {
            throw FolderLock.failure("the data folder '\(folder)' cannot be written")
        }
        guard flock(opened, LOCK_EX | LOCK_NB) == 0 else {
            let isTaken = errno == EWOULDBLOCK
            let failure = FolderLock.failure("the data folder '\(folder)' cannot be locked")
            Glibc.close(opened)
            guard isTaken else { throw failure }
            throw OperatingError(
                .dataFolderInUse, "the data folder '\(folder)' is in use by another muster",
                hint: "stop that one first, or give this one another folder with --data")
        }
        descriptor = opened
    }

    /// Lets others have the folder.
    func release() { flock(descriptor, LOCK_UN) }

    deinit { Glibc.close(descriptor) }

    private static func failure(_ message: String) -> OperatingError {
        OperatingError(
            .storageFailed, message, detail: String(cString: strerror(errno)),
            hint: "choose a folder on a local disk with --data")
    }
}
