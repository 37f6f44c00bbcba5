/// A kind of objects of the API server, in one version.
public struct ResourceType: Hashable, Sendable, CustomStringConvertible {
    /// The API group, as `batch`; empty for the core group.
    public var group: String
    /// The version of the group, as `v1`.
    public var version: String
    /// The name in paths, as `pods`.
    public var plural: String
    /// The name in objects, as `Pod`.
    public var kind: String
    /// Whether objects live in namespaces.
    public var isNamespaced: Bool

    /// Gathers a type.
    public init(
        group: String = "", version: String, plural: String, kind: String, isNamespaced: Bool = true
    ) {
        self.group = group
        self.version = version
        self.plural = plural
        self.kind = kind
        self.isNamespaced = isNamespaced
    }

    /// What objects have as `apiVersion`: `v1`, `batch/v1`.
    public var apiVersion: String { group.isEmpty ? version : "\(group)/\(version)" }

    /// The same kind in another version.
    public func inVersion(_ version: String) -> ResourceType {
        var type = self
        type.version = version
        return type
    }

    /// As people write it: `pods`, `jobs.batch`.
    public var description: String { group.isEmpty ? plural : "\(plural).\(group)" }
}
