import API
import ControlPlane
import FleetModel
import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// What is known of a request's connection.
struct CallContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let address: String

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        address = source.channel.remoteAddress?.ipAddress ?? ""
    }
}

/// Answers requests: checks who asks and whether they may, then hands over to a route's handler.
struct Responder: HTTPResponder {
    typealias Context = CallContext

    let server: MusterServer

    func respond(to request: Request, context: CallContext) async throws -> Response {
        var response: Response
        do {
            response = try await answer(request, context)
        } catch let error as OperatingError {
            response = .error(error)
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            server.logger.error("a request failed: \(error)")
            response = .error(
                OperatingError(.notReady, "the request failed", detail: String(describing: error)))
        }
        guard request.method == .head else { return response }
        response.headers[.contentLength] = response.body.contentLength.map(String.init)
        response.body = ResponseBody()
        return response
    }

    private func answer(_ request: Request, _ context: CallContext) async throws -> Response {
        try server.gate.checkHost(request)
        let path = request.uri.path
        var parts: [String] = []
        for part in path.split(separator: "/", omittingEmptySubsequences: true) {
            guard let text = PercentCoding.decode(part) else {
                throw OperatingError(.malformedRequest, "the path does not decode")
            }
            parts.append(text)
        }
        if let response = try await open(request, parts) { return response }
        let identity = try server.gate.identity(of: request)
        try server.gate.checkRate(identity, context.address)
        switch Routes.find(request.method, parts) {
        case .route(let route, let names):
            do {
                try identity.require(route.least)
                let call = Call(
                    server: server, identity: identity, address: context.address,
                    request: request, names: names, query: try Query(request.uri.query ?? ""))
                return try await route.handler(call)
            } catch let error as OperatingError where error.code == .notAllowed {
                await noteRefusal(request, identity, context.address)
                throw error
            }
        case .wrongMethod(let allowed):
            var response = Response.error(
                OperatingError(
                    .methodNotAllowed, "\(request.method.rawValue) is not possible here",
                    hint: "possible: " + allowed.map(\.rawValue).joined(separator: ", ")))
            response.headers[.allow] = allowed.map(\.rawValue).joined(separator: ", ")
            return response
        case .nothing:
            throw OperatingError(
                .notFound, "there is nothing at '\(path.prefix(200))'",
                hint: "GET /v1/openapi.json lists all places")
        }
    }

    /// Who asks for what a role does not allow is in the audit log; looking alone is not.
    private func noteRefusal(
        _ request: Request, _ identity: Identity, _ address: String
    ) async {
        guard request.method != .get, request.method != .head else { return }
        await server.plane.audit(
            Caller(name: identity.name, role: identity.role.rawValue, address: address),
            request.method.rawValue, String(request.uri.path.prefix(500)), detail: "",
            outcome: "refused")
    }

    /// What anybody may ask: the dashboard's own files, and whether the server lives.
    private func open(_ request: Request, _ parts: [String]) async throws -> Response? {
        switch parts {
        case ["healthz"]: return try HealthAnswers.health(request)
        case ["readyz"]: return try HealthAnswers.readiness(request, server.plane)
        default: break
        }
        guard let file = server.dashboard.file(parts.joined(separator: "/")) else { return nil }
        guard request.method == .get || request.method == .head else {
            throw OperatingError(
                .methodNotAllowed, "\(request.method.rawValue) is not possible here",
                hint: "possible: GET")
        }
        return file
    }
}

/// Whether the process lives, and whether it can take work.
enum HealthAnswers {
    static func health(_ request: Request) throws -> Response {
        try check(request)
        return .json { json in json.object { $0.member("status", "ok") } }
    }

    static func readiness(_ request: Request, _ plane: ControlPlane) throws -> Response {
        try check(request)
        switch plane.phase {
        case .ready: return .json { json in json.object { $0.member("status", "ready") } }
        case .starting: throw OperatingError(.notReady, "the control plane is starting")
        case .stopped: throw OperatingError(.notReady, "the control plane is stopping")
        case .stalled(let error): throw error
        }
    }

    private static func check(_ request: Request) throws {
        guard request.method == .get || request.method == .head else {
            throw OperatingError(
                .methodNotAllowed, "\(request.method.rawValue) is not possible here",
                hint: "possible: GET")
        }
    }
}
