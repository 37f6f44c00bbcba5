import API
import ControlPlane
import FleetModel
import NIOCore
import Store
import Synchronization

/// Events for those who follow them all: written once, shared by every stream.
///
/// Recent ones are kept in memory while somebody follows; who is further behind reads them from
/// the database, so a slow client costs no memory and misses nothing.
final class EventHub: Sendable {
    /// Events of one commit as they go over the wire.
    struct Chunk: Sendable {
        var events: [EventRow]
        var bytes: ByteBuffer
        var first: Int64 { events[0].id }
        var last: Int64 { events[events.count - 1].id }
    }

    /// What comes after an event.
    enum Next {
        case chunk(Chunk)
        /// Nothing yet.
        case nothing
        /// It is no longer in memory.
        case gap
    }

    private struct State {
        var chunks: [Chunk] = []
        var count = 0
        var last: Int64
        var signals: [Int: AsyncStream<Void>.Continuation] = [:]
        var nextSignal = 0
        var isClosed = false
    }

    private let state: Mutex<State>

    /// Events that are kept in memory.
    private static let remembered = 20_000

    init(_ plane: ControlPlane) {
        state = Mutex(State(last: plane.view.lastEvent))
        plane.feed.follow { [weak self] message in self?.take(message) }
    }

    private func take(_ message: FleetFeed.Message) {
        switch message {
        case .delta(let delta):
            guard !delta.events.isEmpty else { return }
            let hasFollowers = state.withLock { !$0.signals.isEmpty }
            let chunk = hasFollowers ? EventHub.chunk(delta.events) : nil
            let signals = state.withLock { state -> [AsyncStream<Void>.Continuation] in
                state.last = delta.events[delta.events.count - 1].id
                if let chunk {
                    state.chunks.append(chunk)
                    state.count += chunk.events.count
                    while state.count > EventHub.remembered, state.chunks.count > 1 {
                        state.count -= state.chunks.removeFirst().events.count
                    }
                } else {
                    state.chunks = []
                    state.count = 0
                }
                return Array(state.signals.values)
            }
            for signal in signals { signal.yield() }
        case .reset: break
        case .end:
            let signals = state.withLock { state in
                state.isClosed = true
                return Array(state.signals.values)
            }
            for signal in signals { signal.finish() }
        }
    }

    /// Writes events as they go over the wire.
    static func chunk(_ events: [EventRow]) -> Chunk {
        var buffer = ByteBuffer()
        for event in events {
            var json = JSONBytes(capacity: 256)
            EventJSON.write(event, to: &json)
            buffer.writeString("id: \(event.id)\nevent: \(event.kind)\ndata: ")
            buffer.writeBytes(json.bytes)
            buffer.writeString("\n\n")
        }
        return Chunk(events: events, bytes: buffer)
    }

    /// The number of the last event.
    var last: Int64 { state.withLock { $0.last } }

    /// What comes after an event.
    func next(after id: Int64) -> Next {
        state.withLock { state in
            guard id < state.last else { return .nothing }
            guard let first = state.chunks.first, first.first <= id + 1 else { return .gap }
            var low = 0
            var high = state.chunks.count
            while low < high {
                let middle = (low + high) / 2
                if state.chunks[middle].last <= id { low = middle + 1 } else { high = middle }
            }
            guard low < state.chunks.count else { return .gap }
            let chunk = state.chunks[low]
            guard chunk.first <= id else { return .chunk(chunk) }
            return .chunk(EventHub.chunk(chunk.events.filter { $0.id > id }))
        }
    }

    /// A signal whenever there is something new; end it with ``leave(_:)``.
    func follow() -> (id: Int, signals: AsyncStream<Void>) {
        let (stream, continuation) = AsyncStream.makeStream(
            of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let id = state.withLock { state in
            state.nextSignal += 1
            state.signals[state.nextSignal] = continuation
            if state.isClosed { continuation.finish() }
            return state.nextSignal
        }
        return (id, stream)
    }

    /// Ends a signal.
    func leave(_ id: Int) {
        let signal = state.withLock { $0.signals.removeValue(forKey: id) }
        signal?.finish()
    }
}
