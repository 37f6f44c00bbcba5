import FleetModel
import HTTPTypes
import Hummingbird
import NIOCore
import Synchronization

/// Answers that go on without an end in sight: how many each caller has, and what ends them.
final class StreamBook: Sendable {
    private struct Entry {
        var identity: Identity
        var caller: String
        var channel: any Channel
    }

    private struct State {
        var entries: [Int: Entry] = [:]
        var counts: [String: Int] = [:]
        var next = 0
    }

    private let state = Mutex(State())
    private let most: Int

    /// One caller has at most so many.
    init(most: Int) { self.most = most }

    /// Begins a stream. Throws `M0609` for a caller that has too many.
    func open(
        _ identity: Identity, _ address: String, _ channel: any Channel
    ) throws(OperatingError) -> StreamLine {
        let caller = identity.caller(address)
        let id = state.withLock { state -> Int? in
            guard state.counts[caller, default: 0] < most else { return nil }
            state.counts[caller, default: 0] += 1
            state.next += 1
            state.entries[state.next] = Entry(
                identity: identity, caller: caller, channel: channel)
            return state.next
        }
        guard let id else {
            throw OperatingError(
                .tooManyRequests, "too many streams at the same time",
                detail: "at most \(most) of one token, or of one address without a token",
                hint: "close those that are not needed; one stream has the events of all jobs")
        }
        return StreamLine(self, id, channel)
    }

    /// How many there are.
    var count: Int { state.withLock { $0.entries.count } }

    fileprivate func leave(_ id: Int) {
        state.withLock { state in
            guard let entry = state.entries.removeValue(forKey: id) else { return }
            let count = state.counts[entry.caller, default: 0] - 1
            state.counts[entry.caller] = count > 0 ? count : nil
        }
    }

    /// Cuts off the streams of callers that may ask no more.
    func sweep(_ counts: (Identity) -> Bool) {
        let entries = state.withLock { Array($0.entries.values) }
        for entry in entries where !counts(entry.identity) { entry.channel.close(promise: nil) }
    }
}

/// One stream: its place in the book, and whether anybody is at its other end.
///
/// A class, because its place is given back once, when nobody writes to it any more.
final class StreamLine: Sendable {
    private struct State {
        var isOver = false
        var ends: [@Sendable () -> Void] = []
    }

    private let book: StreamBook
    private let id: Int
    private let state = Mutex(State())

    fileprivate init(_ book: StreamBook, _ id: Int, _ channel: any Channel) {
        self.book = book
        self.id = id
        channel.closeFuture.whenComplete { [weak self] _ in self?.end() }
    }

    deinit { book.leave(id) }

    /// Whether the connection is closed.
    var isOver: Bool { state.withLock { $0.isOver } }

    /// Calls `body` once the connection is closed, to wake whoever waits for news to send.
    func onEnd(_ body: @escaping @Sendable () -> Void) {
        let isOver = state.withLock { state in
            if !state.isOver { state.ends.append(body) }
            return state.isOver
        }
        if isOver { body() }
    }

    private func end() {
        let ends = state.withLock { state in
            defer { state.ends = [] }
            state.isOver = true
            return state.ends
        }
        for body in ends { body() }
    }
}

extension Call {
    /// An answer that `body` writes until the peer goes away. It is the last of its connection.
    func stream(
        _ type: String, _ more: HTTPFields = [:],
        _ body: @escaping @Sendable (StreamLine, inout any ResponseBodyWriter) async throws -> Void
    ) throws(OperatingError) -> Response {
        let line = try server.streams.open(identity, address, channel)
        var headers = more
        headers[.contentType] = type
        headers[.cacheControl] = "no-store"
        headers[.xContentTypeOptions] = "nosniff"
        headers[.connection] = "close"
        return Response(
            status: .ok, headers: headers,
            body: ResponseBody { writer in
                try await body(line, &writer)
                try await writer.finish(nil)
            })
    }
}
