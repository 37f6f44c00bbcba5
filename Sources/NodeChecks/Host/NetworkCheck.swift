import FleetModel
import Glibc
import Qualification
import Synchronization

/// Measures TCP to a peer that listens, or to this machine itself: time there and back, and both
/// directions with several connections at a time. What arrives is compared.
struct NetworkCheck {
    /// Who listens; nil for this machine itself, which never leaves the processor.
    var peer: String?
    var seconds: Double
    /// What a listener of a gang wants to be told first.
    var key: [UInt8]?

    func run() -> CheckResult {
        do throws(OperatingError) {
            if let peer { return measure(try PeerAddress(peer), name: peer) }
            let server = try PeerServer("127.0.0.1:0")
            let isStopped = Flag()
            guard Threads.start({ server.serve { isStopped.isRaised } }) else {
                return broken("no thread is to be had", .checkBroke)
            }
            defer { isStopped.raise() }
            return measure(
                try PeerAddress("127.0.0.1:\(server.port)"), name: "")
        } catch {
            return broken(
                error.message + (error.detail.isEmpty ? "" : ": " + error.detail),
                error.code)
        }
    }

    private func broken(_ words: String, _ code: DiagnosticCode) -> CheckResult {
        CheckResult(.network, .error, [words], code: code)
    }

    private func measure(_ address: PeerAddress, name: String) -> CheckResult {
        var result = CheckResult(.network, .passed)
        do throws(PeerSocket.Trouble) {
            let (times, isOwn) = try echo(address, seconds: min(1, seconds / 6))
            result.notes.append(
                isOwn
                    ? "to itself; name another node with --peer to test the network"
                    : RunVerdict.peerNote + name)
            result.figures.append(
                Figure(.roundTrip, milli: Measured.milli(times[times.count / 2] * 1e6)))
            let part = max(0.2, (seconds - 1) / 2)
            let streams = min(8, max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))))
            let up = try together(streams, address, .upload, part)
            let down = try together(streams, address, .download, part)
            let speed = min(up.bytesPerSecond, down.bytesPerSecond) / 1e9
            result.figures.append(Figure(.network, milli: Measured.milli(speed)))
            result.notes.append(
                "\(streams) connections; there \(Measured.gigabytes(up.bytesPerSecond)) GB/s, "
                    + "back \(Measured.gigabytes(down.bytesPerSecond)) GB/s")
            let wrong = up.wrongBlocks + down.wrongBlocks
            if wrong > 0 { result.note(.failed, "\(wrong) blocks arrived changed") }
        } catch {
            result.note(.error, RunVerdict.peerTroubleNote + error.words)
            result.code = .checkPeer
        }
        return result
    }

    /// A socket that is connected, for whoever takes it to close.
    static func connected(_ address: PeerAddress) throws(PeerSocket.Trouble) -> Int32 {
        var failure = "no address of that name"
        var found: Int32 = -1
        address.forEach(isPassive: false) { info in
            let candidate = socket(
                info.ai_family, info.ai_socktype | Int32(SOCK_CLOEXEC.rawValue), 0)
            guard candidate >= 0 else {
                // This machine has no socket to spare, which says nothing of the other one.
                failure = "no socket: \(SystemText.of(errno))"
                return false
            }
            // On Linux the time to send also bounds the time to connect.
            var time = timeval(tv_sec: PeerProtocol.patience, tv_usec: 0)
            setsockopt(
                candidate, SOL_SOCKET, SO_SNDTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
            guard Glibc.connect(candidate, info.ai_addr, info.ai_addrlen) == 0 else {
                let words = errno == EINPROGRESS ? "timed out" : SystemText.of(errno)
                failure = RunVerdict.connectingNote + words
                close(candidate)
                return false
            }
            found = candidate
            return true
        }
        guard found >= 0 else { throw PeerSocket.Trouble(words: failure) }
        return found
    }

    private func begin(
        _ address: PeerAddress, _ phase: PeerProtocol.Phase, seconds: Double
    ) throws(PeerSocket.Trouble) -> PeerSocket {
        let socket = PeerSocket(descriptor: try NetworkCheck.connected(address))
        let whole = UInt16(min(max(seconds.rounded(.up), 1), Double(PeerProtocol.mostSeconds)))
        try socket.send(
            PeerProtocol.greeting(phase, seconds: whole, isKeyed: key != nil) + (key ?? []))
        let answer = try socket.receive(PeerProtocol.greetingBytes)
        guard PeerProtocol.read(answer)?.phase == phase else {
            throw PeerSocket.Trouble(words: "it is no `muster check --listen`, or one for others")
        }
        return socket
    }

    /// Times there and back, sorted, and whether the peer is this machine.
    private func echo(
        _ address: PeerAddress, seconds: Double
    ) throws(PeerSocket.Trouble) -> (times: [Double], isOwn: Bool) {
        let socket = try begin(address, .echo, seconds: seconds)
        let message = [UInt8](repeating: 0x6D, count: PeerProtocol.messageBytes)
        var times: [Double] = []
        let end = Clock.seconds() + seconds
        while times.count < 10_000, times.count < 10 || Clock.seconds() < end {
            let start = Clock.seconds()
            try socket.send(message)
            guard try socket.receive(PeerProtocol.messageBytes) == message else {
                throw PeerSocket.Trouble(words: "a message came back changed")
            }
            times.append(Clock.seconds() - start)
        }
        return (times.sorted(), socket.isOwn)
    }

    private struct Flow {
        var bytesPerSecond = 0.0
        var wrongBlocks: Int64 = 0
    }

    /// Runs a phase on several connections at a time and adds them up.
    private func together(
        _ streams: Int, _ address: PeerAddress, _ phase: PeerProtocol.Phase, _ seconds: Double
    ) throws(PeerSocket.Trouble) -> Flow {
        let box = FlowBox()
        var started = 0
        for _ in 0..<streams {
            let isStarted = Threads.start {
                do throws(PeerSocket.Trouble) {
                    box.put(.success(try self.flow(address, phase, seconds)))
                } catch {
                    box.put(.failure(error))
                }
            }
            guard isStarted else { break }
            started += 1
        }
        guard started > 0 else { throw PeerSocket.Trouble(words: "no thread is to be had") }
        var sum = Flow()
        for result in box.wait(for: started) {
            let (bytesPerSecond, wrongBlocks) = try result.get()
            sum.bytesPerSecond += bytesPerSecond
            sum.wrongBlocks += wrongBlocks
        }
        return sum
    }

    private func flow(
        _ address: PeerAddress, _ phase: PeerProtocol.Phase, _ seconds: Double
    ) throws(PeerSocket.Trouble) -> (bytesPerSecond: Double, wrongBlocks: Int64) {
        let socket = try begin(address, phase, seconds: seconds)
        let start = Clock.seconds()
        if phase == .upload {
            try socket.sendBlocks(seconds: seconds)
            let answer = try socket.receive(16)
            let numbers = [0, 8].map { offset in
                answer[offset..<offset + 8].reduce(Int64(0)) { $0 << 8 | Int64($1) }
            }
            return (Double(numbers[0]) / (Clock.seconds() - start), numbers[1])
        }
        let received = try socket.receiveBlocks()
        return (Double(received.bytes) / (Clock.seconds() - start), received.wrongBlocks)
    }
}

