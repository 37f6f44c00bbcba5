import API
import FleetModel
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle
import Synchronization

/// What a replica answers that waits for its turn to lead: that it lives and is ready for it, and
/// to everything else that another one leads.
public final class StandbyServer: Sendable {
    private struct Waiting: HTTPResponder {
        typealias Context = CallContext

        func respond(to request: Request, context: CallContext) async throws -> Response {
            switch request.uri.path {
            case "/healthz":
                return .json { json in json.object { $0.member("status", "ok") } }
            case "/readyz":
                // Were it not, nobody could be taken down without leaving the cluster alone.
                return .json { json in json.object { $0.member("status", "ready") } }
            default: break
            }
            return .error(
                OperatingError(
                    .notReady, "this replica stands by; another one leads",
                    hint: "send requests to the replica that leads"))
        }
    }

    private let settings: ServerSettings
    private let logger: Logger

    /// Prepares to listen where the control plane will.
    public init(_ settings: ServerSettings, logger: Logger) {
        self.settings = settings
        self.logger = logger
    }

    /// Answers while `body` runs, and frees the address before it returns what `body` returns.
    /// Throws what `body` throws, and `M0706` when the address is not to be had.
    public func run<Value: Sendable>(
        while body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let application = Application(
            responder: Waiting(),
            configuration: ApplicationConfiguration(
                address: .hostname(settings.host, port: settings.port), serverName: "muster"),
            logger: logger)
        var group = ServiceGroupConfiguration(services: [application], logger: logger)
        group.maximumGracefulShutdownDuration = .seconds(1)
        let services = ServiceGroup(configuration: group)
        let (host, port) = (settings.host, settings.port)
        return try await withThrowingTaskGroup(of: Value?.self) { tasks in
            tasks.addTask {
                do {
                    try await services.run()
                } catch let error as IOError {
                    throw OperatingError(
                        .addressInUse, "cannot listen on \(host):\(port)",
                        detail: String(describing: error),
                        hint: "stop what listens there, or choose another address with --listen")
                }
                return nil
            }
            tasks.addTask { try await body() }
            var value: Value?
            while let next = try await tasks.next() {
                guard let next else { continue }
                value = next
                await services.triggerGracefulShutdown()
            }
            guard let value else { throw CancellationError() }
            return value
        }
    }
}
