import API
import ControlPlane
import Documents
import FleetModel
import Foundation
import HTTPTypes
import Hummingbird

/// The quota tree: look at it, change it, see first what a change would do.
enum TenantHandlers {
    static let routes = [
        Route(.get, "/v1/tenants", .viewer, list),
        Route(.put, "/v1/tenants", .admin, replace),
        Route(.get, "/v1/tenants/{tenant}", .viewer, get),
        Route(.put, "/v1/tenants/{tenant}/quota", .admin, quota),
    ]

    private static func list(_ call: Call) async throws -> Response {
        try call.query.check([])
        let (figures, view) = call.server.figures.current()
        let writer = TenantJSON(view, figures)
        return .json { json in
            json.object { json in
                json.key("tenants")
                writer.writeAll(to: &json)
            }
        }
    }

    private static func get(_ call: Call) async throws -> Response {
        try call.query.check([])
        let name = call.names[0]
        let (figures, view) = call.server.figures.current()
        guard let id = view.directory.tenant(named: name),
            let spec = view.directory.tenants.tenants.first(where: { $0.id == id })
        else { throw OperatingError(.notFound, "there is no tenant '\(name.prefix(200))'") }
        return .json { TenantJSON(view, figures).write(spec, to: &$0) }
    }

    private static func replace(_ call: Call) async throws -> Response {
        try call.query.check(["preview"])
        let isPreview = try call.query.boolean("preview")
        let bytes = try await call.document(limit: call.server.settings.tenantBytes)
        let source = SourceText(bytes: bytes, file: "tenants")
        let objects = TenantsDocument.parseManifests(source)
        let document = objects ?? TenantsDocument.parse(source)
        guard document.diagnostics.isEmpty else {
            throw OperatingError(refused: "the quota tree", document.diagnostics)
        }
        return try await answer(
            objects == nil ? .document(document) : .objects(document), isPreview: isPreview, call)
    }

    private static func quota(_ call: Call) async throws -> Response {
        try call.query.check(["preview"])
        let isPreview = try call.query.boolean("preview")
        let bytes = try await call.body(limit: 64 << 10)
        guard call.contentType == "application/json" else {
            throw OperatingError(
                .unsupportedMediaType, "the media type '\(call.contentType)' is not taken",
                hint: "send Content-Type: application/json")
        }
        guard let object = try? JSONSerialization.jsonObject(with: Data(bytes)),
            let kinds = object as? [String: Any], !kinds.isEmpty
        else {
            throw OperatingError(
                .malformedRequest, "the body is not an object of accelerator kinds",
                hint: "send {\"H100\": {\"limit\": 64}}")
        }
        let changes = try kinds.keys.sorted().map { kind in
            guard let values = kinds[kind] as? [String: Any] else {
                throw OperatingError(
                    .malformedRequest, "the numbers of '\(kind.prefix(100))' are not an object")
            }
            return try change(kind, values)
        }
        return try await answer(
            .quota(tenant: call.names[0], changes), isPreview: isPreview, call)
    }

    private static func change(_ kind: String, _ values: [String: Any]) throws -> QuotaChange {
        let fields = try Fields(values, known: ["guaranteed", "limit", "lendable", "weight"])
        var change = QuotaChange(kind: kind)
        if let guaranteed = try fields.gpus("guaranteed") {
            guard let guaranteed else {
                throw OperatingError(.malformedRequest, "the field 'guaranteed' is null")
            }
            change.guaranteedMilli = guaranteed
        }
        change.limitMilli = try fields.gpus("limit")
        change.lendableMilli = try fields.gpus("lendable")
        change.weight = try fields.integer("weight", 1...FleetLimits.tenantWeight)
        return change
    }

    private static func answer(
        _ edit: TenantEdit, isPreview: Bool, _ call: Call
    ) async throws -> Response {
        let answer = try await call.plane.edit(edit, isPreview: isPreview, by: call.caller)
        return .json { json in
            json.object { json in
                json.member("applied", answer.isApplied)
                json.key("difference")
                LiveAnswerJSON(answer.view).write(answer.difference, to: &json)
                json.member("changes", answer.changes)
            }
        }
    }
}
