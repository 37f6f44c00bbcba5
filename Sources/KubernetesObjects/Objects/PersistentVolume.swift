import KubernetesJSON

/// A PersistentVolumeClaim.
public struct PersistentVolumeClaim: ClusterObject, Hashable {
    /// Name, labels, owners and the like.
    public var metadata = ObjectMetadata()
    /// Fields that could not be read.
    public var problems: [FieldProblem] = []
    /// The volume that it is bound to; nil until then.
    public var volumeName: String?
    /// The storage class.
    public var storageClassName: String?

    /// The types that it is read from.
    public static let resources = [
        ResourceType(
            version: "v1", plural: "persistentvolumeclaims", kind: "PersistentVolumeClaim")
    ]

    /// A claim, bound or not.
    public init(namespace: String, name: String, volumeName: String? = nil) {
        metadata = ObjectMetadata(name: name, namespace: namespace)
        self.volumeName = volumeName
    }

    /// Reads one object; throws for what is not JSON, or not an object.
    public init(reading scanner: inout JSONScanner) throws(JSONFault) {
        var (volume, storageClass): (String?, String?)
        try scanner.enterObject()
        while let key = try scanner.nextKey() {
            switch key {
            case "metadata": metadata = try ObjectMetadata.read(&scanner, &problems)
            case "spec":
                try scanner.fields(of: "spec", &problems) {
                    key, scanner, problems throws(JSONFault) in
                    switch key {
                    case "volumeName":
                        volume = try scanner.optionalString("spec.volumeName", &problems)
                    case "storageClassName":
                        storageClass = try scanner.optionalString(
                            "spec.storageClassName", &problems)
                    default: try scanner.skipValue()
                    }
                }
            default: try scanner.skipValue()
            }
        }
        (volumeName, storageClassName) = (volume, storageClass)
    }
}

/// A PersistentVolume.
public struct PersistentVolume: ClusterObject, Hashable {
    /// Name, labels, owners and the like.
    public var metadata = ObjectMetadata()
    /// Fields that could not be read.
    public var problems: [FieldProblem] = []
    /// Alternatives of which a node that can reach it meets one; nil when every node can.
    public var required: [NodeSelectorTerm]?

    /// The types that it is read from.
    public static let resources = [
        ResourceType(
            version: "v1", plural: "persistentvolumes", kind: "PersistentVolume",
            isNamespaced: false)
    ]

    /// A volume that some nodes can reach.
    public init(name: String, required: [NodeSelectorTerm]?) {
        metadata.name = name
        self.required = required
    }

    /// Reads one object; throws for what is not JSON, or not an object.
    public init(reading scanner: inout JSONScanner) throws(JSONFault) {
        var terms: [NodeSelectorTerm]?
        try scanner.enterObject()
        while let key = try scanner.nextKey() {
            switch key {
            case "metadata": metadata = try ObjectMetadata.read(&scanner, &problems)
            case "spec":
                try scanner.fields(of: "spec", &problems) {
                    key, scanner, problems throws(JSONFault) in
                    guard key == "nodeAffinity" else { return try scanner.skipValue() }
                    try scanner.fields(of: "spec.nodeAffinity", &problems) {
                        key, scanner, problems throws(JSONFault) in
                        guard key == "required" else { return try scanner.skipValue() }
                        guard !scanner.takeIfNull() else { return }
                        terms = try NodeSelectorTerm.readSelector(
                            &scanner, "spec.nodeAffinity.required", &problems)
                    }
                }
            default: try scanner.skipValue()
            }
        }
        required = terms
        // Volumes from before node affinity carry their place as labels; several zones are joined
        // by `__` (`k8s.io/cloud-provider/volume/helpers.LabelZonesToSet`).
        guard required == nil else { return }
        let keys = [
            "topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone",
            "topology.kubernetes.io/region", "failure-domain.beta.kubernetes.io/region",
        ]
        let places = keys.compactMap { key in
            metadata.labels[key].map { value in
                LabelRequirement(key, .isIn, zones(value))
            }
        }
        if !places.isEmpty { required = [NodeSelectorTerm(expressions: places)] }
    }
}

private func zones(_ text: String) -> [String] {
    text.split(separator: "__").map(String.init)
}
