import AsyncHTTPClient
import FleetModel
import KubernetesJSON
import NIOCore

/// How a watch ended, and where the next one goes on.
public struct WatchEnd: Hashable, Sendable {
    /// Why it ended.
    public enum Reason: Hashable, Sendable {
        /// Its time was over, or the server closed it.
        case finished
        /// The server refused it, or refused to go on.
        case refused(APIRefusal)
        /// The connection broke, was silent for too long, or what came is not understood.
        case broken(OperatingError)
    }

    /// Why it ended.
    public var reason: Reason
    /// The version that all events that were told lead to.
    public var resourceVersion: String
    /// Events that were told, bookmarks included.
    public var events: Int
}

extension KubernetesClient {
    /// Watches from a version on until the watch ends, as each does after some minutes; `each` gets
    /// the events that came together. `contact` is called whenever the server gave a sign of life.
    ///
    /// What ends a watch is in the answer; only credentials, cancellation and what `each` throws
    /// are thrown.
    public func watch<T: Decoded>(
        _ type: ResourceType, of: T.Type = T.self, namespace: String? = nil,
        selector: Selector = .all, from resourceVersion: String, seconds: Int64 = 300,
        contact: @Sendable () -> Void = {}, each: ([WatchEvent<T>]) async throws -> Void
    ) async throws -> WatchEnd {
        var call = APICall.get(type.path(namespace: namespace), query: selector.query)
        call.query += [
            ("watch", "true"), ("allowWatchBookmarks", "true"),
            ("resourceVersion", resourceVersion), ("timeoutSeconds", String(max(seconds, 1))),
        ]
        // The server keeps to its time; this is for the case that it does not.
        call.timeoutSeconds = max(seconds, 1) + 30
        var stream = WatchStream<T>(resourceVersion: resourceVersion)
        let source: WatchSource
        do {
            switch try await transport.open(call) {
            case .failure(let refusal): return stream.end(.refused(refusal))
            case .success(let body): source = WatchSource(iterator: body.makeAsyncIterator())
            }
        } catch let error as OperatingError where error.code != .kubernetesCredentials {
            return stream.end(.broken(error))
        }
        contact()
        return try await follow(source, &stream, call, contact, each)
    }

    private func follow<T: Decoded>(
        _ source: WatchSource, _ stream: inout WatchStream<T>, _ call: APICall,
        _ contact: @Sendable () -> Void, _ each: ([WatchEvent<T>]) async throws -> Void
    ) async throws -> WatchEnd {
        var source = source
        while true {
            let piece: ByteBuffer?
            do {
                piece = try await source.iterator.next()
            } catch is CancellationError {
                throw CancellationError()
            } catch {
                try Task.checkCancellation()
                let error = NoKubernetes.error(error, from: configuration)
                return stream.end(.broken(error))
            }
            // The library ends a cancelled stream like any other.
            try Task.checkCancellation()
            guard let piece else {
                guard stream.isInsideLine else { return stream.end(.finished) }
                let cut = OperatingError(
                    .noKubernetes, "no answer from \(configuration.server)",
                    detail: "the connection was closed inside of a line")
                return stream.end(.broken(cut))
            }
            contact()
            let (events, trouble) = stream.feed(piece)
            if !events.isEmpty { try await each(events) }
            switch trouble {
            case nil: break
            case .refused(let refusal): return stream.end(.refused(refusal))
            case .fault(let what): return stream.end(.broken(transport.strange(call, what)))
            }
        }
    }
}
