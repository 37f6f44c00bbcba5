import Glibc
import Synchronization

/// A member's connection to the one who leads: one thread says that it is there, one reads what
/// comes, and who has the checks to run takes orders from it. A class, since they share it.
final class GangLink: Sendable {
    private struct State {
        var orders: [GangWire.FromLead] = []
        /// Why nothing more comes.
        var lost: String?
    }

    /// Orders that may wait to be taken; the lead gives one at a time.
    private static let mostOrders = 64

    private let descriptor: Int32
    private let state = Mutex(State())
    private let sending = Mutex(())

    /// Takes a connected socket on which both sides have proved themselves; `rest` is what came
    /// behind that.
    init(descriptor: Int32, rest: LineBuffer) {
        self.descriptor = descriptor
        // A read that returns now and then sees that all is over, and how long nothing came.
        var time = timeval(tv_sec: 1, tv_usec: 0)
        setsockopt(
            descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
        let isReading = Threads.start { [self] in read(rest) }
        let isBeating = Threads.start { [self] in beat() }
        if !isReading || !isBeating { lose("no thread is to be had") }
    }

    deinit { close(descriptor) }

    /// Why nothing more comes; nil while something may.
    var lost: String? { state.withLock { $0.lost } }

    /// The next order; nil when there is none now.
    func next() -> GangWire.FromLead? {
        state.withLock { $0.orders.isEmpty ? nil : $0.orders.removeFirst() }
    }

    /// Sends a line; what cannot be sent is the connection's end.
    func send(_ line: GangWire.FromMember) {
        let bytes = Array((line.text + "\n").utf8)
        let failure: String? = sending.withLock { _ in
            GangLink.send(bytes, to: descriptor)
        }
        if let failure { lose(failure) }
    }

    /// Ends both threads, and the connection with them.
    func end() {
        lose("it is over")
        shutdown(descriptor, Int32(SHUT_RDWR))
    }

    /// Sends all bytes; why not, when that fails.
    static func send(_ bytes: [UInt8], to descriptor: Int32) -> String? {
        var done = 0
        while done < bytes.count {
            let count = bytes[done...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return "sending: \(SystemText.of(errno))" }
            done += count
        }
        return nil
    }

    private func lose(_ words: String) {
        state.withLock { if $0.lost == nil { $0.lost = words } }
    }

    private func beat() {
        var next = Clock.seconds()
        while lost == nil {
            if Clock.seconds() >= next {
                send(.here)
                next = Clock.seconds() + GangWire.beatSeconds
            }
            usleep(100_000)
        }
    }

    private func read(_ rest: LineBuffer) {
        var lines = rest
        var heardAt = Clock.seconds()
        while lost == nil {
            while let line = lines.next() { take(line) }
            guard !lines.isOverfull else { return lose("it sent a line without an end") }
            var buffer = [UInt8](repeating: 0, count: 1 << 14)
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count > 0 {
                heardAt = Clock.seconds()
                lines.append(buffer.prefix(count))
            } else if count == 0 {
                return lose("it hung up")
            } else if errno != EINTR, errno != EAGAIN {
                return lose("receiving: \(SystemText.of(errno))")
            } else if Clock.seconds() > heardAt + GangWire.leadSilence {
                return lose("nothing was heard of it for \(Int(GangWire.leadSilence)) s")
            }
        }
    }

    private func take(_ line: [UInt8]) {
        guard let order = GangWire.FromLead(line) else {
            return lose("it said what nobody who leads says")
        }
        switch order {
        case .here: break
        // Whoever waits to hear that this one is there must not wait for its checks.
        case .confirm(let test): send(.confirmed(test))
        case .test, .network, .end:
            state.withLock { state in
                if state.orders.count < GangLink.mostOrders { state.orders.append(order) }
            }
        case .greeting, .welcome, .refused: lose("it said what nobody who leads says")
        }
    }
}
