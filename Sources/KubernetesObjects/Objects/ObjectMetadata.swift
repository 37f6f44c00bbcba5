import KubernetesJSON

/// Who made an object.
public struct OwnerReference: Hashable, Sendable {
    /// The owner's API version, as `batch/v1`.
    public var apiVersion: String
    /// The owner's kind, as `Job`.
    public var kind: String
    /// The owner's name.
    public var name: String
    /// The owner's uid.
    public var uid: String
    /// Whether it is the one that manages the object.
    public var isController: Bool

    /// Gathers a reference.
    public init(
        apiVersion: String, kind: String, name: String, uid: String, isController: Bool = true
    ) {
        self.apiVersion = apiVersion
        self.kind = kind
        self.name = name
        self.uid = uid
        self.isController = isController
    }

    /// The kind, if Muster knows it.
    public var objectKind: ObjectKind? { ObjectKind(apiVersion: apiVersion, kind: kind) }
}

/// What all objects have, as far as it is needed.
public struct ObjectMetadata: Hashable, Sendable {
    /// The name.
    public var name = ""
    /// The namespace; empty for kinds that have none.
    public var namespace = ""
    /// The uid, another one for each object that had the name.
    public var uid = ""
    /// The version, as the API server counts.
    public var resourceVersion = ""
    /// The version of its spec; 0 for kinds that do not count.
    public var generation: Int64 = 0
    /// The labels.
    public var labels = LabelSet()
    /// The annotations, without those of kubectl and of networks, and without any beyond 16 KiB.
    public var annotations = LabelSet()
    /// The owners, the managing one first.
    public var owners: [OwnerReference] = []
    /// When it was made, in seconds since 1970; 0 when unknown.
    public var creationTimestamp: Int64 = 0
    /// When it is or was to be gone, in seconds since 1970; nil while nobody has deleted it.
    public var deletionTimestamp: Int64?

    /// Metadata of an object with a name and nothing else.
    public init(name: String = "", namespace: String = "", uid: String = "") {
        self.name = name
        self.namespace = namespace
        self.uid = uid
    }

    /// Whether somebody has deleted it.
    public var isDeleting: Bool { deletionTimestamp != nil }

    /// The owner that manages it.
    public var controller: OwnerReference? { owners.first.flatMap { $0.isController ? $0 : nil } }

    /// The managing owner as a key, if its kind is known. Owners are in the namespace of what they
    /// own.
    public var controllerKey: ObjectKey? {
        guard let controller, let kind = controller.objectKind else { return nil }
        return ObjectKey(kind, namespace: namespace, name: controller.name)
    }
}
