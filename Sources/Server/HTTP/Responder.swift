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
    /// The address that the connection came to.
    let localAddress: String
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
        address = source.channel.remoteAddress?.ipAddress ?? ""
        localAddress = source.channel.localAddress?.ipAddress ?? ""
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
        try server.gate.checkHost(request, local: context.localAddress)
        let path = request.uri.path
        var parts: [String] = []
        for part in path.split(separator: "/", omittingEmptySubsequences: true) {
            guard let text = PercentCoding.decode(part) else {
                throw OperatingError(.malformedRequest, "the path does not decode")
            }
            parts.append(text)
        }
        if let response = try await open(request, parts) { return response }
        var identity: Identity?
        do {
            let known = try server.gate.identity(of: request, from: context.address)
            identity = known
            try server.gate.checkRate(known, context.address)
            return try await answer(request, parts, known, context)
        } catch let error as OperatingError
            where [.notAllowed, .notAuthenticated].contains(error.code)
        {
            await noteRefusal(request, error, identity, context.address)
            throw error
        }
    }

    private func answer(
        _ request: Request, _ parts: [String], _ identity: Identity, _ context: CallContext
    ) async throws -> Response {
        switch Routes.find(request.method, parts) {
        case .route(let route, let names):
            try route.admit(identity)
            let call = Call(
                server: server, identity: identity, address: context.address,
                channel: context.channel, request: request, names: names,
                query: try Query(request.uri.query ?? ""))
            return try await route.handler(call)
        case .wrongMethod(let allowed): return Responder.wrongMethod(request, allowed)
        case .nothing:
            throw OperatingError(
                .notFound, "there is nothing at '\(request.uri.path.prefix(200))'",
                hint: "GET /v1/openapi.json lists all places")
        }
    }

    /// Says which methods a place has.
    static func wrongMethod(
        _ request: Request, _ allowed: [HTTPRequest.Method]
    ) -> Response {
        let names = allowed.map(\.rawValue).joined(separator: ", ")
        var response = Response.error(
            OperatingError(
                .methodNotAllowed, "\(request.method.rawValue) is not possible here",
                hint: "possible: " + names))
        response.headers[.allow] = names
        return response
    }

    /// Who asks for what a role does not allow is in the audit log; looking alone is not. Of those
    /// who are not known, only so many are noted as leave room for the others.
    private func noteRefusal(
        _ request: Request, _ error: OperatingError, _ identity: Identity?, _ address: String
    ) async {
        guard request.method != .get, request.method != .head else { return }
        if error.code == .notAuthenticated {
            guard server.gate.hasRoomForNote(of: address) else { return }
        }
        await server.plane.audit(
            Caller(
                name: identity?.name ?? "unknown", role: identity?.role.rawValue ?? "none",
                address: address),
            request.method.rawValue, String(request.uri.path.prefix(500)), detail: error.message,
            outcome: "refused")
    }

    /// What anybody may ask: the dashboard's own files, and whether the server lives.
    private func open(_ request: Request, _ parts: [String]) async throws -> Response? {
        switch parts {
        case ["healthz"]: return reading(request) ?? HealthAnswers.health()
        case ["readyz"]: return try reading(request) ?? HealthAnswers.readiness(server.plane)
        default: break
        }
        guard let file = server.dashboard.file(parts.joined(separator: "/")) else { return nil }
        return reading(request) ?? file
    }

    /// Nil for a request that reads, else what to tell it.
    private func reading(_ request: Request) -> Response? {
        [.get, .head].contains(request.method)
            ? nil : Responder.wrongMethod(request, [.get, .head])
    }
}

/// Whether the process lives, and whether it can take work.
enum HealthAnswers {
    static func health() -> Response {
        .json { json in json.object { $0.member("status", "ok") } }
    }

    static func readiness(_ plane: ControlPlane) throws -> Response {
        switch plane.phase {
        case .ready: return .json { json in json.object { $0.member("status", "ready") } }
        case .starting: throw OperatingError(.notReady, "the control plane is starting")
        case .stopped: throw OperatingError(.notReady, "the control plane is stopping")
        case .stalled(let error): throw error
        }
    }
}
