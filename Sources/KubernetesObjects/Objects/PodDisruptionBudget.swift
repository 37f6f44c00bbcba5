import KubernetesJSON

/// A PodDisruptionBudget.
public struct PodDisruptionBudget: ClusterObject, Hashable {
    /// Name, labels, owners and the like.
    public var metadata = ObjectMetadata()
    /// Fields that could not be read.
    public var problems: [FieldProblem] = []
    /// The pods that it protects, of its own namespace; nil for none.
    public var selector: LabelSelector?
    /// Pods that may be evicted now, as its controller counts.
    public var disruptionsAllowed = 0

    /// The types that it is read from.
    public static let resources = ["v1", "v1beta1"].map {
        ResourceType(
            group: "policy", version: $0, plural: "poddisruptionbudgets",
            kind: "PodDisruptionBudget")
    }

    /// Reads one object; throws for what is not JSON, or not an object.
    public init(reading scanner: inout JSONScanner) throws(JSONFault) {
        var (selector, allowed): (LabelSelector?, Int) = (nil, 0)
        try scanner.enterObject()
        while let key = try scanner.nextKey() {
            switch key {
            case "metadata": metadata = try ObjectMetadata.read(&scanner, &problems)
            case "spec":
                try scanner.fields(of: "spec", &problems) {
                    key, scanner, problems throws(JSONFault) in
                    guard key == "selector" else { return try scanner.skipValue() }
                    selector = try LabelSelector.read(&scanner, "spec.selector", &problems)
                }
            case "status":
                try scanner.fields(of: "status", &problems) {
                    key, scanner, problems throws(JSONFault) in
                    guard key == "disruptionsAllowed" else { return try scanner.skipValue() }
                    allowed = try scanner.count("status.disruptionsAllowed", &problems) ?? 0
                }
            default: try scanner.skipValue()
            }
        }
        (self.selector, disruptionsAllowed) = (selector, allowed)
    }

    /// Whether it protects a pod.
    public func protects(namespace: String, labels: LabelSet) -> Bool {
        namespace == metadata.namespace && (selector?.admits(labels) ?? false)
    }
}

/// A Namespace.
public struct Namespace: ClusterObject, Hashable {
    /// Name, labels, owners and the like.
    public var metadata = ObjectMetadata()
    /// Fields that could not be read.
    public var problems: [FieldProblem] = []

    /// The types that it is read from.
    public static let resources = [
        ResourceType(version: "v1", plural: "namespaces", kind: "Namespace", isNamespaced: false)
    ]

    /// Reads one object; throws for what is not JSON, or not an object.
    public init(reading scanner: inout JSONScanner) throws(JSONFault) {
        try scanner.enterObject()
        while let key = try scanner.nextKey() {
            guard key == "metadata" else {
                try scanner.skipValue()
                continue
            }
            metadata = try ObjectMetadata.read(&scanner, &problems)
        }
    }
}
