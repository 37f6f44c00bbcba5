import KubernetesJSON

/// A PriorityClass.
public struct PriorityClass: ClusterObject, Hashable {
    /// Name, labels, owners and the like.
    public var metadata = ObjectMetadata()
    /// Fields that could not be read.
    public var problems: [FieldProblem] = []
    /// The priority.
    public var value: Int32 = 0
    /// Whether pods of it may take the place of others.
    public var preemptionPolicy = PreemptionPolicy.lowerPriority
    /// Whether pods without a class get this one.
    public var isGlobalDefault = false

    /// The types that it is read from.
    public static let resources = ["v1", "v1beta1"].map {
        ResourceType(
            group: "scheduling.k8s.io", version: $0, plural: "priorityclasses",
            kind: "PriorityClass", isNamespaced: false)
    }

    /// A class with a value.
    public init(name: String, value: Int32) {
        metadata.name = name
        self.value = value
    }

    /// Reads one object; throws for what is not JSON, or not an object.
    public init(reading scanner: inout JSONScanner) throws(JSONFault) {
        try scanner.enterObject()
        while let key = try scanner.nextKey() {
            switch key {
            case "metadata": metadata = try ObjectMetadata.read(&scanner, &problems)
            case "value":
                value = Int32(clamping: try scanner.optionalInteger("value", &problems) ?? 0)
            case "preemptionPolicy":
                preemptionPolicy =
                    PreemptionPolicy(rawValue: try scanner.string("preemptionPolicy", &problems))
                    ?? .lowerPriority
            case "globalDefault":
                isGlobalDefault = try scanner.tolerating("globalDefault", &problems, false) {
                    scanner throws(JSONFault) in try scanner.boolean()
                }
            default: try scanner.skipValue()
            }
        }
    }
}
