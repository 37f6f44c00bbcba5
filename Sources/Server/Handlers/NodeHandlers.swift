import API
import ControlPlane
import FleetModel
import HTTPTypes
import Hummingbird
import Scheduler
import Store

/// Nodes: list, look at, close and open.
enum NodeHandlers {
    static let routes = [
        Route(.get, "/v1/nodes", .viewer, list),
        Route(.get, "/v1/nodes/{node}", .viewer, get),
        Route(.post, "/v1/nodes/{node}/cordon", .operator, cordon),
        Route(.post, "/v1/nodes/{node}/drain", .operator, drain),
        Route(.post, "/v1/nodes/{node}/uncordon", .operator, uncordon),
        Route(.get, "/v1/reservations", .viewer, reservations),
    ]

    private static func list(_ call: Call) async throws -> Response {
        try call.query.check(["pool", "state", "name", "limit", "cursor"])
        let states = try call.query.tokens("state") { NodeState(rawValue: $0).map { [$0] } }
        let limit = try call.query.integer("limit", 1...Int64(FleetLimits.nodes))
        let cursor = try Cursor.number(call.query, .nodes) ?? -1
        let view = call.view
        var pool: PoolID?
        if let name = call.query.text("pool") {
            pool = view.directory.fleet.pools.id(of: name)
            guard pool != nil else {
                throw OperatingError(
                    .malformedRequest, "there is no pool '\(name.prefix(200))'")
            }
        }
        let name = try call.query.name("name")
        let most = limit.map { Int($0) } ?? FleetLimits.nodes
        var found: [NodeView] = []
        view.nodes.forEach { node in
            let id = node.row.spec.id
            guard Int64(id.rawValue) > cursor, pool.map({ $0 == node.row.spec.pool }) ?? true,
                states?.contains(node.state) ?? true,
                name.map({ view.directory.node(id).contains($0) }) ?? true
            else { return true }
            found.append(node)
            return found.count <= most
        }
        let page = found.prefix(most)
        let writer = NodeJSON(view)
        return .json(capacity: 300 * page.count + 256) { json in
            json.object { json in
                json.member("levels", view.directory.fleet.topology.levels.map(\.name))
                json.key("nodes")
                json.array(page) { writer.write($1, to: &$0) }
                json.member(
                    "next",
                    found.count > most
                        ? page.last.map { Cursor.text(Int64($0.row.spec.id.rawValue), .nodes) }
                        : nil)
            }
        }
    }

    private static func node(_ call: Call) throws -> NodeView {
        let view = call.view
        let name = call.names[0]
        guard let id = view.directory.fleet.nodeNames.id(of: name), let node = view.nodes[id.index]
        else {
            throw OperatingError(
                .notFound, "there is no node '\(name.prefix(200))'",
                hint: "GET /v1/nodes lists them")
        }
        return node
    }

    private static func get(_ call: Call) async throws -> Response {
        try call.query.check([])
        let node = try node(call)
        let name = call.view.directory.node(node.row.spec.id)
        let events = try call.plane.store.read { try $0.lastEvents(node: name, limit: 100) }
        let view = call.view
        return .json { NodeJSON(view).write(node, events: events, to: &$0) }
    }

    private static func answer(_ action: NodeAction, _ call: Call) async throws -> Response {
        let id = try await call.plane.act(action, onNode: call.names[0], by: call.caller)
        let view = call.view
        guard let node = view.nodes[id.index] else {
            throw OperatingError(.notFound, "there is no node '\(call.names[0])'")
        }
        return .json(.accepted) { NodeJSON(view).write(node, to: &$0) }
    }

    private static func reason(_ fields: Fields) throws -> String {
        guard let reason = try fields.text("reason"), !reason.isEmpty else {
            throw OperatingError(
                .malformedRequest, "the field 'reason' is absent",
                hint: "say why, for those who find the node like this")
        }
        return reason
    }

    private static func cordon(_ call: Call) async throws -> Response {
        try call.query.check([])
        _ = try node(call)
        return try await answer(
            .cordon(reason: try reason(try await call.fields(["reason"]))), call)
    }

    private static func drain(_ call: Call) async throws -> Response {
        try call.query.check([])
        _ = try node(call)
        let fields = try await call.fields(["reason", "deadlineSeconds"])
        let seconds = try fields.integer("deadlineSeconds", 0...3_153_600_000)
        return try await answer(
            .drain(reason: try reason(fields), within: seconds.map { .seconds($0) }), call)
    }

    private static func uncordon(_ call: Call) async throws -> Response {
        try call.query.check([])
        _ = try node(call)
        let reason = try await call.fields(["reason"]).text("reason") ?? ""
        return try await answer(.uncordon(reason: reason), call)
    }

    private static func reservations(_ call: Call) async throws -> Response {
        try call.query.check([])
        let view = call.view
        return .json { json in
            json.object { json in
                json.key("reservations")
                json.array(view.reservations) { json, place in
                    let row = view.jobs[place.job.index]?.row
                    json.object { json in
                        json.member("job", place.job.rawValue)
                        json.member("name", row?.name ?? "")
                        json.member("tenant", row.map { view.directory.tenant($0.tenant) } ?? "")
                        json.member("due", time: place.outlook.due)
                        json.member("missingMembers", place.outlook.missingMembers)
                        json.member("nodes", place.outlook.nodes.map { view.directory.node($0) })
                    }
                }
            }
        }
    }
}
