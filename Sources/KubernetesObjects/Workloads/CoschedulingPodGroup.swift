import KubernetesJSON

/// `scheduling.x-k8s.io` PodGroup of scheduler-plugins.
public struct CoschedulingPodGroup: GangDeclaring {
    /// Name, labels, owners and the like.
    public var metadata = ObjectMetadata()
    /// Fields that could not be read.
    public var problems: [FieldProblem] = []
    /// What it says about its pods.
    public var declaration: GangDeclaration

    /// The types that it is read from.
    public static let resources = [
        ResourceType(
            group: "scheduling.x-k8s.io", version: "v1alpha1", plural: "podgroups",
            kind: "PodGroup")
    ]

    /// Reads one object; throws for what is not JSON, or not an object.
    public init(reading scanner: inout JSONScanner) throws(JSONFault) {
        var (metadata, problems) = (ObjectMetadata(), [FieldProblem]())
        declaration = try readDeclaration(
            .coschedulingPodGroup, &scanner, &metadata, &problems
        ) { key, scanner, declaration, problems throws(JSONFault) in
            switch key {
            case "minMember":
                declaration.minimum = try scanner.count("spec.minMember", &problems)
            default: try scanner.skipValue()
            }
        }
        declaration.style = .whole
        declaration.take(metadata, problems)
        (self.metadata, self.problems) = (metadata, problems)
    }
}
