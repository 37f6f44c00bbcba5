import API
import ControlPlane
import Documents
import FleetModel
import HTTPTypes
import Health
import HealthControl
import HealthSignals
import Hummingbird
import Qualification
import Store

/// Hardware and its health: what is out and why, the ledger, and what people and agents say.
enum HealthHandlers {
    static let routes = [
        Route(.get, "/v1/health", .viewer, health),
        Route(.get, "/v1/health/thresholds", .viewer, thresholds),
        Route(.post, "/v1/health/thresholds/relearn", .operator, relearn),
        Route(.get, "/v1/hardware", .viewer, list),
        Route(.get, "/v1/hardware/{hardware}", .viewer, get),
        Route(.get, "/v1/hardware/{hardware}/history", .viewer, history),
        Route(.post, "/v1/health/signals", .operator, signals),
        Route(.post, "/v1/health/rules/trial", .operator, tryRules),
        Route(.post, "/v1/health/breakers/{breaker}/close", .operator, closeBreaker),
        Route(.post, "/v1/nodes/{node}/statements", .operator, state),
    ]

    /// Bytes of a report of log lines.
    private static let signalBytes = 4 << 20

    private static func health(_ call: Call) async throws -> Response {
        try call.query.check([])
        let view = call.view
        return .json(capacity: 16_384) { HealthJSON(view).write(to: &$0) }
    }

    private static func thresholds(_ call: Call) async throws -> Response {
        try call.query.check(["drop"])
        let view = call.view
        var drops: DropRules?
        if let text = call.query.text("drop") {
            drops = DropRules(text: text)
            guard drops != nil else {
                throw OperatingError(
                    .malformedRequest, "the parameter 'drop' is '\(text.prefix(200))'",
                    hint: "say \(DropRules.expected)")
            }
        }
        return .json(capacity: 16_384) { ThresholdsJSON(view, drops: drops).write(to: &$0) }
    }

    private static func relearn(_ call: Call) async throws -> Response {
        try call.query.check([])
        let fields = try await call.fields(
            ["model", "driver", "fabric", "figure", "forget", "reason"])
        guard let model = try fields.text("model") else {
            throw OperatingError(.malformedRequest, "the field 'model' is absent")
        }
        var kind = LearnedKind(
            model: model, driver: try fields.text("driver"), fabric: try fields.text("fabric"))
        if let name = try fields.text("figure") {
            kind.figure = FigureID(name: name)
            guard kind.figure != nil else {
                throw OperatingError(
                    .malformedRequest, "the field 'figure' is '\(name.prefix(200))'",
                    hint: "GET /v1/health/thresholds lists figures")
            }
        }
        let forget = try fields.text("forget") ?? "best"
        guard forget == "best" || forget == "values" else {
            throw OperatingError(
                .malformedRequest, "the field 'forget' is none of best, values")
        }
        try await call.plane.relearn(
            kind, forgetsValues: forget == "values", reason: try fields.text("reason") ?? "",
            by: call.caller)
        let view = call.view
        return .json(.accepted) { ThresholdsJSON(view).write(to: &$0) }
    }

    private static func list(_ call: Call) async throws -> Response {
        try call.query.check(["bad", "limit", "after"])
        let limit = Int(try call.query.integer("limit", 1...10_000) ?? 1000)
        let after = Int(try call.query.integer("after", 0...Int64(Int32.max)) ?? 0)
        let isBadOnly = try call.query.integer("bad", 0...1) == 1
        let hardware = HardwareJSON(call.view)
        let page = hardware.page(from: after, limit: limit, isBadOnly: isBadOnly)
        return .json(capacity: 400 * page.machines.count + 64) { json in
            json.object { json in
                json.key("machines")
                json.array(page.machines) { hardware.write($1, to: &$0) }
                json.member("next", page.next)
            }
        }
    }

    private static func get(_ call: Call) async throws -> Response {
        try call.query.check([])
        let hardware = HardwareJSON(call.view)
        guard let machine = hardware.machine(call.names[0]) else { throw unknown(call) }
        let seesLines = call.identity.role >= .operator
        var filter = HardwareFilter(.machine(machine.rawValue), limit: ticketLines)
        filter.isOfLines = true
        let told = seesLines ? try call.plane.store.read { try $0.hardwareHistory(filter) } : []
        return .json { hardware.writeAll(machine, withLines: seesLines, told: told, to: &$0) }
    }

    /// Lines that a ticket shows.
    private static let ticketLines = 8

