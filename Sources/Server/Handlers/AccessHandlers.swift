import API
import AgentWire
import ControlPlane
import FleetModel
import HTTPTypes
import Hummingbird
import Store

/// Tokens and the audit log.
enum AccessHandlers {
    static let routes = [
        Route(.get, "/v1/tokens", .admin, list),
        Route(.post, "/v1/tokens", .admin, add),
        Route(.delete, "/v1/tokens/{id}", .admin, remove),
        Route(.get, "/v1/audit", .admin, audit),
    ]

    /// What the audit log calls those who have no token, and those whose token is not known.
    private static let reserved = ["anonymous", "unknown"]

    private static func write(_ row: TokenRow, _ text: String?, _ json: inout JSONBytes) {
        json.object { json in
            json.member("id", row.id)
            json.member("name", row.name)
            json.member("role", row.role)
            json.member("tenant", row.tenant)
            json.member("node", row.node)
            json.member("createdAt", time: row.createdAt)
            json.member("expiresAt", time: row.expiresAt)
            json.member("lastUsedAt", time: row.lastUsedAt)
            if let text { json.member("token", text) }
        }
    }

    private static func list(_ call: Call) async throws -> Response {
        try call.query.check([])
        let rows = try call.plane.store.read { try $0.tokens() }
        return .json { json in
            json.object { json in
                json.key("tokens")
                json.array(rows) { write($1, nil, &$0) }
            }
        }
    }

    private static func add(_ call: Call) async throws -> Response {
        try call.query.check([])
        let fields = try await call.fields(["name", "role", "tenant", "node", "expiresInSeconds"])
        guard let name = try fields.text("name", limit: 100), !name.isEmpty else {
            throw OperatingError(.malformedRequest, "the field 'name' is absent or empty")
        }
        guard !reserved.contains(name) else {
            throw OperatingError(
                .malformedRequest, "the name '\(name)' stands for those without a token")
        }
        guard let roleName = try fields.text("role"), let role = Role(rawValue: roleName) else {
            throw OperatingError(
                .malformedRequest, "the field 'role' is not a role",
                detail: Role.allCases.map(\.rawValue).joined(separator: ", "))
        }
        let tenant = try fields.text("tenant")
        guard (tenant != nil) == (role == .submitter) else {
            throw OperatingError(
                .malformedRequest,
                role == .submitter
                    ? "a submitter needs the field 'tenant'" : "only a submitter has a tenant")
        }
        let node = try fields.text("node", limit: AgentLimits.nodeBytes)
        guard node == nil || role == .agent, node != "" else {
            throw OperatingError(
                .malformedRequest,
                node == "" ? "the field 'node' is empty" : "only an agent has the field 'node'")
        }
        if let tenant, call.view.directory.tenant(named: tenant) == nil {
            throw OperatingError(
                .malformedRequest, "there is no tenant '\(tenant.prefix(200))'")
        }
        let seconds = try fields.integer("expiresInSeconds", 1...315_360_000)
        // A fleet's clock may run faster than that of the people whom tokens are for.
        let now = FleetClock.wall()
        let (text, digest) = Tokens.make()
        var row = TokenRow(
            name: name, digest: digest, role: role.rawValue, tenant: tenant, node: node,
            createdAt: now, expiresAt: seconds.map { now + .seconds($0) })
        row.id = try await call.plane.addToken(row, by: call.caller)
        try call.server.tokens.reload()
        let kept = row
        return .json(.created) { write(kept, text, &$0) }
    }

    private static func remove(_ call: Call) async throws -> Response {
        try call.query.check([])
        guard let id = Int64(call.names[0]) else {
            throw OperatingError(.notFound, "there is no token '\(call.names[0].prefix(100))'")
        }
        try await call.plane.removeToken(
            id, by: call.caller, mustKeepOne: { $0 == Role.admin.rawValue })
        try call.server.tokens.reload()
        return .empty(.noContent)
    }

    private static func audit(_ call: Call) async throws -> Response {
        try call.query.check(["limit", "cursor"])
        let limit = Int(try call.query.integer("limit", 1...1000) ?? 100)
        let cursor = try Cursor.number(call.query, .audit)
        let rows = try call.plane.store.read { try $0.audit(before: cursor, limit: limit) }
        return .json { json in
            json.object { json in
                json.key("entries")
                json.array(rows) { json, row in
                    json.object { json in
                        json.member("id", row.id)
                        json.member("at", time: row.at)
                        json.member("who", row.who)
                        json.member("role", row.role)
                        json.member("action", row.action)
                        json.member("object", row.object)
                        json.member("detail", row.detail)
                        json.member("outcome", row.outcome)
                        json.member("address", row.address)
                    }
                }
                json.member(
                    "next",
                    rows.count == limit ? rows.last.map { Cursor.text($0.id, .audit) } : nil)
            }
        }
    }
}
