import ClientWords
import KubernetesJSON
import NIOHTTP1

/// One request to the API server.
struct APICall: Sendable {
    /// What a request carries.
    struct Body: Sendable {
        var bytes: [UInt8]
        var type = "application/json"
    }

    var method: HTTPMethod
    /// From the first slash on, percent-encoded, without the query.
    var path: String
    var query: [(name: String, value: String)] = []
    var body: Body?
    var timeoutSeconds: Int64 = 30
    /// Whether it may be sent again when nobody knows whether it arrived.
    var isRepeatable = false
    /// Whether it passes all others.
    var isUrgent = false
    /// Asked at the last moment before it is sent; false keeps it back.
    var fence: (@Sendable () -> Bool)?

    /// A request that reads.
    static func get(_ path: String, query: [(name: String, value: String)] = []) -> APICall {
        APICall(method: .GET, path: path, query: query, isRepeatable: true)
    }

    /// The path and query.
    var target: String {
        if query.isEmpty { return path }
        let pairs = query.map { Percent.encoded($0.name) + "=" + Percent.encoded($0.value) }
        return path + "?" + pairs.joined(separator: "&")
    }

    /// For messages.
    var words: String { "\(method.rawValue) \(path)" }
}

extension ResourceType {
    /// The path of all objects, of those of a namespace, or of one.
    public func path(
        namespace: String? = nil, name: String? = nil, subresource: String? = nil
    ) -> String {
        var path = group.isEmpty ? "/api/\(version)" : "/apis/\(group)/\(version)"
        if isNamespaced, let namespace { path += "/namespaces/" + Percent.encoded(namespace) }
        path += "/" + plural
        if let name { path += "/" + Percent.encoded(name) }
        if let subresource { path += "/" + subresource }
        return path
    }
}
