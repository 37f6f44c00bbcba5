import KubernetesJSON

/// What an API server serves.
public struct Discovery: Hashable, Sendable {
    /// A kind of objects, or a part of them.
    public struct Resource: Hashable, Sendable {
        /// The type.
        public var type: ResourceType
        /// The part of its objects that this is, as `status` or `binding`; empty for all of them.
        public var subresource = ""
        /// What can be done with it, as `list` and `watch`.
        public var verbs: [String] = []
        /// The version of what is sent, where that is of another group, as for evictions.
        public var bodyVersion = ""
    }

    /// The version of the server, as `v1.34.2`; empty when it does not say.
    public var serverVersion = ""
    /// Groups and versions, those that the server prefers first; `v1` is the core group.
    public internal(set) var groupVersions: [String] = []
    /// Groups and versions that are announced and did not answer, as those of an extension server
    /// that is down.
    public internal(set) var silent: [String] = []
    private var resources: [String: Resource] = [:]

    /// Nothing.
    public init() {}

    /// Whether a type is served in its version, or a part of its objects.
    public func serves(_ type: ResourceType, subresource: String = "") -> Bool {
        resource(type, subresource) != nil
    }

    /// Whether something can be done with a type, as `watch`.
    public func allows(_ verb: String, on type: ResourceType) -> Bool {
        resource(type, "")?.verbs.contains(verb) ?? false
    }

    /// The type of a group in the first of these versions that is served; nil for none.
    public func type(group: String, plural: String, versions: [String]) -> ResourceType? {
        for version in versions {
            let type = ResourceType(group: group, version: version, plural: plural, kind: "")
            if let found = resource(type, "") { return found.type }
        }
        return nil
    }

    /// The version of the group `policy` that evictions are written in: `policy/v1`, or
    /// `policy/v1beta1` before Kubernetes 1.22; nil when nothing can be evicted.
    public var evictionVersion: String? {
        let pods = ResourceType(version: "v1", plural: "pods", kind: "Pod")
        guard let eviction = resource(pods, "eviction") else { return nil }
        return eviction.bodyVersion.isEmpty ? "policy/v1" : eviction.bodyVersion
    }

    /// The type that events are written in: the newest of the group `events.k8s.io`, else of the
    /// core group.
    public var eventType: ResourceType {
        type(group: "events.k8s.io", plural: "events", versions: ["v1", "v1beta1"])
            ?? ResourceType(version: "v1", plural: "events", kind: "Event")
    }

    mutating func add(_ resource: Resource) {
        resources[Discovery.key(resource.type, resource.subresource)] = resource
    }

    private func resource(_ type: ResourceType, _ subresource: String) -> Resource? {
        resources[Discovery.key(type, subresource)]
    }

    private static func key(_ type: ResourceType, _ subresource: String) -> String {
        "\(type.apiVersion) \(type.plural) \(subresource)"
    }
}
