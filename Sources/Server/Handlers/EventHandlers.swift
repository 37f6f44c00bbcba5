import API
import ControlPlane
import FleetModel
import HTTPTypes
import Hummingbird
import NIOCore
import Store

/// Events, as a list and as streams.
enum EventHandlers {
    static let routes = [
        Route(.get, "/v1/events", .viewer, events),
        Route(.get, "/v1/live", .viewer, live),
    ]

    /// What an event can be about.
    static let kinds = [
        "submitted", "started", "running", "requeued", "stopping", "ended", "held", "released",
        "waiting", "progress", "resized", "nodeJoined", "nodeLost", "nodeCordoned",
        "nodeDraining", "nodeReady", "deviceLost", "deviceBack", "tenantsChanged",
        "controlPlane", "health", "fault", "nodeRefused", "healthProposal", "breakerTripped",
        "breakerClosed", "culprit", "stack", "spares",
    ]

    private static func events(_ call: Call) async throws -> Response {
        try call.query.check(["after", "limit", "kind", "job"])
        let wanted = try call.query.tokens("kind") { kinds.contains($0) ? [$0] : nil } ?? []
        let job = try call.query.integer("job", 0...Int64(Int32.max))
            .map { JobID(rawValue: Int32($0)) }
        if call.accepts("text/event-stream") {
            return try stream(call, kinds: wanted, job: job)
        }
        _ = try lastSeen(call)
        let after = try position(call)
        let limit = Int(try call.query.integer("limit", 1...1000) ?? 100)
        let rows = try call.plane.store.read { reader in
            if let after {
                return try reader.events(after: after, kinds: wanted, job: job, limit: limit)
            }
            return try reader.lastEvents(kinds: wanted, job: job, limit: limit)
        }
        return .json(capacity: 256 * rows.count + 64) { json in
            json.object { json in
                json.key("events")
                json.array(rows) { EventJSON.write($1, to: &$0) }
                json.member("next", rows.last?.id ?? after ?? call.view.lastEvent)
            }
        }
    }

    private static func position(_ call: Call) throws -> Int64? {
        try call.query.integer("after", 0...Query.exactInteger)
    }

    /// What the client of a stream says that it has seen.
    private static func lastSeen(_ call: Call) throws -> Int64? {
        guard let text = call.request.headers[HTTPField.Name("Last-Event-ID")!] else { return nil }
        guard let number = Query.number(text, 0...Query.exactInteger) else {
            throw OperatingError(
                .malformedRequest, "the header Last-Event-ID is not the id of an event")
        }
        return number
    }

    private static func stream(_ call: Call, kinds: [String], job: JobID?) throws -> Response {
        let hub = call.server.events
        let after = try lastSeen(call) ?? position(call) ?? hub.last
        let stream = EventStream(
            hub: hub, store: call.plane.store, kinds: Set(kinds), job: job, position: after)
        return try call.stream("text/event-stream; charset=utf-8") { line, writer in
            try await stream.run(on: line, to: &writer)
        }
    }

    private static func live(_ call: Call) async throws -> Response {
        try call.query.check([])
        let hub = call.server.live
        return try call.stream("text/event-stream; charset=utf-8") { line, writer in
            let (id, messages) = hub.follow()
            defer { hub.leave(id) }
            line.onEnd { hub.leave(id) }
            try await writer.write(ByteBuffer(string: ": live\n\n"))
            for await message in messages { try await writer.write(message) }
            try await writer.write(LiveHub.resetMessage)
        }
    }
}
