import API
import ControlPlane
import FleetModel
import HTTPTypes
import Health
import Hummingbird
import NodeChecks
import Qualification
import Stacks

/// Stacks of versions: who has which, and pools on their way to others.
enum StackHandlers {
    static let routes = [
        Route(.get, "/v1/stacks", .viewer, stacks),
        Route(.post, "/v1/stacks/rollouts", .operator, roll),
        Route(.post, "/v1/stacks/rollouts/{pool}/{command}", .operator, command),
    ]

    /// The longest spans of a plan: a year.
    private static let mostSeconds: Int64 = 366 * 86_400

    private static func stacks(_ call: Call) async throws -> Response {
        try call.query.check([])
        let (view, now) = (call.view, call.plane.clock.now())
        return .json(capacity: 16_384) { StacksJSON(view, at: now).write(to: &$0) }
    }

    private static func roll(_ call: Call) async throws -> Response {
        try call.query.check([])
        let fields = try await call.fields([
            "pool", "stack", "waves", "soakSeconds", "mostOut", "failures", "level", "graceSeconds",
        ])
        guard let pool = try fields.text("pool"), let stack = try fields.text("stack") else {
            throw OperatingError(
                .malformedRequest, "the fields 'pool' and 'stack' say what is to be done")
        }
        let request = RolloutRequest(
            pool: pool, stack: stack, plan: try plan(fields), by: call.caller.name)
        _ = try await call.plane.roll(request, by: call.caller)
        let view = call.view
        return .json(.accepted) { StacksJSON(view).writeRollout(in: pool, to: &$0) }
    }

    private static func plan(_ fields: Fields) throws -> RolloutPlan {
        var plan = RolloutPlan()
        if fields.has("waves") {
            plan.waves = try fields.texts("waves", most: RolloutPlan.mostWaves).map { text in
                guard let size = WaveSize(text) else {
                    throw OperatingError(
                        .malformedRequest, "the wave '\(text.prefix(20))' is no size",
                        hint: "write a number of nodes, such as \"3\", or a share, such as \"25%\"")
                }
                return size
            }
        }
        if let seconds = try fields.integer("soakSeconds", 0...mostSeconds) {
            plan.soak = .seconds(seconds)
        }
        if let seconds = try fields.integer("graceSeconds", 0...mostSeconds) {
            plan.grace = .seconds(seconds)
        }
        if let most = try fields.integer("mostOut", 1...Int64(FleetLimits.nodes)) {
            plan.mostOut = Int32(most)
        }
        if let failures = try fields.integer("failures", 0...Int64(FleetLimits.nodes)) {
            plan.failures = Int32(failures)
        }
        if let text = try fields.text("level") {
            guard let level = QualificationLevel.allCases.first(where: { $0.name == text }) else {
                throw OperatingError(
                    .malformedRequest,
                    "the field 'level' is none of "
                        + QualificationLevel.allCases.map(\.name).joined(separator: ", "))
            }
            plan.level = level
        }
        return plan
    }

    private static func command(_ call: Call) async throws -> Response {
        try call.query.check([])
        let (pool, name) = (call.names[0], call.names[1])
        guard let command = RolloutCommand(rawValue: name) else {
            throw OperatingError(
                .notFound, "nothing is done to a rollout by '\(name.prefix(100))'",
                hint: RolloutCommand.allCases.map(\.rawValue).joined(separator: ", "))
        }
        try await call.plane.command(command, rolloutIn: pool, by: call.caller)
        let view = call.view
        return .json(.accepted) { StacksJSON(view).writeRollout(in: pool, to: &$0) }
    }
}
