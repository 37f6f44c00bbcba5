import FleetModel
import Hummingbird
import NIOCore
import Store

/// One client that follows events: from memory while it keeps up, from the database when it is
/// behind.
struct EventStream: Sendable {
    let hub: EventHub
    let store: Store
    /// What it is about; empty for everything.
    let kinds: Set<String>
    let job: JobID?
    let position: Int64

    /// Events that are read from the database at once.
    private static let page = 1000
    /// Between two writes, so that a busy fleet costs one write for many commits.
    private static let pause = Duration.milliseconds(20)
    /// Between two signs of life.
    private static let heartbeat = Duration.seconds(10)

    /// Writes events until the client or the server goes away.
    func run(on line: StreamLine, to writer: inout any ResponseBodyWriter) async throws {
        var position = position
        let (id, signals) = hub.follow()
        defer { hub.leave(id) }
        line.onEnd { [hub] in hub.leave(id) }
        if try isForgotten(position) {
            try await writer.write(ByteBuffer(string: "event: reset\ndata: {}\n\n"))
            position = hub.last
        }
        try await writer.write(ByteBuffer(string: ": events\n\n"))
        try await send(&position, &writer)
        for await isSign in EventStream.withHeartbeat(signals) {
            if isSign {
                try await send(&position, &writer)
                try await Task.sleep(for: EventStream.pause)
            } else {
                try await writer.write(ByteBuffer(string: ": alive\n\n"))
            }
        }
    }

    /// Whether events after a position are deleted already, or were never there.
    private func isForgotten(_ position: Int64) throws -> Bool {
        if position > hub.last { return true }
        guard position < hub.last else { return false }
        let first = try store.read { try $0.firstEvent() } ?? 0
        return position + 1 < first
    }

    private func send(
        _ position: inout Int64, _ writer: inout any ResponseBodyWriter
    ) async throws {
        while true {
            switch hub.next(after: position) {
            case .nothing: return
            case .chunk(let chunk):
                position = chunk.last
                if kinds.isEmpty, job == nil {
                    try await writer.write(chunk.bytes)
                } else {
                    try await write(chunk.events, &writer)
                }
            case .gap:
                let after = position
                let rows = try store.read { try $0.events(after: after, limit: EventStream.page) }
                guard let last = rows.last else { return }
                position = last.id
                try await write(rows, &writer)
            }
        }
    }

    private func write(
        _ events: [EventRow], _ writer: inout any ResponseBodyWriter
    ) async throws {
        let wanted = events.filter { event in
            (kinds.isEmpty || kinds.contains(event.kind)) && job.map { $0 == event.job } ?? true
        }
        if !wanted.isEmpty { try await writer.write(EventHub.chunk(wanted).bytes) }
    }

    /// True for each signal, false now and then in between.
    private static func withHeartbeat(_ signals: AsyncStream<Void>) -> AsyncStream<Bool> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: Bool.self, bufferingPolicy: .bufferingNewest(2))
        let task = Task {
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    for await _ in signals { continuation.yield(true) }
                    continuation.finish()
                }
                group.addTask {
                    while !Task.isCancelled {
                        try? await Task.sleep(for: heartbeat)
                        continuation.yield(false)
                    }
                }
                await group.next()
                group.cancelAll()
            }
        }
        continuation.onTermination = { _ in task.cancel() }
        return stream
    }
}
