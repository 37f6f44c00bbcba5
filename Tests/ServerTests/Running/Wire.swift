import Foundation
import Glibc
import Testing

/// A connection on which a test says exactly what it wants.
final class Wire {
    /// One answer.
    struct Answer {
        var status: Int
        var headers: [String: String]
        var body: String

        /// The body as JSON.
        func json() throws -> [String: Any] {
            try #require(
                try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any])
        }

        /// The code of an error.
        var code: String? { try? json()["code"] as? String }
    }

    private var descriptor: Int32
    private var received: [UInt8] = []

    init(_ port: Int, _ receiveBytes: Int? = nil) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        if var bytes = receiveBytes.map({ Int32($0) }) {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &bytes, 4)
        }
        var span = timeval(tv_sec: 240, tv_usec: 0)
        setsockopt(
            descriptor, SOL_SOCKET, SO_RCVTIMEO, &span, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(result == 0)
    }

    deinit { close() }

    /// Closes both ways.
    func close() {
        if descriptor >= 0 { Glibc.close(descriptor) }
        descriptor = -1
    }

    /// Says that nothing more will be sent.
    func closeSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// A request as it goes over the wire.
    static func request(
        _ method: String, _ path: String, _ port: Int, token: String? = nil, _ body: String = "",
        headers: [String: String] = [:]
    ) -> String {
        var lines = ["\(method) \(path) HTTP/1.1"]
        if headers["Host"] == nil { lines.append("Host: 127.0.0.1:\(port)") }
        if let token { lines.append("Authorization: Bearer \(token)") }
        for (name, value) in headers { lines.append("\(name): \(value)") }
        if !body.isEmpty {
            if headers["Content-Type"] == nil { lines.append("Content-Type: application/json") }
            lines.append("Content-Length: \(body.utf8.count)")
        }
        return (lines + ["", body]).joined(separator: "\r\n")
    }

    func send(_ text: String) throws {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw POSIXError(.EPIPE) }
            bytes = bytes.dropFirst(count)
        }
    }

    /// Some bytes; empty when the other side has closed. The server is in the same process, so
    /// that waiting must not take a thread from it.
    func read(_ most: Int = 1 << 16) async -> [UInt8] {
        let descriptor = descriptor
        return await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                var bytes = [UInt8](repeating: 0, count: most)
                let count = Glibc.recv(descriptor, &bytes, most, 0)
                continuation.resume(returning: Array(bytes.prefix(max(0, count))))
            }
        }
    }

    /// Reads until the other side closes, with pauses, and gives how many bytes came. It has a
    /// thread of its own, so that the pauses are no longer where other tests take all threads.
    func countSlowly(pauseMilliseconds: UInt32) async -> Int {
        let descriptor = descriptor
        return await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                var bytes = [UInt8](repeating: 0, count: 1 << 16)
                var count = 0
                while case let part = Glibc.recv(descriptor, &bytes, bytes.count, 0), part > 0 {
                    count += part
                    usleep(pauseMilliseconds * 1000)
                }
                continuation.resume(returning: count)
            }
        }
    }

    /// Reads until a text has come; false when the other side closes before, or in that time.
    func read(until text: String, seconds: Double = 240) async -> Bool {
        let end = ContinuousClock.now + .seconds(seconds)
        while !String(decoding: received, as: UTF8.self).contains(text) {
            let bytes = await read()
            if bytes.isEmpty || ContinuousClock.now > end { return false }
            received += bytes
        }
        return true
    }

    /// What has come by `read(until:)` so far.
    var text: String { String(decoding: received, as: UTF8.self) }

    /// Reads until the other side closes, and takes that for one answer. Throws where it is cut.
    func answer() async throws -> Answer {
        while true {
            let bytes = await read()
            if bytes.isEmpty { break }
            received += bytes
        }
        let parts = text.split(
            separator: "\r\n\r\n", maxSplits: 1, omittingEmptySubsequences: false)
        try #require(parts.count == 2, "a head that is cut: \(text)")
        let lines = parts[0].split(separator: "\r\n")
        let words = try #require(lines.first).split(separator: " ")
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let sides = line.split(separator: ":", maxSplits: 1)
            try #require(sides.count == 2, "no header: \(line)")
            headers[sides[0].lowercased()] = sides[1].trimmingCharacters(in: .whitespaces)
        }
        let isChunked = headers["transfer-encoding"] == "chunked"
        return Answer(
            status: try #require(words.dropFirst().first.flatMap { Int($0) }), headers: headers,
            body: isChunked ? Wire.joined(parts[1]) : String(parts[1]))
    }

    /// The content of chunks.
    private static func joined(_ text: Substring) -> String {
        var rest = Array(text.utf8)[...]
        var content: [UInt8] = []
        while let end = rest.firstIndex(of: UInt8(ascii: "\r")),
            let size = Int(String(decoding: rest[..<end], as: UTF8.self), radix: 16), size > 0
        {
            rest = rest[end...].dropFirst(2)
            content += rest.prefix(size)
            rest = rest.dropFirst(size + 2)
        }
        return String(decoding: content, as: UTF8.self)
    }
}
