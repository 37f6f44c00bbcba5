import FleetModel

/// One request and its answer over a connection of their own, within a time.
///
/// A connection for each message costs a round trip in half a minute, two with TLS, and a control
/// plane with ten thousand agents has few open at a time.
enum HTTPExchange {
    /// What came of it.
    enum Outcome {
        case answer(status: Int, retryAfter: Int64?, body: [UInt8])
        case failed(String)
    }

    /// What is asked.
    struct Request {
        /// Behind the target's own path.
        var path: String
        /// Of whoever asks.
        var token: String?
        /// What is sent with it: then it is a `POST`.
        var body: [UInt8]?
        /// The bytes that the answer may have.
        var limit: Int

        fileprivate func bytes(for target: HTTPTarget) -> [UInt8] {
            var head = "\(body == nil ? "GET" : "POST") \(target.path)\(path) HTTP/1.1\r\n"
            head += "Host: \(target.authority)\r\nConnection: close\r\nUser-Agent: muster-agent\r\n"
            if let token { head += "Authorization: Bearer \(token)\r\n" }
            if let body {
                head += "Content-Type: application/octet-stream\r\n"
                head += "Content-Length: \(body.count)\r\n"
            }
            return Array((head + "\r\n").utf8) + (body ?? [])
        }
    }

    /// Sends a request to the first of the addresses that takes it. Of a target with TLS nothing
    /// is told, the token included, before `client` knows that it is the one that was named.
    static func send(
        _ request: Request, to target: HTTPTarget, at addresses: [HostAddress],
        client: TLSClient, within span: TimeSpan
    ) -> Outcome {
        let deadline = Clock.monotonic() + span
        var trouble = "no address of \(target.host) is known"
        for address in addresses {
            switch HTTPSocket.connect(to: address, until: deadline) {
            case .failure(let failure): trouble = failure.text
            case .success(let socket):
                defer { socket.close() }
                let bytes = request.bytes(for: target)
                guard target.isEncrypted else {
                    return exchange(bytes, limit: request.limit, socket.send, socket.receive)
                }
                do {
                    let session = try client.session(with: target, over: socket)
                    let outcome = exchange(
                        bytes, limit: request.limit, session.send, session.receive)
                    client.end(session, with: target)
                    return outcome
                } catch {
                    return .failed("TLS: \(error.text)")
                }
            }
        }
        return .failed(trouble)
    }

    private static func exchange(
        _ request: [UInt8], limit: Int, _ send: ([UInt8]) -> HTTPSocket.Sending,
        _ receive: () -> HTTPSocket.Receipt
    ) -> Outcome {
        // A server that refuses early answers before it closes: that is worth reading.
        if case .late = send(request) { return .failed("the request was not taken in time") }
        var answer = HTTPAnswer(limit: limit)
        while true {
            let part: [UInt8]
            switch receive() {
            case .part(let bytes): part = bytes
            case .cut: return .failed("the connection was cut off")
            case .late: return .failed("no answer in time")
            }
            switch answer.take(part, isEnd: part.isEmpty) {
            case .unfinished: continue
            case .broken: return .failed("the connection ended without an answer")
            case .finished(let status, let retryAfter, let body):
                return .answer(status: status, retryAfter: retryAfter, body: body)
            }
        }
    }
}
