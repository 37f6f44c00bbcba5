import Glibc

/// One HTTP/1.1 connection that stays open, used by one thread: enough of a client to load a server
/// with, at next to no cost of its own.
final class LoadConnection {
    private let descriptor: Int32
    private var buffer: [UInt8] = []

    /// Connects to a port of this machine; nil when nobody listens.
    init?(port: Int) {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port).bigEndian)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, size) == 0
            }
        }
        guard isConnected else {
            close(descriptor)
            return nil
        }
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, 4)
    }

    deinit { close(descriptor) }

    /// The descriptor, to wait for data on.
    var socketDescriptor: Int32 { descriptor }

    /// Sends a request and reads its answer; nil when the connection broke.
    func call(
        _ method: String, _ path: String, token: String? = nil, body: String? = nil
    ) -> (status: Int, body: ArraySlice<UInt8>)? {
        send(method, path, token: token, body: body)
        return readAnswer()
    }

    /// Sends a request alone.
    func send(_ method: String, _ path: String, token: String? = nil, body: String? = nil) {
        var text = "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        if let token { text += "Authorization: Bearer \(token)\r\n" }
        if path.hasPrefix("/v1/events") { text += "Accept: text/event-stream\r\n" }
        if let body {
            text += "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
            text += body
        } else {
            text += "\r\n"
        }
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if count <= 0 { return }
            rest = rest.dropFirst(count)
        }
    }

    /// Bytes that are there; empty when the connection has ended.
    func receive() -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 256 << 10) { bytes, count in
            count = max(0, read(descriptor, bytes.baseAddress, bytes.count))
        }
    }

    private func readAnswer() -> (status: Int, body: ArraySlice<UInt8>)? {
        buffer.removeAll(keepingCapacity: true)
        var head = 0
        var length = 0
        while true {
            if head == 0, let end = headEnd() {
                head = end
                length = contentLength(buffer[..<end])
            }
            if head > 0, buffer.count >= head + length { break }
            let bytes = receive()
            guard !bytes.isEmpty else { return nil }
            buffer += bytes
        }
        let status = buffer[9..<12].reduce(0) { $0 * 10 + Int($1) - 48 }
        return (status, buffer[head..<head + length])
    }

    private func headEnd() -> Int? {
        guard buffer.count >= 4 else { return nil }
        for index in 0...(buffer.count - 4)
        where buffer[index] == 13 && buffer[index + 1] == 10 && buffer[index + 2] == 13
            && buffer[index + 3] == 10
        {
            return index + 4
        }
        return nil
    }

    private func contentLength(_ head: ArraySlice<UInt8>) -> Int {
        for line in head.split(separator: 10) {
            let text = String(decoding: line, as: UTF8.self).lowercased()
            guard text.hasPrefix("content-length:") else { continue }
            return Int(text.dropFirst(15).filter(\.isNumber)) ?? 0
        }
        return 0
    }
}
