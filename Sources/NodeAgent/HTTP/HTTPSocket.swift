import FleetModel
import Glibc

/// A connection to an address, which waits for nothing longer than until its deadline.
struct HTTPSocket {
    private let descriptor: Int32
    private let deadline: Instant

    /// Why there is no connection.
    struct Failure: Error {
        /// In words.
        var text: String

        fileprivate init(_ what: String) { text = "\(what): \(String(cString: strerror(errno)))" }
        fileprivate init(text: String) { self.text = text }
    }

    /// How a part was sent.
    enum Sending {
        case whole
        /// The other side takes no more; what it says of that can be read.
        case refused
        case late
    }

    /// What came.
    enum Receipt {
        /// Some bytes; none when the other side has ended.
        case part([UInt8])
        /// The connection broke.
        case cut
        case late
    }

    /// Connects within a time. ``close()`` ends what is returned.
    static func connect(
        to address: HostAddress, until deadline: Instant
    ) -> Result<HTTPSocket, Failure> {
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let descriptor = socket(address.family, kind, 0)
        guard descriptor >= 0 else { return .failure(Failure("no socket")) }
        let socket = HTTPSocket(descriptor: descriptor, deadline: deadline)
        let result = address.bytes.withUnsafeBytes { raw in
            Glibc.connect(
                descriptor, raw.baseAddress!.assumingMemoryBound(to: sockaddr.self),
                socklen_t(raw.count))
        }
        if result < 0, errno != EINPROGRESS {
            let failure = Failure("no connection")
            socket.close()
            return .failure(failure)
        }
        guard result == 0 || socket.wait(Int16(POLLOUT)) else {
            socket.close()
            return .failure(Failure(text: "no connection in time"))
        }
        var error: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size)
        guard error == 0 else {
            socket.close()
            errno = error
            return .failure(Failure("no connection"))
        }
        return .success(socket)
    }

    /// Sends all of it.
    func send(_ bytes: [UInt8]) -> Sending {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count >= 0 {
                sent += count
            } else if errno == EAGAIN {
                guard wait(Int16(POLLOUT)) else { return .late }
            } else if errno != EINTR {
                return .refused
            }
        }
        return .whole
    }

    /// The next bytes, at most 4096.
    func receive() -> Receipt {
        while true {
            guard wait(Int16(POLLIN)) else { return .late }
            var failure: Int32 = 0
            let part = [UInt8](unsafeUninitializedCapacity: 4096) { buffer, count in
                let result = recv(descriptor, buffer.baseAddress, 4096, 0)
                failure = result < 0 ? errno : 0
                count = max(0, result)
            }
            if failure == 0 { return .part(part) }
            if failure != EAGAIN, failure != EINTR { return .cut }
        }
    }

    /// Ends the connection.
    func close() { Glibc.close(descriptor) }

    /// Waits until the socket can be written or read; false when the time is over.
    private func wait(_ events: Int16) -> Bool {
        while true {
            let left = deadline - Clock.monotonic()
            guard left > .zero else { return false }
            var file = pollfd(fd: descriptor, events: events, revents: 0)
            let result = poll(&file, 1, Int32(clamping: left.nanoseconds / 1_000_000 + 1))
            if result > 0 { return true }
        }
    }
}
