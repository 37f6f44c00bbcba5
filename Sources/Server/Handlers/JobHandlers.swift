import API
import ControlPlane
import Documents
import FleetModel
import Foundation
import HTTPTypes
import Hummingbird
import Store

/// Jobs: submit, list, look at, handle.
enum JobHandlers {
    static let routes = [
        Route(.post, "/v1/jobs", .submitter, submit),
        Route(.get, "/v1/jobs", .viewer, list),
        Route(.get, "/v1/jobs/{job}", .viewer, get),
        Route(.post, "/v1/jobs/{job}/cancel", .submitter) { try await act(.cancel, $0) },
        Route(.post, "/v1/jobs/{job}/hold", .submitter) { try await act(.hold, $0) },
        Route(.post, "/v1/jobs/{job}/release", .submitter) { try await act(.release, $0) },
        Route(.post, "/v1/jobs/{job}/progress", .submitter, takesAttempts: true, progress),
        Route(.post, "/v1/jobs/{job}/steps", .submitter, takesAttempts: true, step),
        Route(.get, "/v1/jobs/{job}/logs", .submitter, LogStream.answer),
    ]

    /// The job that a path names. Throws `M0604` when there is none.
    static func job(_ call: Call) throws -> JobView {
        let name = call.names[0]
        guard let id = try call.plane.job(called: name), let job = try call.plane.job(id) else {
            throw OperatingError(
                .notFound, "there is no job '\(name.prefix(200))'",
                hint: "GET /v1/jobs lists them; those that ended long ago are forgotten")
        }
        return job
    }

    // MARK: Submit

    private static func submit(_ call: Call) async throws -> Response {
        try call.query.check(["dryRun"])
        let isDryRun = try call.query.boolean("dryRun")
        let key = call.request.headers[HTTPField.Name("Idempotency-Key")!]
        if let key, key.isEmpty || key.utf8.count > 200 {
            throw OperatingError(
                .malformedRequest, "the header Idempotency-Key is not 1 to 200 bytes long")
        }
        let bytes = try await call.document(limit: call.server.settings.bodyBytes)
        let document = try document(bytes, call.identity)
        let tenant = document.tenant?.value ?? JobsDocument.defaultTenant
        if call.identity.role == .submitter { try call.identity.require(tenant: tenant) }
        let answer = try await call.plane.submit(
            Submission(
                document: document, text: String(decoding: bytes, as: UTF8.self),
                caller: call.caller, key: isDryRun ? nil : key,
                digest: key == nil ? "" : Tokens.digest(String(decoding: bytes, as: UTF8.self)),
                isDryRun: isDryRun))
        var response = Response.json(answer.isNew ? .created : .ok) {
            JobJSON(answer.view).write(answer.job, to: &$0)
        }
        if !isDryRun { response.headers[.location] = "/v1/jobs/\(answer.job.row.id)" }
        return response
    }

    private static func document(_ bytes: [UInt8], _ identity: Identity) throws -> JobDocument {
        let parsed = JobsDocument.parse(SourceText(bytes: bytes, file: "job"))
        guard parsed.diagnostics.isEmpty else {
            throw OperatingError(refused: "the job", parsed.diagnostics)
        }
        guard parsed.jobs.count == 1, var job = parsed.jobs.first,
            job.simulation.repetition == nil
        else {
            throw OperatingError(
                .malformedRequest, "the body holds \(parsed.jobs.count) jobs or a repeated one",
                hint: "send one job with each request; muster submit does that for a list of jobs")
        }
        if job.name.value.allSatisfy(\.isNumber) {
            throw OperatingError(
                refused: "the job",
                [
                    Diagnostic(
                        .invalidValue, file: "job", line: job.name.line,
                        message: "the name '\(job.name.value)' is a number",
                        expected: "a name with a letter", hint: "numbers stand for job ids")
                ])
        }
        if job.tenant == nil, identity.role == .submitter, let tenant = identity.tenant {
            job.tenant = Located(tenant, line: job.line)
        }
        return job
    }

    // MARK: Look

    private static func list(_ call: Call) async throws -> Response {
        try call.query.check(["state", "tenant", "name", "owner", "limit", "cursor"])
        var filter = JobFilter()
        filter.states = try call.query.tokens("state", states) ?? []
        filter.limit = Int(try call.query.integer("limit", 1...1000) ?? 100)
        filter.before = try Cursor.number(call.query, .jobs)
            .map { JobID(rawValue: Int32(clamping: $0)) }
        filter.name = try call.query.name("name")
        filter.owner = try call.query.name("owner")
        let view = call.view
        filter.tenants = try call.tenants(view)
        let (jobs, hasMore) = try JobList(view, call.plane.store).page(filter)
        let writer = JobJSON(view)
        return .json(capacity: 512 * jobs.count + 64) { json in
            json.object { json in
                json.key("jobs")
                json.array(jobs) { writer.write($1, to: &$0) }
                json.member(
                    "next",
                    hasMore
                        ? jobs.last.map { Cursor.text(Int64($0.row.id.rawValue), .jobs) } : nil)
            }
        }
    }

    private static func states(_ token: String) -> [JobState]? {
        switch token {
        case "waiting": JobState.allCases.filter(\.isWaiting)
        case "active": JobState.allCases.filter { !$0.isOver }
        case "over": JobState.allCases.filter(\.isOver)
        default: JobState(name: token).map { [$0] }
        }
    }

