import API
import ControlPlane
import Documents
import FleetModel
import HTTPTypes
import Hummingbird
import Store

/// Why, when, and what if.
enum QuestionHandlers {
    static let routes = [
        Route(.get, "/v1/jobs/{job}/why", .viewer, why),
        Route(.get, "/v1/jobs/{job}/eta", .viewer, eta),
        Route(.post, "/v1/whatif", .viewer, whatIf),
    ]

    private static func why(_ call: Call) async throws -> Response {
        try call.query.check([])
        let job = try JobHandlers.job(call)
        let last = try call.plane.store.read { try $0.attempts(of: job.row.id, limit: 8) }
            .last { $0.culprit != nil }
        guard job.row.state.isWaiting, let answer = try await call.plane.verdict(on: job.row.id)
        else {
            let view = call.view
            return .json {
                LiveAnswerJSON(view).writeNotWaiting(
                    view.jobs[job.row.id.index] ?? job, after: last, to: &$0)
            }
        }
        return .json(capacity: 8192) {
            LiveAnswerJSON(answer.view).write(answer, of: job, after: last, to: &$0)
        }
    }

    private static func eta(_ call: Call) async throws -> Response {
        try call.query.check([])
        let job = try JobHandlers.job(call)
        let plane = call.plane
        let id = job.row.id
        let estimate =
            job.row.state.isWaiting
            ? try await call.server.questions.pass { try await plane.estimate(of: id) } : nil
        return .json { json in
            json.object { json in
                json.member("job", id.rawValue)
                json.member("name", job.row.name)
                json.member("state", job.row.state.name)
                json.key("estimate")
                JobJSON.write(estimate, to: &json)
            }
        }
    }

    private static func whatIf(_ call: Call) async throws -> Response {
        try call.query.check([])
        let bytes = try await call.document(limit: call.server.settings.bodyBytes)
        let document = WhatIfDocument.parse(SourceText(bytes: bytes, file: "changes"))
        let plane = call.plane
        let result = try await call.server.questions.pass { try await plane.whatIf(document) }
        return .json { json in
            LiveAnswerJSON(result.view).write(
                result.answer, submitted: result.submitted, firstNew: result.firstNew, to: &json)
        }
    }
}
