import FleetModel

/// What a stream of events tells.
public enum EventSignal: Sendable {
    /// The stream is open, for the first time or again: what happens from now on is told.
    case opened
    /// Something happened.
    case message(EventStreamParser.Message)
    /// The connection broke, and is tried again.
    case lost(OperatingError)
}

extension APIClient {
    /// Follows events until `body` says stop, across broken connections: what happened meanwhile is
    /// told afterwards, without gap or repeat.
    ///
    /// Throws when the stream cannot be opened the first time, and when it could not be opened
    /// again for `patienceSeconds`.
    public func follow(
        _ request: APIRequest, patienceSeconds: Int64 = 60,
        _ body: (EventSignal) async throws -> Bool
    ) async throws {
        var request = request
        request.accept = "text/event-stream"
        var hasOpened = false
        var lostAt: ContinuousClock.Instant?
        var pause = Duration.milliseconds(200)
        while true {
            var isDone = false
            do {
                var parser = EventStreamParser()
                var last: String?
                defer { if let last { request.resume(after: last) } }
                try await stream(request, isLively: true) { _ in
                    (hasOpened, lostAt, pause) = (true, nil, .milliseconds(200))
                    isDone = try await !body(.opened)
                    return !isDone
                } _: { bytes in
                    for message in parser.feed(bytes) where !isDone {
                        last = message.id ?? last
                        isDone = try await !body(.message(message))
                    }
                    return !isDone
                }
                if isDone { return }
            } catch let error as OperatingError where hasOpened && error.isPassing {
                let now = ContinuousClock.now
                let since = lostAt ?? now
                if lostAt == nil, try await !body(.lost(error)) { return }
                guard now - since < .seconds(patienceSeconds) else { throw error }
                lostAt = since
            }
            try await Task.sleep(for: pause)
            pause = min(pause * 2, .seconds(5))
        }
    }
}

extension APIRequest {
    /// Asks for what follows an event.
    fileprivate mutating func resume(after id: String) {
        query.removeAll { $0.name == "after" }
        query.append((name: "after", value: id))
    }
}

extension OperatingError {
    /// Whether the same request may do better in a while.
    public var isPassing: Bool {
        [.noServer, .notReady, .tooManyRequests, .storageFailed].contains(code)
    }
}