extension Measured {
    /// Bytes as gigabytes, to read.
    static func gigabytes(_ bytes: Double) -> String {
        FixedDecimal.text(milli: milli(bytes / 1e9))
    }
}

/// A flag that one thread raises and another sees.
final class Flag: Sendable {
    private let value = Atomic<Bool>(false)
    var isRaised: Bool { value.load(ordering: .acquiring) }
    func raise() { value.store(true, ordering: .releasing) }
}

/// Gathers what threads come to.
private final class FlowBox: @unchecked Sendable {
    typealias Item = Result<(bytesPerSecond: Double, wrongBlocks: Int64), PeerSocket.Trouble>
    private var mutex = pthread_mutex_t()
    private var condition = pthread_cond_t()
    private var items: [Item] = []

    init() {
        pthread_mutex_init(&mutex, nil)
        pthread_cond_init(&condition, nil)
    }

    deinit {
        pthread_cond_destroy(&condition)
        pthread_mutex_destroy(&mutex)
    }

    func put(_ item: Item) {
        pthread_mutex_lock(&mutex)
        items.append(item)
        pthread_cond_signal(&condition)
        pthread_mutex_unlock(&mutex)
    }

    func wait(for count: Int) -> [Item] {
        pthread_mutex_lock(&mutex)
        while items.count < count { pthread_cond_wait(&condition, &mutex) }
        defer { pthread_mutex_unlock(&mutex) }
        return items
    }
}
