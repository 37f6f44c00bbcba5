import FleetModel
import Glibc

/// The way into a gang: to where its members meet, and the proofs of both sides.
struct GangEntry {
    let place: GangPlace
    let secret: GangSecret
    let node: String
    /// Where to connect to, when that is not where the others do.
    var meeting: PeerAddress?
    /// Seconds in which it has to be found.
    let patience: Double

    /// Seconds for one side of the handshake.
    private static let answerSeconds = 10

    /// A connection on which both sides have proved themselves, and a listener for tests of pairs
    /// at the address that it goes out from.
    struct Entered {
        var link: GangLink
        var server: PeerServer
    }

    private enum Attempt {
        case entered(Entered)
        /// It may go well later.
        case later(String)
        /// It will not.
        case refused(String)
    }

    /// Joins. Throws `M1105` when that is not to be done in time.
    func join(isStopped: () -> Bool) throws(OperatingError) -> Entered? {
        let target: PeerAddress
        if let meeting { target = meeting } else { target = try PeerAddress(place.meeting) }
        let end = Clock.seconds() + patience
        while true {
            let words: String
            switch attempt(target) {
            case .entered(let entered): return entered
            case .later(let why): words = why
            case .refused(let why): throw error("it was refused", why)
            }
            if isStopped() { return nil }
            guard Clock.seconds() < end else {
                throw error("nobody who leads was found for \(Int(patience)) s", words)
            }
            usleep(300_000)
        }
    }

    private func error(_ what: String, _ why: String) -> OperatingError {
        OperatingError(
            .checkGang, "rank \(place.rank) did not join at \(place.meeting): \(what)",
            detail: why, hint: "rank 0 runs the same command with the same token")
    }

    private func attempt(_ target: PeerAddress) -> Attempt {
        let descriptor: Int32
        do throws(PeerSocket.Trouble) {
            descriptor = try NetworkCheck.connected(target)
        } catch {
            return .later(error.words)
        }
        var isKept = false
        defer { if !isKept { close(descriptor) } }
        var time = timeval(tv_sec: GangEntry.answerSeconds, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, size)
        time.tv_sec = PeerProtocol.patience
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, size)
        var lines = LineBuffer(mostBytes: GangWire.strangerLineBytes)
        guard case .greeting(let nonce)? = GangEntry.line(descriptor, &lines) else {
            return .later("nobody answers there as one who leads a gang does")
        }
        let host = SocketAddress.host(SocketAddress.bytes(of: descriptor, getsockname))
        let server: PeerServer
        do throws(OperatingError) {
            server = try PeerServer(
                host.contains(":") ? "[\(host)]:0" : "\(host):0", key: secret.peerKey)
        } catch {
            return .later("\(error.message): \(error.detail)")
        }
        let join = GangJoin(
            rank: place.rank, count: place.count, port: server.port, nonce: GangSecret.nonce(),
            boot: GangJoin.word(
                SmallFiles().text("/proc/sys/kernel/random/boot_id") ?? "", "-"),
            node: GangJoin.word(node, "-"))
        let proof = secret.memberProof(join, nonce: nonce)
        let text = GangWire.FromMember.join(join, proof: proof).text + "\n"
        if let failure = GangLink.send(Array(text.utf8), to: descriptor) { return .later(failure) }
        switch GangEntry.line(descriptor, &lines) {
        case .welcome(let told)?:
            guard GangSecret.isSame(told, secret.leadProof(join, nonce: nonce)) else {
                return .refused("whoever answers there does not have the token")
            }
        case .refused(let words)?: return .refused(words)
        default: return .later("it hung up")
        }
        isKept = true
        lines.mostBytes = GangWire.lineBytes
        return .entered(
            Entered(link: GangLink(descriptor: descriptor, rest: lines), server: server))
    }

    /// The next line of the one who leads; nil when none comes.
    private static func line(
        _ descriptor: Int32, _ lines: inout LineBuffer
    ) -> GangWire.FromLead? {
        let end = Clock.seconds() + Double(answerSeconds)
        while Clock.seconds() < end, !lines.isOverfull {
            if let line = lines.next() { return GangWire.FromLead(line) }
            var buffer = [UInt8](repeating: 0, count: 4096)
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return nil }
            lines.append(buffer.prefix(count))
        }
        return nil
    }
}
