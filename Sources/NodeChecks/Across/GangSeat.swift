import FleetModel
import Glibc
import Health
import Qualification

/// One connection of the one who leads: a stranger until it has proved itself, then a member.
final class GangSeat {
    /// Bytes that may wait to be sent.
    private static let mostWaiting = 256 << 10

    let descriptor: Int32
    /// The number that its proof has to answer.
    let nonce = GangSecret.nonce()
    /// When a stranger is sent away.
    let joinUntil = Clock.seconds() + GangWire.joinSeconds
    /// Where it connects from.
    let host: String
    private(set) var join: GangJoin?
    private(set) var isOpen = true
    private var lines = LineBuffer(mostBytes: GangWire.strangerLineBytes)
    private var waiting: [UInt8] = []
    private var received = 0

    /// Takes a connection that was just made.
    init(descriptor: Int32) {
        self.descriptor = descriptor
        host = SocketAddress.host(SocketAddress.bytes(of: descriptor, getpeername))
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
        send(.greeting(nonce: nonce))
    }

    deinit { end() }

    var rank: Int? { join?.rank }
    var hasWaiting: Bool { isOpen && !waiting.isEmpty }

    /// Makes a member of it.
    func admit(_ join: GangJoin) {
        self.join = join
        lines.mostBytes = GangWire.lineBytes
    }

    /// Sends a line as soon as there is room; a side that takes nothing is given up.
    func send(_ line: GangWire.FromLead) {
        guard isOpen else { return }
        waiting += Array((line.text + "\n").utf8)
        flush()
        if waiting.count > GangSeat.mostWaiting { end() }
    }

    /// Sends what there is room for.
    func flush() {
        while isOpen, !waiting.isEmpty {
            let count = waiting.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN { return }
            guard count > 0 else { return end() }
            waiting.removeFirst(count)
        }
    }

    /// Closes the connection.
    func end() {
        guard isOpen else { return }
        isOpen = false
        close(descriptor)
    }

    /// What the other side did since the last look.
    enum Heard {
        case line(GangWire.FromMember)
        case strange(String)
        case ended
    }

    /// Takes in what has come: lines, and then whether it has ended or says what nobody says.
    func hear() -> [Heard] {
        var heard: [Heard] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        // One that sends without end must not keep the others waiting.
        for _ in 0..<16 where isOpen {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN { break }
            guard count > 0 else { return heard + [.ended] }
            received += count
            lines.append(buffer.prefix(count))
            while let line = lines.next() {
                guard let said = GangWire.FromMember(line) else {
                    return heard + [.strange("a line that is none of a member's")]
                }
                // Signs of life come as long as a member is there, and are not counted.
                if said == .here { received -= line.count + 1 }
                heard.append(.line(said))
                // What follows is of a member, and longer, or of nobody.
                if join == nil { return heard }
            }
            if lines.isOverfull { return heard + [.strange("a line that is too long")] }
            if received > GangWire.mostBytes { return heard + [.strange("more than any run has")] }
        }
        return heard
    }
}

/// What a member has told of its own node.
struct GangNode {
    var join: GangJoin
    /// Where it is, and where the others reach it for tests.
    var host: String
    var address: String
    var reader = RunReader()
    /// Its lines as they came, each of which has been read and found right.
    var lines: [String] = []

    /// Takes a line in; says what is wrong with it.
    mutating func take(_ line: [UInt8], level: QualificationLevel) -> String? {
        do throws(CheckedRun.Fault) {
            try reader.read(line)
        } catch {
            return error.description
        }
        guard let begun = reader.begun, !reader.isOver, begun.level == level else {
            return "a line of another run"
        }
        guard !begun.results.contains(where: { $0.check == .network }) else {
            return "a test of the network that nobody asked for"
        }
        lines.append(String(decoding: line, as: UTF8.self))
        return nil
    }
}
