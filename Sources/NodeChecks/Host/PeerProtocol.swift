import CNodeChecks
import Glibc

/// What two nodes say to each other when they test what is between them: a greeting of 16 bytes,
/// the key of those who ask for one, and then blocks whose contents both know.
enum PeerProtocol {
    /// What a connection is for.
    enum Phase: UInt8 {
        /// Messages that come back, for the time there and back.
        case echo = 1
        /// Blocks from the one who asks.
        case upload = 2
        /// Blocks to the one who asks.
        case download = 3
    }

    static let greetingBytes = 16
    static let blockBytes = 1 << 20
    static let messageBytes = 64
    /// Bytes of a key.
    static let keyBytes = 32
    /// The variable by which a check is told its key, in hexadecimal digits.
    static let keyVariable = "MUSTER_CHECK_PEER_KEY"
    /// Seconds that a peer may ask for blocks.
    static let mostSeconds: UInt16 = 600
    /// Seconds after which a silent peer is given up.
    static let patience = 20
    private static let mark = Array("MUSTERCHECK".utf8)
    private static let version: UInt8 = 1

    /// The greeting of a phase; the answer is the same with no seconds and no key.
    static func greeting(_ phase: Phase, seconds: UInt16, isKeyed: Bool = false) -> [UInt8] {
        mark + [
            version, phase.rawValue, UInt8(seconds >> 8), UInt8(seconds & 0xFF), isKeyed ? 1 : 0,
        ]
    }

    /// Reads a greeting; nil for anything else.
    static func read(_ bytes: [UInt8]) -> (phase: Phase, seconds: UInt16, isKeyed: Bool)? {
        guard bytes.count == greetingBytes, bytes.starts(with: mark), bytes[11] == version,
            let phase = Phase(rawValue: bytes[12]), bytes[15] <= 1
        else { return nil }
        return (phase, min(UInt16(bytes[13]) << 8 | UInt16(bytes[14]), mostSeconds), bytes[15] == 1)
    }

    /// Whether two keys are the same, in a time that does not tell where they differ.
    static func isSame(_ one: [UInt8], _ other: [UInt8]) -> Bool {
        guard one.count == other.count else { return false }
        return zip(one, other).reduce(UInt8(0)) { $0 | $1.0 ^ $1.1 } == 0
    }

    /// The block that everybody sends.
    static let block: [UInt8] = {
        var words = [UInt32](repeating: 0, count: blockBytes / 4)
        cnodechecks_fill(&words, words.count, 0x4D75_7374)
        return words.withUnsafeBytes { Array($0) }
    }()
}

/// A connected socket.
struct PeerSocket: ~Copyable {
    let descriptor: Int32

    /// What went wrong with the other side.
    struct Trouble: Error {
        var words: String
    }

    /// Takes a socket, which is closed with this value.
    init(descriptor: Int32) {
        self.descriptor = descriptor
        var time = timeval(tv_sec: PeerProtocol.patience, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, size)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, size)
        var one: Int32 = 1
        setsockopt(
            descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one,
            socklen_t(MemoryLayout<Int32>.size))
    }

    deinit { close(descriptor) }

    /// Sends all bytes.
    func send(_ bytes: UnsafeRawBufferPointer) throws(Trouble) {
        var done = 0
        while done < bytes.count {
            let count = Glibc.send(
                descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done,
                Int32(MSG_NOSIGNAL))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Trouble(words: "sending: \(SystemText.of(errno))") }
            done += count
        }
    }

    func send(_ bytes: [UInt8]) throws(Trouble) {
        let result = bytes.withUnsafeBytes { buffer in
            do throws(Trouble) {
                return Result<Void, Trouble>.success(try send(buffer))
            } catch {
                return .failure(error)
            }
        }
        try result.get()
    }

    /// Fills a buffer; returns how many bytes came before the other side ended.
    func receive(_ buffer: UnsafeMutableRawBufferPointer) throws(Trouble) -> Int {
        var done = 0
        while done < buffer.count {
            let count = recv(
                descriptor, buffer.baseAddress.map { $0 + done }, buffer.count - done, 0)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else {
                let isSilent = errno == EAGAIN
                throw Trouble(
                    words: isSilent
                        ? "nothing came for \(PeerProtocol.patience) s"
                        : "receiving: \(SystemText.of(errno))")
            }
            if count == 0 { break }
            done += count
        }
        return done
    }

    /// So many bytes; throws when fewer come.
    func receive(_ count: Int) throws(Trouble) -> [UInt8] {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 16)
        defer { buffer.deallocate() }
        guard try receive(buffer) == count else { throw Trouble(words: "it hung up") }
        return Array(buffer)
    }

    /// Whether both ends are of this machine, so that nothing that is sent leaves it.
    var isOwn: Bool {
        PeerSocket.isOwn(
            local: SocketAddress.bytes(of: descriptor, getsockname),
            peer: SocketAddress.bytes(of: descriptor, getpeername))
    }

    /// The same of two addresses, as bytes of `sockaddr_in` or `sockaddr_in6`.
    static func isOwn(local: [UInt8], peer: [UInt8]) -> Bool {
        // The address itself stands behind kind and port, in IPv6 behind the flow label as well.
        let places = peer.count < 28 ? 4..<8 : 8..<24
        guard local.count == peer.count, peer.count >= places.upperBound else { return false }
        let own = Array(peer[places])
        if own == Array(local[places]) { return true }
        return own.count == 4 ? own[0] == 127 : own == [UInt8](repeating: 0, count: 15) + [1]
    }

    /// What came of blocks that were received.
    struct Received {
        var bytes: Int64 = 0
        var wrongBlocks: Int64 = 0
    }

    /// Receives blocks until the other side ends, and compares each.
    func receiveBlocks() throws(Trouble) -> Received {
        let buffer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: PeerProtocol.blockBytes, alignment: 64)
        defer { buffer.deallocate() }
        var received = Received()
        while true {
            let count = try receive(buffer)
            if count == 0 { return received }
            received.bytes += Int64(count)
            let isRight = PeerProtocol.block.withUnsafeBytes { block in
                guard let own = block.baseAddress, let other = buffer.baseAddress else {
                    return false
                }
                return memcmp(own, other, count) == 0
            }
            if !isRight { received.wrongBlocks += 1 }
            if count < buffer.count { return received }
        }
    }

    /// Sends blocks for so many seconds, and then says that it has ended.
    func sendBlocks(seconds: Double) throws(Trouble) {
        let end = Clock.seconds() + seconds
        repeat { try send(PeerProtocol.block) } while Clock.seconds() < end
        shutdown(descriptor, Int32(SHUT_WR))
    }
}
