import FleetModel
import KubernetesJSON

/// A piece of a list, in order.
public enum ListPart<T: Decoded>: Sendable {
    /// The list begins; what was told of an earlier beginning does not count.
    case began
    /// Objects, in the server's order: by namespace and name.
    case items([T])
    /// Objects that are not understood.
    case unreadable([UnreadableObject])
}

extension KubernetesClient {
    /// Beginnings of one list, when the server forgets where it was in between.
    private static let beginnings = 6

    /// Lists all objects of a type, page by page, as of one moment; answers the version of the
    /// list, to watch from.
    ///
    /// When the server has forgotten the moment (410) the list begins anew, with larger pages, so
    /// that a long list on a busy server ends all the same.
    public func list<T: Decoded>(
        _ type: ResourceType, of: T.Type = T.self, namespace: String? = nil,
        selector: Selector = .all, page: Int = 500,
        each: (ListPart<T>) async throws -> Void
    ) async throws -> Result<String, APIRefusal> {
        var page = max(page, 1)
        var next = ""
        var beginning = 1
        try await each(.began)
        while true {
            var call = APICall.get(type.path(namespace: namespace), query: selector.query)
            call.query.append(("limit", String(page)))
            if !next.isEmpty { call.query.append(("continue", next)) }
            call.timeoutSeconds = 60
            switch try await ask(call, for: ListPage<T>.self) {
            case .success(let list):
                if !list.items.isEmpty { try await each(.items(list.items)) }
                if !list.unreadable.isEmpty { try await each(.unreadable(list.unreadable)) }
                guard !list.next.isEmpty else { return .success(list.resourceVersion) }
                next = list.next
            case .failure(let refusal):
                guard refusal.isExpired, !next.isEmpty,
                    beginning < KubernetesClient.beginnings
                else { return .failure(refusal) }
                beginning += 1
                page = min(page * 2, 10_000)
                next = ""
                try await each(.began)
            }
        }
    }
}
