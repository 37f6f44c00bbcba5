import KubernetesJSON
import NIOHTTP1

/// How a change is made.
public struct WriteOptions: Sendable {
    /// Who owns the fields that are written (server-side apply).
    public var fieldManager = "muster"
    /// Whether apply takes fields away from who owns them now.
    public var force = false
    /// Whether the server only says what it would do.
    public var isDryRun = false
    /// The longest wait for the answer.
    public var timeoutSeconds: Int64 = 30
    /// Whether it passes all other requests; for leases.
    public var isUrgent = false
    /// Asked at the last moment before it is sent; false keeps it back, and the answer is a refusal
    /// that ``APIRefusal/isFenced``.
    public var fence: (@Sendable () -> Bool)?

    /// The defaults.
    public init() {}

    /// The defaults, behind a fence.
    public init(fence: (@Sendable () -> Bool)?) {
        self.fence = fence
    }

    var query: [(name: String, value: String)] {
        var query = [(name: "fieldManager", value: fieldManager)]
        if isDryRun { query.append(("dryRun", "All")) }
        return query
    }

    func call(_ method: HTTPMethod, _ path: String, _ body: [UInt8]?) -> APICall {
        var call = APICall(method: method, path: path, query: query)
        call.body = body.map { APICall.Body(bytes: $0) }
        call.timeoutSeconds = timeoutSeconds
        call.isUrgent = isUrgent
        call.fence = fence
        return call
    }
}

/// How a patch is to be understood.
public enum PatchKind: String, Sendable {
    /// RFC 7386: objects are merged, arrays replaced.
    case merge = "application/merge-patch+json"
    /// Arrays of built-in types are merged by their keys; custom resources do not take it.
    case strategic = "application/strategic-merge-patch+json"
    /// RFC 6902: a list of operations.
    case json = "application/json-patch+json"
}

/// Which object, and which part of it.
public struct ObjectPlace: Hashable, Sendable {
    /// Its type.
    public var type: ResourceType
    /// Its namespace; nil for objects without.
    public var namespace: String?
    /// Its name.
    public var name: String
    /// The part, as `status`; nil for the object.
    public var subresource: String?

    /// Gathers a place.
    public init(
        _ type: ResourceType, namespace: String? = nil, name: String, subresource: String? = nil
    ) {
        self.type = type
        self.namespace = namespace
        self.name = name
        self.subresource = subresource
    }

    var path: String { type.path(namespace: namespace, name: name, subresource: subresource) }
}

extension KubernetesClient {
    /// Reads an object.
    public func get<T: Decoded>(
        _ place: ObjectPlace, of: T.Type = T.self, isUrgent: Bool = false
    ) async throws -> Result<T, APIRefusal> {
        var call = APICall.get(place.path)
        call.isUrgent = isUrgent
        if isUrgent { call.timeoutSeconds = 5 }
        return try await ask(call)
    }

    /// Makes an object. It is not repeated when the connection breaks: whether it was made is not
    /// known then.
    public func create<T: Decoded>(
        _ type: ResourceType, namespace: String? = nil, body: [UInt8], of: T.Type = T.self,
        options: WriteOptions = WriteOptions()
    ) async throws -> Result<T, APIRefusal> {
        try await ask(options.call(.POST, type.path(namespace: namespace), body))
    }

    /// Replaces an object, or its part. With the `resourceVersion` of what was read the server
    /// refuses when somebody else changed it meanwhile.
    public func replace<T: Decoded>(
        _ place: ObjectPlace, body: [UInt8], of: T.Type = T.self,
        options: WriteOptions = WriteOptions()
    ) async throws -> Result<T, APIRefusal> {
        try await ask(options.call(.PUT, place.path, body))
    }

    /// Changes some of an object. Merges are repeated when the connection breaks, lists of
    /// operations are not.
    public func patch<T: Decoded>(
        _ place: ObjectPlace, _ kind: PatchKind, body: [UInt8], of: T.Type = T.self,
        options: WriteOptions = WriteOptions()
    ) async throws -> Result<T, APIRefusal> {
        var call = options.call(.PATCH, place.path, body)
        call.body?.type = kind.rawValue
        call.isRepeatable = kind != .json
        return try await ask(call)
    }

    /// Server-side apply: the object has these fields then, and they belong to the field manager.
    /// The body names `apiVersion`, `kind` and `metadata.name`.
    public func apply<T: Decoded>(
        _ place: ObjectPlace, body: [UInt8], of: T.Type = T.self,
        options: WriteOptions = WriteOptions()
    ) async throws -> Result<T, APIRefusal> {
        var call = options.call(.PATCH, place.path, body)
        // JSON is YAML, and the only media type that all servers take.
        call.body?.type = "application/apply-patch+yaml"
        if options.force { call.query.append(("force", "true")) }
        call.isRepeatable = true
        return try await ask(call)
    }

    /// Deletes an object; with a `uid` only that one, not another of the same name, and then it is
    /// repeated when the connection breaks. An answer that nothing is there is the caller's to
    /// judge.
    public func delete(
        _ place: ObjectPlace, uid: String? = nil, graceSeconds: Int64? = nil,
        options: WriteOptions = WriteOptions()
    ) async throws -> Result<Void, APIRefusal> {
        let body = JSONWriter.object { object in
            object.member("kind", "DeleteOptions")
            object.member("apiVersion", "v1")
            if let graceSeconds { object.member("gracePeriodSeconds", graceSeconds) }
            if let uid { object.object("preconditions") { $0.member("uid", uid) } }
            object.member("propagationPolicy", "Background")
            if options.isDryRun { object.member("dryRun", ["All"]) }
        }
        var call = options.call(.DELETE, place.path, body)
        // Servers that get a body do not look at the query, not even for a dry run.
        call.query = []
        call.isRepeatable = uid != nil
        return try await transport.send(call).map { _ in }
    }
}
