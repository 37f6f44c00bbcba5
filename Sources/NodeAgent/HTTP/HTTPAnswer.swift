/// An answer of HTTP/1.1 as it comes in, to a request that asked for the connection to be closed.
public struct HTTPAnswer: Sendable {
    /// What was read so far comes to this.
    public enum State: Hashable, Sendable {
        /// More has to come.
        case unfinished
        /// The whole answer.
        case finished(status: Int, retryAfter: Int64?, body: [UInt8])
        /// No answer that this program understands.
        case broken
    }

    private var bytes: [UInt8] = []
    private let limit: Int
    /// The head, once it is there: where the body begins, and what it says.
    private var head: (end: Int, status: Int, length: Int?, isChunked: Bool, retryAfter: Int64?)?

    /// An answer of at most so many bytes.
    public init(limit: Int) { self.limit = limit }

    /// Takes what came; `isEnd` says that nothing more will.
    public mutating func take(_ part: [UInt8], isEnd: Bool) -> State {
        bytes += part
        guard bytes.count <= limit else { return .broken }
        if head == nil {
            guard let end = HTTPAnswer.headEnd(bytes) else { return isEnd ? .broken : .unfinished }
            guard let read = HTTPAnswer.read(bytes[..<end]) else { return .broken }
            // Interim answers say only that the real one follows.
            if (100..<200).contains(read.status) {
                bytes.removeFirst(end)
                return take([], isEnd: isEnd)
            }
            head = (end, read.status, read.length, read.isChunked, read.retryAfter)
        }
        guard let head else { return .broken }
        let body = bytes[head.end...]
        func finished(_ body: [UInt8]) -> State {
            .finished(status: head.status, retryAfter: head.retryAfter, body: body)
        }
        if head.isChunked {
            switch HTTPAnswer.chunks(body) {
            case .whole(let body): return finished(body)
            case .cut: return isEnd ? .broken : .unfinished
            case .wrong: return .broken
            }
        }
        if let length = head.length {
            if body.count >= length { return finished(Array(body.prefix(length))) }
            return isEnd ? .broken : .unfinished
        }
        return isEnd ? finished(Array(body)) : .unfinished
    }

    private static func headEnd(_ bytes: [UInt8]) -> Int? {
        guard bytes.count >= 4 else { return nil }
        for place in 3..<bytes.count
        where bytes[place] == 10 && bytes[place - 1] == 13 && bytes[place - 2] == 10
            && bytes[place - 3] == 13
        {
            return place + 1
        }
        return nil
    }

    private static func read(
        _ head: ArraySlice<UInt8>
    ) -> (status: Int, length: Int?, isChunked: Bool, retryAfter: Int64?)? {
        let lines = String(decoding: head, as: UTF8.self).split(separator: "\r\n")
        let words = (lines.first ?? "").split(separator: " ")
        guard words.count >= 2, words[0].hasPrefix("HTTP/1."), let status = Int(words[1]),
            (100..<600).contains(status)
        else { return nil }
        var length: Int?
        var isChunked = false
        var retryAfter: Int64?
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { return nil }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            switch line[..<colon].lowercased() {
            case "content-length":
                guard let number = Int(value), number >= 0 else { return nil }
                length = number
            case "transfer-encoding": isChunked = value.lowercased().hasSuffix("chunked")
            case "retry-after": retryAfter = Int64(value).map { max(0, min($0, 3600)) }
            default: break
            }
        }
        return (status, length, isChunked, retryAfter)
    }

    private enum Chunks {
        case whole([UInt8])
        case cut
        case wrong
    }

    private static func chunks(_ body: ArraySlice<UInt8>) -> Chunks {
        var rest = body
        var whole: [UInt8] = []
        while let end = rest.firstIndex(of: 10) {
            let line = String(decoding: rest[..<end], as: UTF8.self)
            let digits = line.prefix { $0.isHexDigit }
            guard let count = Int(digits, radix: 16), count <= 1 << 30 else { return .wrong }
            rest = rest[(end + 1)...]
            if count == 0 { return .whole(whole) }
            guard rest.count >= count + 2 else { return .cut }
            whole += rest.prefix(count)
            rest = rest.dropFirst(count + 2)
        }
        return rest.count > 32 ? .wrong : .cut
    }
}
