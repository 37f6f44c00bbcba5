import API
import ControlPlane
import FleetModel
import HTTPTypes
import Hummingbird
import NIOCore

/// The fleet as a whole, metrics, and the journal.
enum FleetHandlers {
    static let routes = [
        Route(.get, "/v1/fleet", .viewer, fleet),
        Route(.get, "/v1/differences", .viewer, differences),
        Route(.get, "/v1/whoami", .viewer, whoami),
        Route(.get, "/metrics", .viewer, metrics),
        Route(.get, "/v1/journal", .operator, journal),
    ]

    private static func fleet(_ call: Call) async throws -> Response {
        try call.query.check([])
        let (figures, view) = call.server.figures.current()
        let surroundings = MusterServer.surroundings(call.plane, call.server.settings)
        return .json { FleetJSON(view, figures, surroundings).write(to: &$0) }
    }

    private static func differences(_ call: Call) async throws -> Response {
        try call.query.check(["limit"])
        let limit = Int(try call.query.integer("limit", 1...1000) ?? 100)
        guard let differences = await call.plane.backend.differences() else {
            throw OperatingError(
                .notFound, "nobody else schedules this fleet, so that there are no differences",
                hint: "they are kept by muster up --backend kubernetes --dry-run")
        }
        let levels = call.view.directory.fleet.topology.levels.map(\.name)
        return .json(capacity: 64 << 10) { json in
            DifferencesJSON(differences, levels: levels, limit: limit).write(to: &json)
        }
    }

    private static func whoami(_ call: Call) async throws -> Response {
        try call.query.check([])
        return .json { json in
            json.object { json in
                json.member("name", call.identity.name)
                json.member("role", call.identity.role.rawValue)
                json.member("tenant", call.identity.tenant)
            }
        }
    }

    private static func metrics(_ call: Call) async throws -> Response {
        let (figures, view) = call.server.figures.current()
        var metrics = PrometheusText()
        MetricSet(view, figures).write(to: &metrics)
        AgentHandlers.write(call.server.agents, view, to: &metrics)
        return .bytes(metrics.bytes, type: "text/plain; version=0.0.4; charset=utf-8")
    }

    private static func journal(_ call: Call) async throws -> Response {
        try call.query.check([])
        let plane = call.plane
        await plane.audit(call.caller, "export", "journal", detail: "", outcome: "done")
        let bytes = try await call.server.questions.pass { try plane.exportJournal() }
        return .bytes(bytes, type: "application/octet-stream")
    }
}
