import AgentWire
import FleetModel
import Glibc

/// Tells the control plane that started this agent, over standard output, and takes its answer from
/// standard input.
enum PipeExchange {
    /// Sends a message and waits for the answer.
    static func send(_ message: [UInt8], within span: TimeSpan) -> HTTPExchange.Outcome {
        guard write(AgentPipe.framed(message: message)) else { leave() }
        var reader = AgentPipe.Reader.answers
        let end = Clock.monotonic() + span
        while true {
            let left = end - Clock.monotonic()
            // An answer that comes later would be taken for that to another message.
            guard left > .zero else { leave() }
            var input = pollfd(fd: 0, events: Int16(POLLIN), revents: 0)
            guard poll(&input, 1, Int32(clamping: left.nanoseconds / 1_000_000 + 1)) > 0 else {
                continue
            }
            guard let piece = read(), !piece.isEmpty else { leave() }
            reader.take(piece)
            guard let answer = try? reader.next() else { continue }
            return .answer(status: answer.status, retryAfter: nil, body: answer.body)
        }
    }

    /// Ends this process if the other side is gone: nobody is left to tell.
    static func leaveIfAlone() {
        var input = pollfd(fd: 0, events: 0, revents: 0)
        if poll(&input, 1, 0) > 0, input.revents & Int16(POLLHUP | POLLERR) != 0 { leave() }
    }

    /// What is not told yet is in the spill file.
    private static func leave() -> Never { exit(0) }

    private static func write(_ bytes: [UInt8]) -> Bool {
        var done = 0
        while done < bytes.count {
            let count = bytes[done...].withUnsafeBytes { Glibc.write(1, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            done += count
        }
        return true
    }

    private static func read() -> [UInt8]? {
        var isFailed = false
        let bytes = [UInt8](unsafeUninitializedCapacity: 16 << 10) { buffer, count in
            let result = Glibc.read(0, buffer.baseAddress, 16 << 10)
            isFailed = result < 0
            count = max(0, result)
        }
        return isFailed ? nil : bytes
    }
}
