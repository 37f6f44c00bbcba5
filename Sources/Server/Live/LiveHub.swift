import API
import ControlPlane
import FleetModel
import NIOCore
import Store
import Synchronization

/// What changed, gathered for dashboards: a message a few times a second, written once for all.
final class LiveHub: Sendable {
    private struct State {
        var jobs: Set<JobID> = []
        var nodes: Set<NodeID> = []
        var events: [EventRow] = []
        var hasNewTenants = false
        var mustReset = false
        var followers: [Int: AsyncStream<ByteBuffer>.Continuation] = [:]
        var nextFollower = 0
        var isClosed = false
        var fleetAt: Int64 = 0
        var isRunning = false
    }

    private let plane: ControlPlane
    private let figures: FigureCache
    private let surroundings: FleetJSON.Surroundings
    private let state = Mutex(State())

    /// Between two messages, in milliseconds.
    private static let pause = 200
    /// The most jobs and nodes of one message; beyond, a client is better off loading lists.
    private static let items = 5_000
    /// The most events of one message: the newest.
    private static let events = 200
    /// Messages that wait for a slow client before it has to begin anew.
    private static let backlog = 32

    init(
        _ plane: ControlPlane, _ figures: FigureCache, _ surroundings: FleetJSON.Surroundings
    ) {
        self.plane = plane
        self.figures = figures
        self.surroundings = surroundings
        plane.feed.follow { [weak self] message in self?.take(message) }
    }

    private func take(_ message: FleetFeed.Message) {
        switch message {
        case .delta(let delta):
            state.withLock { state in
                guard !state.followers.isEmpty else { return }
                state.jobs.formUnion(delta.jobs)
                state.nodes.formUnion(delta.nodes)
                state.hasNewTenants = state.hasNewTenants || delta.hasNewTenants
                state.events += delta.events
                if state.events.count > 2 * LiveHub.events {
                    state.events.removeFirst(state.events.count - LiveHub.events)
                }
            }
        case .reset: state.withLock { $0.mustReset = true }
        case .end:
            let followers = state.withLock { state in
                state.isClosed = true
                return Array(state.followers.values)
            }
            for follower in followers { follower.finish() }
        }
    }

    /// Messages from now on; end them with ``leave(_:)``.
    func follow() -> (id: Int, messages: AsyncStream<ByteBuffer>) {
        let (stream, continuation) = AsyncStream.makeStream(
            of: ByteBuffer.self, bufferingPolicy: .bufferingOldest(LiveHub.backlog))
        let (id, mustRun) = state.withLock { state in
            state.nextFollower += 1
            state.followers[state.nextFollower] = continuation
            if state.isClosed { continuation.finish() }
            defer { state.isRunning = true }
            return (state.nextFollower, !state.isRunning)
        }
        if mustRun { Task { await run() } }
        return (id, stream)
    }

    /// Ends them.
    func leave(_ id: Int) {
        let follower = state.withLock { $0.followers.removeValue(forKey: id) }
        follower?.finish()
    }

    /// Sends messages while anybody follows.
    private func run() async {
        while true {
            try? await Task.sleep(for: .milliseconds(LiveHub.pause))
            let isOver = state.withLock { state in
                let isOver = state.followers.isEmpty || state.isClosed
                if isOver {
                    state.isRunning = false
                    state.jobs = []
                    state.nodes = []
                    state.events = []
                }
                return isOver
            }
            if isOver { return }
            flush()
        }
    }

    private struct Batch {
        var jobs: [JobID]
        var nodes: [NodeID]
        var events: [EventRow]
        var hasTenants: Bool
        var hasFleet: Bool
        var mustReset: Bool
    }

    private func flush() {
        let now = FleetClock.monotonic()
        let batch = state.withLock { state -> Batch? in
            let isQuiet =
                state.jobs.isEmpty && state.nodes.isEmpty && state.events.isEmpty
                && !state.mustReset && !state.hasNewTenants
            let isDue = now - state.fleetAt >= 1_000_000_000
            guard !isQuiet || isDue else { return nil }
            let batch = Batch(
                jobs: state.jobs.sorted(), nodes: state.nodes.sorted(),
                events: Array(state.events.suffix(LiveHub.events)),
                hasTenants: isDue || state.hasNewTenants, hasFleet: isDue,
                mustReset: state.mustReset
                    || state.jobs.count + state.nodes.count > LiveHub.items)
            if isDue { state.fleetAt = now }
            state.jobs = []
            state.nodes = []
            state.events = []
            state.hasNewTenants = false
            state.mustReset = false
            return batch
        }
        guard let batch else { return }
        let message = batch.mustReset ? LiveHub.resetMessage : self.message(batch)
        let followers = state.withLock { $0.followers }
        for (id, follower) in followers {
            if case .dropped = follower.yield(message) { leave(id) }
        }
    }

    /// Tells a client to load everything again.
    static let resetMessage = ByteBuffer(string: "event: reset\ndata: {}\n\n")

    private func message(_ batch: Batch) -> ByteBuffer {
        let view = plane.view
        let jobWriter = JobJSON(view)
        let nodeWriter = NodeJSON(view)
        var json = JSONBytes(capacity: 64 << 10)
        json.object { json in
            json.member("now", time: plane.clock.now())
            json.key("jobs")
            json.array(batch.jobs.lazy.compactMap { view.jobs[$0.index] }) {
                jobWriter.write($1, to: &$0)
            }
            json.key("nodes")
            json.array(batch.nodes.lazy.compactMap { view.nodes[$0.index] }) {
                nodeWriter.write($1, to: &$0)
            }
            json.key("fleet")
            let (figures, figuresView) = self.figures.current()
            if batch.hasFleet {
                FleetJSON(figuresView, figures, surroundings).write(to: &json)
            } else {
                json.null()
            }
            json.key("tenants")
            if batch.hasTenants {
                TenantJSON(figuresView, figures).writeAll(to: &json)
            } else {
                json.null()
            }
            json.key("events")
            json.array(batch.events) { EventJSON.write($1, to: &$0) }
        }
        var buffer = ByteBuffer()
        buffer.reserveCapacity(json.bytes.count + 64)
        buffer.writeString("id: \(view.lastEvent)\nevent: delta\ndata: ")
        buffer.writeBytes(json.bytes)
        buffer.writeString("\n\n")
        return buffer
    }
}
