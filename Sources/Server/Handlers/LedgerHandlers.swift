import API
import ControlPlane
import FleetModel
import HTTPTypes
import Hummingbird
import Store

/// Who used what: the ledger, and use over time.
enum LedgerHandlers {
    static let routes = [
        Route(.get, "/v1/ledger", .viewer, ledger),
        Route(.get, "/v1/usage", .viewer, usage),
    ]

    private static func ledger(_ call: Call) async throws -> Response {
        try call.query.check(["from", "to", "tenant", "job", "groupBy", "limit", "cursor"])
        let now = call.plane.clock.now()
        let to = min(try call.query.time("to") ?? now, now)
        let from = try call.query.time("from") ?? Instant(nanoseconds: to.nanoseconds - day)
        let limit = Int(try call.query.integer("limit", 1...10_000) ?? 1000)
        let offset = Int(try Cursor.number(call.query, .ledger) ?? 0)
        guard let grouping = LedgerGrouping(rawValue: call.query.text("groupBy") ?? "tenant")
        else {
            throw OperatingError(
                .malformedRequest, "the parameter 'groupBy' has an unknown value",
                detail: LedgerGrouping.allCases.map(\.rawValue).joined(separator: ", "))
        }
        let view = call.view
        let tenants = try call.tenants(view)
        guard from < to else {
            throw OperatingError(
                .malformedRequest, "'from' is not before 'to'", detail: "and not after now")
        }
        var job: JobID?
        if let name = call.query.text("job") {
            job = try call.plane.job(called: name)
            guard job != nil else {
                throw OperatingError(.notFound, "there is no job '\(name.prefix(200))'")
            }
        }
        let rows = try call.plane.store.read {
            try $0.ledger(
                from: from, to: to, tenants: tenants, job: job, grouping: grouping,
                offset: offset, limit: limit + 1)
        }
        let page = Array(rows.prefix(limit))
        let names = try names(of: page, call)
        if call.accepts("text/csv") { return csv(page, names, view) }
        return .json { json in
            json.object { json in
                json.key("rows")
                json.array(page) { json, row in
                    json.object { json in
                        json.member("tenant", view.directory.tenant(row.tenant))
                        json.member("job", row.job?.rawValue)
                        json.member("name", row.job.flatMap { names[$0] })
                        json.member(
                            "kind", row.kind.map { view.directory.fleet.kinds[$0] } ?? "")
                        json.member("pool", view.directory.fleet.pools[row.pool])
                        json.member("from", time: row.from)
                        json.member("to", time: row.to)
                        json.member("gpuSeconds", milli: row.milliSeconds)
                        json.member("lostGpuSeconds", milli: row.lostMilliSeconds)
                    }
                }
                json.member(
                    "next",
                    rows.count > limit ? Cursor.text(Int64(offset + limit), .ledger) : nil)
            }
        }
    }

    private static let day: Int64 = 86_400_000_000_000

    private static func names(of rows: [LedgerRow], _ call: Call) throws -> [JobID: String] {
        var names: [JobID: String] = [:]
        for row in rows {
            guard let job = row.job, names[job] == nil else { continue }
            names[job] = try call.plane.job(job)?.row.name
        }
        return names
    }

    private static func csv(
        _ rows: [LedgerRow], _ names: [JobID: String], _ view: FleetView
    ) -> Response {
        var text = "tenant,job,name,kind,pool,from,to,gpu_hours,lost_gpu_hours\n"
        func hours(_ milliSeconds: Int64) -> String {
            let tenThousandths = milliSeconds / 360
            let digits = String(tenThousandths % 10_000)
            return "\(tenThousandths / 10_000)."
                + String(repeating: "0", count: 4 - digits.count) + digits
        }
        for row in rows {
            let fields = [
                view.directory.tenant(row.tenant), row.job.map { String($0.rawValue) } ?? "",
                row.job.flatMap { names[$0] } ?? "",
                row.kind.map { view.directory.fleet.kinds[$0] } ?? "",
                view.directory.fleet.pools[row.pool], row.from.utcText, row.to.utcText,
                hours(row.milliSeconds), hours(row.lostMilliSeconds),
            ]
            text += fields.map(quoted).joined(separator: ",") + "\n"
        }
        return .bytes(Array(text.utf8), type: "text/csv; charset=utf-8")
    }

    private static func quoted(_ field: String) -> String {
        guard field.contains(where: { ",\"\n\r".contains($0) }) else { return field }
        return "\"" + field.replacing("\"", with: "\"\"") + "\""
    }

    private static func usage(_ call: Call) async throws -> Response {
        try call.query.check(["from", "to", "stepSeconds", "tenant"])
        let now = call.plane.clock.now()
        let to = try call.query.time("to") ?? now + .seconds(1)
        let from = try call.query.time("from") ?? Instant(nanoseconds: to.nanoseconds - day)
        let span = (to - from).wholeSeconds
        let least = span > 2 * 86_400 ? Int64(3600) : 60
        let asked = try call.query.integer("stepSeconds", 60...86_400 * 366) ?? least
        guard from < to, span / max(asked, 1) <= 11_000 else {
            throw OperatingError(
                .malformedRequest, "the span has more than 11000 steps, or none",
                hint: "ask for larger steps or a shorter span")
        }
        let view = call.view
        let stored = TimeSpan.seconds(asked >= 3600 ? 3600 : 60)
        let rows = try call.plane.store.read {
            try $0.usage(step: stored, from: from, to: to)
        }
        let wanted = try call.tenants(view).map(Set.init)
        let series = UsageSeries(rows, step: .seconds(asked), tenants: wanted)
        return .json(capacity: 64 << 10) { json in
            json.object { series.write(view, to: &$0) }
        }
    }
}
