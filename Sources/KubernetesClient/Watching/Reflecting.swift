import FleetModel
import KubernetesJSON
import Logging

/// What a reflector tells, so that who listens has the same objects as the server.
public enum ReflectorReport<T: Decoded>: Sendable {
    /// A piece of a list.
    case list(ListPart<T>)
    /// The list is complete: what it did not name is gone.
    case listed(resourceVersion: String)
    /// What happened since, in order.
    case events([WatchEvent<T>])
    /// Something is in the way; it is tried again after a pause. Nothing has to be done.
    case trouble(ReflectorTrouble)
}

/// What is in the way of a reflector.
public enum ReflectorTrouble: Hashable, Sendable {
    /// The server refuses.
    case refused(APIRefusal, pauseMilliseconds: Int64)
    /// There is no answer, or it is not understood.
    case failed(OperatingError, pauseMilliseconds: Int64)
}

/// What a reflector follows, and how.
public struct ReflectorOptions: Hashable, Sendable {
    /// Only this namespace; nil for all.
    public var namespace: String?
    /// Only these objects.
    public var selector = Selector.all
    /// Objects of a page.
    public var page = 500
    /// The shortest time of a watch; the longest is twice that, so that not all end together.
    public var watchSeconds: Int64 = 300
    /// The first pause after a failure, at most.
    public var pauseMilliseconds: Int64 = 400
    /// The longest pause.
    public var longestPauseMilliseconds: Int64 = 30_000

    /// All objects, in the usual way.
    public init() {}
}

extension KubernetesClient {
    /// A watch that lasted so long, or a list after so long, was no failure's beginning.
    private static let calmSeconds: Int64 = 10

    /// Lists and watches for ever: `report` gets what makes its copy the same as the server's.
    ///
    /// A broken watch goes on where it was; when the server has forgotten that place (410) there is
    /// a new list. Pauses after failures grow and are drawn at random. Throws only for credentials
    /// that the server does not take, cancellation, and what `report` throws.
    public func reflect<T: Decoded>(
        _ type: ResourceType, of: T.Type = T.self, options: ReflectorOptions = ReflectorOptions(),
        health: WatchHealth = WatchHealth(),
        report: (ReflectorReport<T>) async throws -> Void
    ) async throws -> Never {
        var run = ReflectorRun(options: options, seed: transport.seed())
        while true {
            try Task.checkCancellation()
            let began = Monotonic.now
            guard let version = run.resourceVersion else {
                try await begin(type, &run, health, report)
                continue
            }
            health.watched()
            let end = try await watch(
                type, of: T.self, namespace: options.namespace, selector: options.selector,
                from: version, seconds: run.watchSeconds(), contact: { health.contact() },
                each: { events in try await report(.events(events)) })
            run.resourceVersion = end.resourceVersion
            let isCalm = Monotonic.now - began > KubernetesClient.calmSeconds * 1_000_000_000
            let step = run.after(end, isCalm: isCalm)
            if run.resourceVersion == nil { health.lost() }
            if let trouble = step.trouble {
                health.trouble()
                logger.debug("watch of \(type): \(trouble)")
                try await report(.trouble(trouble))
            }
            if step.pauseMilliseconds > 0 {
                try await Task.sleep(for: .milliseconds(step.pauseMilliseconds))
            }
        }
    }

    /// Lists once; on failure it pauses.
    private func begin<T: Decoded>(
        _ type: ResourceType, _ run: inout ReflectorRun, _ health: WatchHealth,
        _ report: (ReflectorReport<T>) async throws -> Void
    ) async throws {
        let trouble: ReflectorTrouble
        do {
            let result = try await list(
                type, of: T.self, namespace: run.options.namespace,
                selector: run.options.selector, page: run.options.page
            ) { part in
                health.contact()
                try await report(.list(part))
            }
            switch result {
            case .success(let version):
                health.contact()
                health.listed()
                run.resourceVersion = version
                return try await report(.listed(resourceVersion: version))
            case .failure(let refusal): trouble = run.trouble(refusal)
            }
        } catch let error as OperatingError where error.isPassing {
            trouble = run.trouble(error)
        }
        health.trouble()
        logger.debug("list of \(type): \(trouble)")
        try await report(.trouble(trouble))
        try await Task.sleep(for: .milliseconds(trouble.pauseMilliseconds))
    }
}

extension ReflectorTrouble {
    /// How long until it is tried again.
    public var pauseMilliseconds: Int64 {
        switch self {
        case .refused(_, let pause), .failed(_, let pause): pause
        }
    }
}

extension OperatingError {
    /// Whether the same request may do better in a while.
    var isPassing: Bool { code == .noKubernetes || code == .strangeKubernetes }
}
