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
    /// Throws what `body` throws, `M0706` when the address is not to be had, and `M0707`
    /// for unusable files of TLS.
    public func run<Value: Sendable>(
        while body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let settings = settings
        let services = try Listener(settings, logger: logger).services(
            Waiting(), ConnectionBook(most: settings.connectionsPerAddress), patience: .seconds(1))
        return try await withThrowingTaskGroup(of: Value?.self) { tasks in
            tasks.addTask {
                try await Listener.run(services, settings)
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
