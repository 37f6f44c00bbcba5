import ControlPlane
import FleetModel
import Foundation
import Glibc
import HealthControl
import Supervisor
import Synchronization

/// This machine: every member of a gang is a process with a supervisor, which goes on when the
/// control plane ends (`docs/LOCAL.md`).
public final class LocalBackend: Backend {
    private struct Work {
        var mailbox: Mailbox
        /// Locked while this backend has the folder.
        var lock: Descriptor
    }

    private let settings: LocalSettings
    private let machine: Machine
    private let work = Mutex<Work?>(nil)

    /// What it is called.
    public let name = "local"

    /// What people must know about the devices, such as that they are virtual; nil when there is
    /// nothing to say.
    public var message: String? { machine.message }

    /// Looks at the machine; nothing is written before ``start(expecting:reporting:)``.
    public init(_ settings: LocalSettings) {
        var settings = settings
        settings.folder = URL(fileURLWithPath: settings.folder).standardizedFileURL.path
        self.settings = settings
        machine = Machine(settings)
    }

    deinit {
        // The thread would go on for ever.
        if let work = work.withLock({ $0 }) {
            work.mailbox.post(.end { [lock = work.lock] in flock(lock.number, LOCK_UN) })
        }
    }

    /// This machine as a fleet of one node.
    public func inventory() async throws -> FleetDefinition { machine.fleet }

    /// The chassis' serial where this process may read it, and the UUIDs of the GPUs that answer.
    public func hardware() async -> [NodeID: HardwareFacts] {
        [machine.fleet.nodes[0].id: machine.hardware]
    }

    /// Takes the folder, and over what is expected there. Refuses while another backend has it.
    public func start(
        expecting gangs: [ExpectedGang], reporting: @escaping @Sendable (BackendReport) -> Void
    ) async throws {
        let layout = try Layout(path: settings.folder)
        let lock = try layout.root.open(Layout.lock, O_RDWR | O_CREAT)
        try await take(lock)
        let mailbox = try Mailbox(layout.root)
        let isFirst = work.withLock { work in
            guard work == nil else { return false }
            work = Work(mailbox: mailbox, lock: lock)
            return true
        }
        precondition(isFirst, "a backend is started once")
        let node = machine.fleet.nodeNames[machine.fleet.nodes[0].id]
        let thread = Thread { [settings] in
            Keeper(settings, layout: layout, node: node, mailbox: mailbox).run()
        }
        thread.name = "local-backend"
        thread.start()
        do {
            try await withCheckedThrowingContinuation {
                (continuation: CheckedContinuation<Void, any Error>) in
                mailbox.post(
                    .begin(gangs, report: reporting) { error in
                        if let error {
                            continuation.resume(throwing: error)
                        } else {
                            continuation.resume()
                        }
                    })
            }
        } catch {
            await stop()
            throw error
        }
    }

    /// Leaves an order for the thread that does the work.
    public func execute(_ order: BackendOrder) {
        work.withLock { $0 }?.mailbox.post(.order(order))
    }

    /// Tests the machine with this program's own checks; repairs are left to people.
    public var care: (any NodeCare)? { LocalCare(backend: self) }

    func take(_ order: CareOrder) {
        work.withLock { $0 }?.mailbox.post(.care(order))
    }

    /// Jobs that have a folder here.
    public func keptJobs() -> [JobID] {
        (try? Layout(path: settings.folder))?.jobIDs() ?? []
    }

    /// Lets go of the folder; members go on.
    public func stop() async {
        let work = work.withLock { work in
            defer { work = nil }
            return work
        }
        guard let work else { return }
        await withCheckedContinuation { continuation in
            work.mailbox.post(.end { continuation.resume() })
        }
        // Closing would leave it locked for as long as some program that is just being started has
        // a copy of the descriptor.
        flock(work.lock.number, LOCK_UN)
    }

    /// Locks the folder. Whoever had it may be just about to end.
    private func take(_ lock: Descriptor) async throws {
        for _ in 0..<20 {
            if flock(lock.number, LOCK_EX | LOCK_NB) == 0 { return }
            try await Task.sleep(nanoseconds: 50_000_000)
        }
        throw SystemError("\(settings.folder) is in use by another control plane", errno: EBUSY)
    }

    /// What a member wrote, as far as it is kept.
    public func log(of member: MemberKey) -> (any MemberLog)? {
        guard let root = try? Folder(path: settings.folder),
            let jobs = try? root.folder(Layout.jobs),
            let job = try? jobs.folder(String(member.job.rawValue)),
            let attempt = try? job.folder(String(member.attempt.rawValue)),
            let folder = try? attempt.folder(String(member.rank))
        else { return nil }
        return LocalLog(folder)
    }
}
