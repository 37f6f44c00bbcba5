import FleetModel
import Glibc
import Synchronization

/// What waits for the driver's thread, and how the thread is woken.
final class DriverInbox: Sendable {
    /// Something that the thread is to do.
    struct Command: Sendable {
        /// Runs within a batch.
        var run: @Sendable (Driver) throws -> Void
        /// Is told after the commit; with the error when it failed.
        var finish: @Sendable (OperatingError?) -> Void
    }

    /// One entry, in order of arrival.
    enum Entry: Sendable {
        case command(Command)
        case report(BackendReport)
    }

    private struct State {
        var entries: [Entry] = []
        var commands = 0
        var isClosed = false
    }

    private let state = Mutex(State())
    private let readEnd: Int32
    private let writeEnd: Int32

    /// Commands that may wait; more are turned away, so that a flood costs memory once.
    static let capacity = 20_000

    /// Throws `M0101` when no more files can be opened.
    init() throws(OperatingError) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else {
            throw OperatingError(
                .fileAccess, "cannot open a pipe", detail: String(cString: strerror(errno)),
                hint: "raise the limit of open files, ulimit -n")
        }
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        (readEnd, writeEnd) = (ends[0], ends[1])
    }

    deinit {
        Glibc.close(readEnd)
        Glibc.close(writeEnd)
    }

    /// Queues a command. Throws `M0609` when too many wait, `M0610` when nothing is taken any more.
    func add(_ command: Command) throws(OperatingError) {
        let refusal = state.withLock { state -> OperatingError? in
            if state.isClosed {
                return OperatingError(.notReady, "the control plane is stopping")
            }
            guard state.commands < DriverInbox.capacity else {
                return OperatingError(
                    .tooManyRequests, "too many requests wait already", hint: "try again later")
            }
            state.commands += 1
            state.entries.append(.command(command))
            return nil
        }
        if let refusal { throw refusal }
        wake()
    }

    /// Queues a report. Never refused: the backend's word is the truth about what runs.
    func add(_ report: BackendReport) {
        state.withLock { $0.entries.append(.report(report)) }
        wake()
    }

    /// Puts entries back before all others.
    func putBack(_ entries: [Entry]) {
        guard !entries.isEmpty else { return }
        state.withLock { state in
            state.entries.insert(contentsOf: entries, at: 0)
            for case .command in entries { state.commands += 1 }
        }
        wake()
    }

    /// Takes everything that waits.
    func takeAll() -> [Entry] {
        state.withLock { state in
            defer {
                state.entries.removeAll(keepingCapacity: state.entries.count < 4096)
                state.commands = 0
            }
            return state.entries
        }
    }

    /// Whether commands are taken no more.
    var isClosed: Bool { state.withLock { $0.isClosed } }

    /// Answers every command that waits with an error; reports go on waiting.
    func failCommands(_ error: OperatingError) {
        let commands = state.withLock { state -> [Command] in
            var commands: [Command] = []
            state.entries.removeAll { entry in
                guard case .command(let command) = entry else { return false }
                commands.append(command)
                return true
            }
            state.commands = 0
            return commands
        }
        for command in commands { command.finish(error) }
    }

    /// Takes no more commands.
    func close() {
        state.withLock { $0.isClosed = true }
        wake()
    }

    /// Waits until something is added, or for so long.
    func wait(nanoseconds: Int64) {
        var descriptor = pollfd(fd: readEnd, events: Int16(POLLIN), revents: 0)
        // Rounded up: a timer that is looked at too early would be waited for in a busy loop.
        _ = poll(&descriptor, 1, Int32(clamping: (nanoseconds + 999_999) / 1_000_000))
        var sink = [UInt8](repeating: 0, count: 512)
        while Glibc.read(readEnd, &sink, sink.count) == sink.count {}
    }

    private func wake() {
        // A full pipe wakes as well as one more byte would.
        var one: UInt8 = 1
        _ = Glibc.write(writeEnd, &one, 1)
    }
}
