import FleetModel
import HTTPTypes
import Hummingbird

/// One place of the API.
struct Route: Sendable {
    typealias Handler = @Sendable (Call) async throws -> Response

    let method: HTTPRequest.Method
    /// Parts of the path; nil takes any text, which becomes one of ``Call/names``.
    let path: [String?]
    /// What the caller must be at least.
    let least: Role
    /// Whether an attempt's own token opens it, in place of a role.
    let takesAttempts: Bool
    /// Whether it is the place of agents, to which their role leads and no other place.
    let takesAgents: Bool
    let handler: Handler

    init(
        _ method: HTTPRequest.Method, _ path: String, _ least: Role, takesAttempts: Bool = false,
        takesAgents: Bool = false, _ handler: @escaping Handler
    ) {
        self.takesAttempts = takesAttempts
        self.takesAgents = takesAgents
        self.method = method
        self.path = path.split(separator: "/").map { $0.hasPrefix("{") ? nil : String($0) }
        self.least = least
        self.handler = handler
    }

    /// Throws `M0602` or `M0603` for somebody who may not come here.
    func admit(_ identity: Identity) throws(OperatingError) {
        if takesAgents, identity.role == .agent { return }
        guard identity.attempt != nil else {
            return try identity.require(least, or: takesAgents ? .agent : nil)
        }
        guard !takesAttempts else { return }
        throw OperatingError(
            .notAllowed, "the token of an attempt may do nothing but report its progress")
    }

    /// The named parts when a path is this one's.
    func match(_ parts: [String]) -> [String]? {
        guard parts.count == path.count else { return nil }
        var names: [String] = []
        for (part, wanted) in zip(parts, path) {
            if let wanted {
                guard part == wanted else { return nil }
            } else {
                names.append(part)
            }
        }
        return names
    }
}

/// All places of the API.
enum Routes {
    static let all: [Route] =
        JobHandlers.routes + QuestionHandlers.routes + NodeHandlers.routes
        + TenantHandlers.routes + FleetHandlers.routes + EventHandlers.routes
        + LedgerHandlers.routes + AccessHandlers.routes + HealthHandlers.routes
        + AgentHandlers.routes + QualificationHandlers.routes + CulpritHandlers.routes
        + HealthValidationHandlers.routes
        + StackHandlers.routes

    /// What a path leads to.
    enum Found {
        case route(Route, names: [String])
        case wrongMethod(allowed: [HTTPRequest.Method])
        case nothing
    }

    static func find(_ method: HTTPRequest.Method, _ parts: [String]) -> Found {
        var allowed: [HTTPRequest.Method] = []
        for route in all {
            guard let names = route.match(parts) else { continue }
            if route.method == method || (method == .head && route.method == .get) {
                return .route(route, names: names)
            }
            allowed += route.method == .get ? [.get, .head] : [route.method]
        }
        return allowed.isEmpty ? .nothing : .wrongMethod(allowed: allowed)
    }
}
