import FleetModel
import Glibc
import Synchronization

/// Answers checks of the network by other nodes.
public final class PeerServer: Sendable {
    /// Where it listens; the port is one of the system's choice when 0 was asked for.
    public let address: String
    /// The port alone.
    public let port: UInt16
    private let socket: ListeningSocket
    private let key: [UInt8]?
    private let connections = Atomic<Int>(0)

    /// Connections at a time.
    static let mostConnections = 64

    /// Listens at `HOST:PORT`. Throws `M0706` when that is not to be had.
    ///
    /// - Parameter key: What those who ask have to know; nil to answer everybody.
    public init(_ address: String, key: [UInt8]? = nil) throws(OperatingError) {
        let target = try PeerAddress(address)
        socket = try ListeningSocket(target)
        port = socket.port
        self.address = target.named(port: port)
        self.key = key
    }

    /// Whether this is an address at all. Throws `M0501` when it is none.
    public static func validate(_ address: String) throws(OperatingError) {
        _ = try PeerAddress(address)
    }

    /// Answers until `isStopped` says so, which is asked ten times a second.
    public func serve(until isStopped: () -> Bool) {
        while !isStopped() {
            var waiting = pollfd(fd: socket.descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&waiting, 1, 100) > 0 else { continue }
            let accepted = accept(socket.descriptor, nil, nil)
            guard accepted >= 0 else {
                // Without a descriptor to be had there is nothing to do but wait.
                if errno == EMFILE || errno == ENFILE { usleep(100_000) }
                continue
            }
            _ = fcntl(accepted, F_SETFD, FD_CLOEXEC)
            guard connections.load(ordering: .relaxed) < PeerServer.mostConnections else {
                close(accepted)
                continue
            }
            connections.add(1, ordering: .relaxed)
            let isStarted = Threads.start { [self] in
                PeerServer.answer(PeerSocket(descriptor: accepted), key)
                connections.subtract(1, ordering: .relaxed)
            }
            if !isStarted {
                close(accepted)
                connections.subtract(1, ordering: .relaxed)
            }
        }
    }

    /// One connection, from its greeting to its end. What a stranger says ends it.
    private static func answer(_ socket: consuming PeerSocket, _ key: [UInt8]?) {
        do throws(PeerSocket.Trouble) {
            let greeting = try socket.receive(PeerProtocol.greetingBytes)
            guard let (phase, seconds, isKeyed) = PeerProtocol.read(greeting),
                isKeyed == (key != nil)
            else { return }
            if let key {
                let told = try socket.receive(PeerProtocol.keyBytes)
                guard PeerProtocol.isSame(told, key) else { return }
            }
            try socket.send(PeerProtocol.greeting(phase, seconds: 0))
            switch phase {
            case .echo:
                let end = Clock.seconds() + Double(PeerProtocol.mostSeconds)
                while Clock.seconds() < end {
                    try socket.send(try socket.receive(PeerProtocol.messageBytes))
                }
            case .upload:
                let received = try socket.receiveBlocks()
                var answer: [UInt8] = []
                for number in [received.bytes, received.wrongBlocks] {
                    withUnsafeBytes(of: number.bigEndian) { answer += $0 }
                }
                try socket.send(answer)
            case .download: try socket.sendBlocks(seconds: Double(seconds))
            }
        } catch {
            // The one who asked sees it break off and tells it.
        }
    }
}

/// `HOST:PORT`.
struct PeerAddress {
    let host: String
    let port: UInt16

    /// Reads `HOST:PORT`, `:PORT` for every address, or `[ADDRESS]:PORT`. Throws `M0501`.
    init(_ text: String) throws(OperatingError) {
        guard let colon = text.lastIndex(of: ":"),
            let port = UInt16(text[text.index(after: colon)...])
        else {
            throw OperatingError(
                .usage, "'\(text)' is no address", detail: "expected: HOST:PORT, such as node7:7071"
            )
        }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        self.host = host
        self.port = port
    }

    /// Whether it says by itself which address is meant: in digits, or `localhost`.
    var isLiteral: Bool {
        if host == "localhost" { return true }
        var (four, six) = (in_addr(), in6_addr())
        return inet_pton(AF_INET, host, &four) == 1 || inet_pton(AF_INET6, host, &six) == 1
    }

    func named(port: UInt16) -> String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    /// Gives what the name resolves to until one is taken.
    func forEach(isPassive: Bool, _ body: (addrinfo) -> Bool) {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = isPassive ? AI_PASSIVE : 0
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host.isEmpty ? nil : host, String(port), &hints, &list) == 0 else {
            return
        }
        defer { freeaddrinfo(list) }
        var next = list
        while let info = next {
            if body(info.pointee) { return }
            next = info.pointee.ai_next
        }
    }
}

/// Threads of the system.
enum Threads {
    private final class Work {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// Runs `body` on a thread of its own, which nobody waits for; false when there is none.
    static func start(_ body: @escaping @Sendable () -> Void) -> Bool {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        var thread = pthread_t()
        let work = Unmanaged.passRetained(Work(body))
        let error = pthread_create(
            &thread, &attributes,
            { context in
                guard let context else { return nil }
                Unmanaged<Work>.fromOpaque(context).takeRetainedValue().body()
                return nil
            }, work.toOpaque())
        if error != 0 { work.release() }
        return error == 0
    }
}