    private static func unknown(_ call: Call) -> OperatingError {
        OperatingError(
            .notFound, "nothing is known of '\(call.names[0].prefix(200))'",
            hint: "name a serial number, a UUID, a node or a machine's number; "
                + "GET /v1/hardware lists them")
    }

    /// What a machine or device went through, beyond what the engine keeps.
    private static func history(_ call: Call) async throws -> Response {
        try call.query.check(["kind", "limit", "cursor"])
        let limit = Int(try call.query.integer("limit", 1...1000) ?? 100)
        guard var filter = HardwareJSON(call.view).rows(of: call.names[0], limit: limit + 1) else {
            throw unknown(call)
        }
        filter.before = try Cursor.number(call.query, .hardware)
        if let text = call.query.text("kind") {
            filter.kind = HardwareRow.Kind(rawValue: text)
            guard filter.kind != nil else {
                throw OperatingError(
                    .malformedRequest, "the parameter 'kind' has an unknown value",
                    detail: HardwareRow.Kind.allCases.map(\.rawValue).joined(separator: ", "))
            }
        }
        let asked = filter
        let rows = try call.plane.store.read { try $0.hardwareHistory(asked) }
        let page = rows.prefix(limit)
        let seesLines = call.identity.role >= .operator
        return .json(capacity: 300 * page.count + 64) { json in
            json.object { json in
                json.key("history")
                json.array(page) { HardwareJSON.write($1, withLine: seesLines, to: &$0) }
                json.member(
                    "next",
                    rows.count > limit ? page.last.map { Cursor.text($0.id, .hardware) } : nil)
            }
        }
    }

    private static func signals(_ call: Call) async throws -> Response {
        try call.query.check([])
        let fields = try await call.fields(
            ["node", "kernelLog", "frameworkLog"], limit: signalBytes)
        guard let node = try fields.text("node"), !node.isEmpty else {
            throw OperatingError(.malformedRequest, "the field 'node' is absent")
        }
        let signals = NodeSignals(
            kernel: try fields.texts("kernelLog", most: NodeSignals.mostLines),
            framework: try fields.texts("frameworkLog", most: NodeSignals.mostLines))
        guard !signals.kernel.isEmpty || !signals.framework.isEmpty else {
            throw OperatingError(
                .malformedRequest, "there are no lines",
                hint: "send 'kernelLog' or 'frameworkLog', each a list of lines")
        }
        let taken = try await call.plane.take(signals, ofNode: node, by: call.caller)
        let lines = signals.kernel.count + signals.framework.count
        return .json(.accepted) { json in
            json.object { json in
                json.member("lines", lines)
                json.member("kept", taken.kept)
                json.member("past", taken.past)
            }
        }
    }

    /// What other rules would have decided. Nothing changes by it.
    private static func tryRules(_ call: Call) async throws -> Response {
        try call.query.check([])
        let bytes = try await call.document(limit: call.server.settings.tenantBytes)
        let rules: FaultRules
        do throws(DiagnosticList) {
            rules = try FaultRuleDocument.read(SourceText(bytes: bytes, file: "rules")).get()
        } catch {
            throw OperatingError(refused: "the fault rules", error.diagnostics)
        }
        let view = call.view
        let trial = try call.plane.tryRules(rules)
        return .json(capacity: 16_384) {
            RuleTrialJSON(trial, version: rules.version, view).write(to: &$0)
        }
    }

    private static func closeBreaker(_ call: Call) async throws -> Response {
        try call.query.check([])
        try await call.plane.closeBreaker(call.names[0], by: call.caller)
        let view = call.view
        return .json(.accepted) { HealthJSON(view).write(to: &$0) }
    }

    private static func state(_ call: Call) async throws -> Response {
        try call.query.check([])
        let fields = try await call.fields(["statement", "reason"])
        let words = HardwareStatement.allCases.map(\.rawValue).joined(separator: ", ")
        guard let text = try fields.text("statement"),
            let statement = HardwareStatement(rawValue: text)
        else {
            throw OperatingError(
                .malformedRequest, "the field 'statement' is none of \(words)")
        }
        let reason = try fields.text("reason") ?? ""
        let node = try await call.plane.state(
            statement, reason: reason, ofNode: call.names[0], by: call.caller)
        let view = call.view
        guard let health = view.health.desk.engine[node] else {
            throw OperatingError(.notFound, "the node '\(call.names[0])' is not here")
        }
        return .json(.accepted) { HealthJSON(view).write(health, to: &$0) }
    }
}
