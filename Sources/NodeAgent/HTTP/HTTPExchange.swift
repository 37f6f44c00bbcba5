import FleetModel
import Glibc

/// One request and its answer over a connection of their own, within a time.
///
/// A connection for each message costs a round trip in half a minute, and a control plane with ten
/// thousand agents has few open at a time.
enum HTTPExchange {
    /// What came of it.
    enum Outcome {
        case answer(status: Int, retryAfter: Int64?, body: [UInt8])
        case failed(String)
    }

    /// Sends a request to the first of the addresses that takes it, a `POST` if there is a body.
    static func send(
        to target: HTTPTarget, at addresses: [HostAddress], path: String, token: String?,
        body: [UInt8]?, limit: Int, within span: TimeSpan
    ) -> Outcome {
        let deadline = Clock.monotonic() + span
        var head = "\(body == nil ? "GET" : "POST") \(target.path)\(path) HTTP/1.1\r\n"
        head += "Host: \(target.authority)\r\nConnection: close\r\nUser-Agent: muster-agent\r\n"
        if let token { head += "Authorization: Bearer \(token)\r\n" }
        if let body {
            head += "Content-Type: application/octet-stream\r\n"
            head += "Content-Length: \(body.count)\r\n"
        }
        let request = Array((head + "\r\n").utf8) + (body ?? [])
        var trouble = "no address of \(target.host) is known"
        for address in addresses {
            switch connect(to: address, until: deadline) {
            case .failure(let failure): trouble = failure.text
            case .success(let socket):
                defer { close(socket) }
                return exchange(request, over: socket, limit: limit, until: deadline)
            }
        }
        return .failed(trouble)
    }

    private struct Failure: Error {
        var text: String

        init(_ what: String) { text = "\(what): \(String(cString: strerror(errno)))" }
        init(text: String) { self.text = text }
    }

    private static func connect(
        to address: HostAddress, until deadline: Instant
    ) -> Result<Int32, Failure> {
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let socket = Glibc.socket(address.family, kind, 0)
        guard socket >= 0 else { return .failure(Failure("no socket")) }
        let result = address.bytes.withUnsafeBytes { raw in
            Glibc.connect(
                socket, raw.baseAddress!.assumingMemoryBound(to: sockaddr.self),
                socklen_t(raw.count))
        }
        if result < 0, errno != EINPROGRESS {
            let failure = Failure("no connection")
            close(socket)
            return .failure(failure)
        }
        guard result == 0 || wait(socket, Int16(POLLOUT), until: deadline) else {
            close(socket)
            return .failure(Failure(text: "no connection in time"))
        }
        var error: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size)
        guard error == 0 else {
            close(socket)
            errno = error
            return .failure(Failure("no connection"))
        }
        return .success(socket)
    }

    private static func exchange(
        _ request: [UInt8], over socket: Int32, limit: Int, until deadline: Instant
    ) -> Outcome {
        var sent = 0
        while sent < request.count {
            let count = request[sent...].withUnsafeBytes {
                Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count >= 0 {
                sent += count
            } else if errno == EAGAIN {
                guard wait(socket, Int16(POLLOUT), until: deadline) else {
                    return .failed("the request was not taken in time")
                }
            } else if errno != EINTR {
                // A server that refuses early answers before it closes: that is worth reading.
                break
            }
        }
        var answer = HTTPAnswer(limit: limit)
        while true {
            guard wait(socket, Int16(POLLIN), until: deadline) else {
                return .failed("no answer in time")
            }
            var failure: Int32 = 0
            let part = [UInt8](unsafeUninitializedCapacity: 4096) { buffer, count in
                let result = recv(socket, buffer.baseAddress, 4096, 0)
                failure = result < 0 ? errno : 0
                count = max(0, result)
            }
            if failure == EAGAIN || failure == EINTR { continue }
            switch answer.take(part, isEnd: part.isEmpty) {
            case .unfinished: continue
            case .broken: return .failed("the connection ended without an answer")
            case .finished(let status, let retryAfter, let body):
                return .answer(status: status, retryAfter: retryAfter, body: body)
            }
        }
    }

    /// Waits until a socket can be written or read; false when the time is over.
    private static func wait(_ socket: Int32, _ events: Int16, until deadline: Instant) -> Bool {
        while true {
            let left = deadline - Clock.monotonic()
            guard left > .zero else { return false }
            var descriptor = pollfd(fd: socket, events: events, revents: 0)
            let result = poll(&descriptor, 1, Int32(clamping: left.nanoseconds / 1_000_000 + 1))
            if result > 0 { return true }
        }
    }
}