    private static func get(_ call: Call) async throws -> Response {
        try call.query.check([])
        let job = try job(call)
        let view = call.view
        let tenant = view.directory.tenant(job.row.tenant)
        let now = call.plane.clock.now()
        let (text, attempts, gpu) = try call.plane.store.read { reader in
            (
                try reader.document(of: job.row.id),
                try reader.attempts(of: job.row.id, limit: 200),
                try reader.gpuMilliSeconds(of: job.row.id, at: now)
            )
        }
        let document = text.flatMap {
            JobsDocument.parse(SourceText($0, file: "job")).jobs.first
        }
        let dependencies = try await call.plane.dependencies(
            of: job.row.id, document?.dependencies ?? [])
        let detail = JobJSON.Detail(
            document: document, text: call.identity.owns(tenant: tenant) ? text : nil,
            attempts: attempts,
            dependencies: dependencies.map { ($0.job, $0.mustSucceed) }, gpuMilliSeconds: gpu)
        return .json { JobJSON(view).write(job, detail, to: &$0) }
    }

    // MARK: Handle

    private static func act(_ action: JobAction, _ call: Call) async throws -> Response {
        try call.query.check([])
        let job = try job(call)
        try call.identity.require(tenant: call.view.directory.tenant(job.row.tenant))
        let reason = try await call.fields(["reason"]).text("reason") ?? ""
        let after = try await call.plane.act(
            action, on: job.row.id, reason: reason, by: call.caller)
        let view = call.view
        return .json(.accepted) { JobJSON(view).write(after, to: &$0) }
    }

    private static func progress(_ call: Call) async throws -> Response {
        try call.query.check([])
        let job = try job(call)
        let fields = try await call.fields([
            "attempt", "step", "checkpointedStep", "checkpointMilliseconds",
        ])
        let steps = 0...Int64(1 << 53)
        guard let step = try fields.integer("step", steps) else {
            throw OperatingError(.malformedRequest, "the field 'step' is absent")
        }
        let attempt = try present(job, fields, call)
        try await call.plane.progress(
            of: job.row.id, attempt,
            JobProgress(
                step: step, checkpointedStep: try fields.integer("checkpointedStep", steps),
                checkpointMilliseconds: try fields.integer(
                    "checkpointMilliseconds", 0...86_400_000)))
        return .empty(.noContent)
    }

    /// How long a step of one member took.
    private static func step(_ call: Call) async throws -> Response {
        try call.query.check([])
        let job = try job(call)
        let fields = try await call.fields(["attempt", "rank", "microseconds"])
        guard let rank = try fields.integer("rank", 0...Int64(Int32.max)),
            let microseconds = try fields.integer("microseconds", 0...86_400_000_000)
        else {
            throw OperatingError(.malformedRequest, "the fields rank and microseconds are wanted")
        }
        let attempt = try present(job, fields, call)
        try await call.plane.step(
            of: job.row.id, attempt, rank: Int32(rank), microseconds: microseconds)
        return .empty(.noContent)
    }

    /// The attempt that a report is about: the present one, or the report is refused.
    private static func present(
        _ job: JobView, _ fields: Fields, _ call: Call
    ) throws -> Attempt {
        let own = try call.identity.require(
            progressOf: job, tenant: call.view.directory.tenant(job.row.tenant))
        let said = try fields.integer("attempt", 1...Int64(Int32.max)).map { Attempt(Int32($0)) }
        let attempt = own ?? said ?? job.row.attempt
        guard attempt == job.row.attempt, said == nil || said == attempt, !job.row.state.isOver
        else {
            throw OperatingError(
                .jobIsOver, "attempt \((said ?? attempt).rawValue) of job \(job.row.id) is over",
                hint: "a report is for the present attempt, which is \(job.row.attempt.rawValue)")
        }
        return attempt
    }
}

/// Pages of jobs: from memory what is there, from the database what ended before.
struct JobList {
    private let view: FleetView
    private let store: Store

    init(_ view: FleetView, _ store: Store) {
        self.view = view
        self.store = store
    }

    /// The newest jobs that a filter lets through, and whether there are more.
    func page(_ filter: JobFilter) throws -> (jobs: [JobView], hasMore: Bool) {
        let states = Set(filter.states)
        let tenants = filter.tenants.map(Set.init)
        // Every open job is in memory, so only lists with ended ones need the database.
        if !states.isEmpty, states.allSatisfy({ !$0.isOver }) {
            var found: [JobView] = []
            view.jobs.forEachReversed(below: filter.before?.index ?? .max) { job in
                if matches(job.row, filter, states, tenants) { found.append(job) }
                return found.count <= filter.limit
            }
            return (Array(found.prefix(filter.limit)), found.count > filter.limit)
        }
        var wider = filter
        wider.limit += 1
        let rows = try store.read { try $0.jobs(wider) }
        let jobs = rows.prefix(filter.limit).map { row in
            view.jobs[row.id.index] ?? JobView(row: row)
        }
        return (Array(jobs), rows.count > filter.limit)
    }

    private func matches(
        _ row: JobRow, _ filter: JobFilter, _ states: Set<JobState>, _ tenants: Set<TenantID>?
    ) -> Bool {
        states.contains(row.state) && tenants?.contains(row.tenant) ?? true
            && filter.owner.map { $0 == row.owner } ?? true
            && filter.name.map { row.name.contains($0) } ?? true
    }
}
