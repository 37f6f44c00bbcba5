import FleetModel
import Foundation
import Glibc
import Supervisor

/// How a member ended, as far as anybody can tell.
enum MemberEnd: Equatable {
    /// Its supervisor wrote it down.
    case known(ExitRecord)
    /// The supervisor is gone without a word, and its program with it.
    case lost
    /// It never came to run, and why.
    case neverRan(String)

    /// Whether it was told to end before it did.
    var wasOrdered: Bool {
        guard case .known(let record) = self else { return false }
        return record.stop == .order
    }
}

/// A member's folder: the claim on it, its start, and what can be seen of it.
struct MemberFolder {
    /// What is to be seen of a member at one moment.
    enum Sight: Equatable {
        /// There is no folder: it was never claimed.
        case absent
        /// A supervisor has it, and the program has not started.
        case starting
        /// The program runs.
        case running
        /// It is over.
        case ended(MemberEnd)
    }

    /// The folder of the attempt.
    let attempt: Folder
    /// The member's rank.
    let rank: Int

    private var name: String { String(rank) }

    /// What can be seen of it. Without `deeply` a supervisor that crashed goes unnoticed. An error
    /// means that nothing could be seen, as when descriptors are used up.
    func look(deeply: Bool) throws(SystemError) -> Sight {
        let folder: Folder
        do {
            folder = try attempt.folder(name)
        } catch {
            guard error.errno == ENOENT else { throw error }
            return .absent
        }
        // Looked at before the exit file: a supervisor writes that one while it is still alive.
        let isAlive = deeply ? try MemberFolder.isSupervised(folder) : true
        if let bytes = try folder.read(MemberFiles.exit), let record = ExitRecord(bytes) {
            return .ended(.known(record))
        }
        let hasStarted = folder.has(MemberFiles.launched)
        if isAlive { return hasStarted ? .running : .starting }
        return .ended(hasStarted ? .lost : .neverRan("its start was cut short"))
    }

    /// Whether a supervisor lives that has the lock of this folder.
    static func isSupervised(_ folder: Folder) throws(SystemError) -> Bool {
        let lock: Descriptor
        do {
            lock = try folder.open(MemberFiles.lock, O_RDWR)
        } catch {
            guard error.errno == ENOENT else { throw error }
            return false
        }
        // Shared, so that two who look at the same time do not take each other for a supervisor.
        if flock(lock.number, LOCK_SH | LOCK_NB) == 0 { return false }
        guard errno == EWOULDBLOCK else { throw SystemError("cannot try the lock of a member") }
        return true
    }

    /// Claims the folder and starts a supervisor in it; false when it was claimed before. Returns
    /// the supervisor's process id.
    func start(_ launch: LaunchFile, supervisor: String) throws(SystemError) -> pid_t? {
        guard try attempt.make(name) else { return nil }
        let folder = try attempt.folder(name)
        let lock = try folder.open(MemberFiles.lock, O_RDWR | O_CREAT | O_EXCL)
        guard flock(lock.number, LOCK_EX | LOCK_NB) == 0 else {
            throw SystemError("cannot lock \(folder.path)/\(MemberFiles.lock)")
        }
        guard mkfifoat(folder.descriptor.number, MemberFiles.control, 0o600) == 0 else {
            throw SystemError("cannot make \(folder.path)/\(MemberFiles.control)")
        }
        // Some file systems give no room for zeros that are not written.
        try folder.open(MemberFiles.exitRoom, O_WRONLY | O_CREAT)
            .write([UInt8](repeating: UInt8(ascii: " "), count: 4096))
        try folder.replace(MemberFiles.launch, launch.encoded())
        return try Supervisor.start(
            executable: supervisor, folder: folder, lock: lock,
            environment: MemberFolder.supervisorEnvironment)
    }

    /// Notes that a change of the gang's size sends the member away.
    func markLeaving(_ resize: Resize) throws(SystemError) {
        // The number stands in the name: that needs no room on a full disk.
        _ = try attempt.folder(name).open("left.\(resize.rawValue)", O_WRONLY | O_CREAT)
    }

    /// Gives the folder another name if it is that of a member that an earlier change of size sent
    /// away, so that its rank can be had again. A later one must not be undone by an order that
    /// comes again.
    func setAside(before resize: Resize) {
        guard let sight = try? look(deeply: true), case .ended(let end) = sight, end.wasOrdered,
            let names = try? attempt.folder(name).names()
        else { return }
        let changes = names.filter { $0.hasPrefix("left.") }.compactMap { Int32($0.dropFirst(5)) }
        guard let last = changes.max(), last < resize.rawValue else { return }
        var number = 1
        while attempt.has("\(name).left-\(number)") { number += 1 }
        try? attempt.rename(name, "\(name).left-\(number)")
    }

    /// Tells the supervisor to end the member within a grace time; false when it does not listen
    /// yet, or not any more.
    func order(stopWithin grace: TimeSpan) -> Bool {
        guard let folder = try? attempt.folder(name),
            let control = try? folder.open(MemberFiles.control, O_WRONLY | O_NONBLOCK)
        else { return false }
        do {
            try control.write("stop \(max(0, grace.nanoseconds))\n".utf8)
            return true
        } catch { return false }
    }

    /// What the program says about its progress, if that has changed since `last` was seen.
    func progress(since last: inout ProgressMark) -> Progress? {
        guard let folder = try? attempt.folder(name),
            let status = folder.status(MemberFiles.progress), status.st_mode & S_IFMT == S_IFREG
        else { return nil }
        let mark = ProgressMark(status)
        guard mark != last, let bytes = try? folder.read(MemberFiles.progress, limit: 256) else {
            return nil
        }
        last = mark
        return Progress(bytes)
    }

    private static let supervisorEnvironment: [String] = {
        let own = ProcessInfo.processInfo.environment
        let kept = ["LD_LIBRARY_PATH", "PATH"].compactMap { name in
            own[name].map { name + "=" + $0 }
        }
        return kept + ["SWIFT_BACKTRACE=enable=no"]
    }()
}
