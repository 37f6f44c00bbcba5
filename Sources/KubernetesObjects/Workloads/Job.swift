import KubernetesJSON

/// The numbers of a `batch` JobSpec.
struct JobShape {
    var parallelism = 1
    var completions: Int?
    var isIndexed = false
    var deadlineSeconds: Int64?

    /// Pods that run at once.
    var pods: Int { min(parallelism, completions ?? parallelism) }

    /// Whether the pods are one gang: as in Kubernetes itself (KEP-5547), those of an Indexed Job
    /// that all run at once. Others take work from a queue or one index after the other.
    var isGang: Bool { isIndexed && pods > 1 && completions == parallelism }

    static func read(
        _ scanner: inout JSONScanner, _ path: String, _ problems: inout [FieldProblem]
    ) throws(JSONFault) -> JobShape {
        var shape = JobShape()
        try scanner.fields(of: path, &problems) { key, scanner, problems throws(JSONFault) in
            try shape.read(key, path, &scanner, &problems)
        }
        return shape
    }

    mutating func read(
        _ key: JSONText, _ path: String, _ scanner: inout JSONScanner,
        _ problems: inout [FieldProblem]
    ) throws(JSONFault) {
        switch key {
        case "parallelism":
            parallelism = try scanner.count("\(path).parallelism", &problems) ?? 1
        case "completions": completions = try scanner.count("\(path).completions", &problems)
        case "completionMode": isIndexed = try scanner.text() == "Indexed"
        case "activeDeadlineSeconds":
            deadlineSeconds = try scanner.optionalInteger(
                "\(path).activeDeadlineSeconds", &problems)
        default: try scanner.skipValue()
        }
    }
}

/// `batch` Job.
public struct Job: GangDeclaring {
    /// Name, labels, owners and the like.
    public var metadata = ObjectMetadata()
    /// Fields that could not be read.
    public var problems: [FieldProblem] = []
    /// What it says about its pods.
    public var declaration: GangDeclaration

    /// The types that it is read from.
    public static let resources = [
        ResourceType(group: "batch", version: "v1", plural: "jobs", kind: "Job")
    ]

    /// Reads one object; throws for what is not JSON, or not an object.
    public init(reading scanner: inout JSONScanner) throws(JSONFault) {
        var (metadata, problems) = (ObjectMetadata(), [FieldProblem]())
        var shape = JobShape()
        declaration = try readDeclaration(.job, &scanner, &metadata, &problems) {
            key, scanner, _, problems throws(JSONFault) in
            try shape.read(key, "spec", &scanner, &problems)
        }
        declaration.roles = [GangDeclaration.Role("", replicas: shape.pods)]
        declaration.style = shape.isGang ? .whole : .each
        declaration.deadlineSeconds = shape.deadlineSeconds
        declaration.take(metadata, problems)
        (self.metadata, self.problems) = (metadata, problems)
    }
}
