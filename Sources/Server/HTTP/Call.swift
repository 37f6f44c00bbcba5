import ControlPlane
import FleetModel
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// One request as a handler sees it: who asks, what is named in the path, and the query.
struct Call: Sendable {
    let server: MusterServer
    let identity: Identity
    let address: String
    let channel: any Channel
    let request: Request
    /// The named parts of the path, decoded.
    let names: [String]
    let query: Query

    var plane: ControlPlane { server.plane }
    var view: FleetView { server.plane.view }
    var caller: Caller {
        Caller(name: identity.name, role: identity.role.rawValue, address: address)
    }

    /// The tenant of the parameter `tenant` with those below it; nil without one. Throws `M0601`
    /// for a name that no tenant ever had.
    func tenants(_ view: FleetView) throws -> [TenantID]? {
        guard let name = query.text("tenant") else { return nil }
        let found = view.directory.subtree(of: name)
        guard !found.isEmpty else {
            throw OperatingError(
                .malformedRequest, "there is no tenant '\(name.prefix(200))'",
                hint: "GET /v1/tenants lists them")
        }
        return found
    }

    /// The media type of the body, without parameters.
    var contentType: String {
        let value = request.headers[.contentType] ?? ""
        return value.split(separator: ";").first.map {
            $0.trimmingCharacters(in: .whitespaces).lowercased()
        } ?? ""
    }

    /// Whether the caller prefers a media type.
    func accepts(_ type: String) -> Bool {
        (request.headers[.accept] ?? "").lowercased().contains(type)
    }

    /// The body, at most `limit` bytes. Throws `M0607` for more.
    func body(limit: Int) async throws -> [UInt8] {
        func tooLarge() -> OperatingError {
            OperatingError(
                .requestTooLarge, "the body is larger than \(limit) bytes",
                hint: "send less; long text belongs into files")
        }
        try checkCoding()
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > limit {
            throw tooLarge()
        }
        var bytes: [UInt8] = []
        for try await var buffer in request.body {
            guard bytes.count + buffer.readableBytes <= limit else { throw tooLarge() }
            bytes += buffer.readBytes(length: buffer.readableBytes) ?? []
        }
        return bytes
    }

    /// Throws `M0608` for a body that is compressed, or in another character set than UTF-8.
    private func checkCoding() throws {
        let coding = request.headers[.contentEncoding]?.lowercased() ?? "identity"
        let parameters = (request.headers[.contentType] ?? "").lowercased().split(separator: ";")
        let charset = parameters.dropFirst().lazy
            .map { $0.trimmingCharacters(in: .whitespaces) }
            .first { $0.hasPrefix("charset=") }?
            .dropFirst("charset=".count).filter { $0 != "\"" }
        guard coding == "identity", ["utf-8", "utf8", "us-ascii", nil].contains(charset) else {
            throw OperatingError(
                .unsupportedMediaType, "the body is compressed or not in UTF-8",
                hint: "send it as it is, in UTF-8")
        }
    }

    /// The body as a document in JSON or YAML. Throws `M0608` for other media types.
    func document(limit: Int) async throws -> [UInt8] {
        let bytes = try await body(limit: limit)
        switch contentType {
        case "application/json":
            guard JSONSyntax.isDocument(bytes) else {
                throw OperatingError(
                    .malformedRequest, "the body is not JSON",
                    hint: "send YAML with Content-Type: application/yaml")
            }
        case "application/yaml": break
        default: throw Call.unsupported(contentType, ["application/json", "application/yaml"])
        }
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw OperatingError(.malformedRequest, "the body is not UTF-8")
        }
        return bytes
    }

    /// The fields of a small JSON body; an empty body has none.
    func fields(_ known: [String], limit: Int = 64 << 10) async throws -> Fields {
        let bytes = try await body(limit: limit)
        guard !bytes.isEmpty else { return try Fields([:], known: known) }
        guard contentType == "application/json" else {
            throw Call.unsupported(contentType, ["application/json"])
        }
        guard let object = try? JSONSerialization.jsonObject(with: Data(bytes)),
            let values = object as? [String: Any]
        else { throw OperatingError(.malformedRequest, "the body is not a JSON object") }
        return try Fields(values, known: known)
    }

    /// What says that a body's media type is none of those that are taken.
    static func unsupported(_ type: String, _ known: [String]) -> OperatingError {
        OperatingError(
            .unsupportedMediaType,
            type.isEmpty ? "the body has no media type" : "the media type '\(type)' is not taken",
            hint: "send Content-Type: " + known.joined(separator: " or "))
    }
}
