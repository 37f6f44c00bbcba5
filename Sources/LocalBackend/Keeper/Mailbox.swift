import ControlPlane
import Glibc
import Supervisor
import Synchronization

/// What the keeper's thread is told.
enum Message: Sendable {
    /// Begin with what the driver believes to run; `done` hears when that is settled.
    case begin(
        [ExpectedGang], report: @Sendable (BackendReport) -> Void,
        done: @Sendable ((any Error)?) -> Void)
    /// Carry an order out.
    case order(BackendOrder)
    /// Test or repair the machine.
    case care(CareOrder)
    /// Let go.
    case end(done: @Sendable () -> Void)
}

/// Messages on their way to the keeper's thread, and the FIFO by which it is woken: supervisors
/// write into the same one when a member has started or ended. A class, as both sides share it.
final class Mailbox: Sendable {
    private let messages = Mutex<[Message]>([])
    /// Open for reading and writing, so that it never comes to an end.
    private let fifo: Descriptor

    /// Opens the FIFO of a backend's folder.
    init(_ root: Folder) throws(SystemError) {
        fifo = try root.open(Layout.wake, O_RDWR | O_NONBLOCK)
    }

    /// Leaves a message.
    func post(_ message: Message) {
        messages.withLock { $0.append(message) }
        // When the FIFO is full the thread is awake anyway.
        try? fifo.write([UInt8(ascii: "\n")])
    }

    /// All messages in the order in which they came.
    func take() -> [Message] {
        messages.withLock { messages in
            let taken = messages
            messages = []
            return taken
        }
    }

    /// Waits until somebody writes into the FIFO, at most so long; returns the lines written there.
    func wait(milliseconds: Int32) -> [Substring] {
        var file = pollfd(fd: fifo.number, events: Int16(POLLIN), revents: 0)
        poll(&file, 1, milliseconds)
        // At most what the FIFO holds at once; the rest is there the next time.
        guard let bytes = try? fifo.readAll(limit: 65_536) else { return [] }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    }
}
