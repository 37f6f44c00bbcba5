import API
import ControlPlane
import Culprits
import FleetModel
import HTTPTypes
import Hummingbird
import Store

/// Who is to blame for a hang, and what stops cost.
enum CulpritHandlers {
    static let routes = [
        Route(.post, "/v1/jobs/{job}/evidence", .submitter, take),
        Route(.get, "/v1/recovery", .viewer, recovery),
    ]

    /// Bytes of one file.
    private static let mostBytes = 16 << 20

    private static func take(_ call: Call) async throws -> Response {
        try call.query.check(["name", "attempt"])
        let job = try JobHandlers.job(call)
        try call.identity.require(tenant: call.view.directory.tenant(job.row.tenant))
        let name = try call.query.name("name") ?? ""
        let attempt = try call.query.integer("attempt", 1...Int64(Int32.max))
            .map { Attempt(Int32($0)) }
        let bytes = try await call.body(limit: mostBytes)
        // Reading a file takes many times its size for a moment.
        let told = try await call.server.questions.pass { try read(bytes, name) }
        let row = try await call.plane.judge(job.row.id, attempt, with: told, by: call.caller)
        let view = call.view
        return .json(.accepted) { json in
            json.object { json in
                json.member("job", row.job.rawValue)
                json.member("attempt", row.attempt.rawValue)
                json.key("culprit")
                JobJSON(view).write(row.culprit, to: &json)
            }
        }
    }

    private static func recovery(_ call: Call) async throws -> Response {
        try call.query.check([])
        let plane = call.plane
        // Some weeks of attempts are read and added up.
        let figures = try await call.server.questions.pass {
            try RecoveryFigures(plane.view, plane.store)
        }
        return .json(capacity: 16_384) { RecoveryJSON(figures).write(to: &$0) }
    }

    private static func read(_ bytes: [UInt8], _ name: String) throws -> AttemptEvidence {
        var told = AttemptEvidence()
        guard !bytes.isEmpty else { return told }
        do throws(EvidenceFault) {
            try told.evidence.add(bytes, name: name)
        } catch {
            throw OperatingError(
                .malformedRequest, "the body is no evidence: \(error.message)",
                detail: "at byte \(error.byteOffset)", hint: error.hint)
        }
        return told
    }
}
