import KubernetesJSON

/// `jobset.x-k8s.io` JobSet.
public struct JobSet: GangDeclaring {
    /// Name, labels, owners and the like.
    public var metadata = ObjectMetadata()
    /// Fields that could not be read.
    public var problems: [FieldProblem] = []
    /// What it says about its pods.
    public var declaration: GangDeclaration

    /// The types that it is read from.
    public static let resources = [
        ResourceType(
            group: "jobset.x-k8s.io", version: "v1alpha2", plural: "jobsets", kind: "JobSet")
    ]

    /// Reads one object; throws for what is not JSON, or not an object.
    public init(reading scanner: inout JSONScanner) throws(JSONFault) {
        var (metadata, problems) = (ObjectMetadata(), [FieldProblem]())
        var isOrdered = false
        declaration = try readDeclaration(.jobSet, &scanner, &metadata, &problems) {
            key, scanner, declaration, problems throws(JSONFault) in
            switch key {
            case "replicatedJobs":
                try scanner.elements(of: "spec.replicatedJobs", &problems) {
                    index, scanner, problems throws(JSONFault) in
                    let job = try ReplicatedJob.read(
                        &scanner, "spec.replicatedJobs[\(index)]", &problems)
                    declaration.roles.append(job.role)
                    isOrdered = isOrdered || job.isDependent
                }
            case "startupPolicy":
                try scanner.fields(of: "spec.startupPolicy", &problems) {
                    key, scanner, _ throws(JSONFault) in
                    guard key == "startupPolicyOrder" else { return try scanner.skipValue() }
                    if try scanner.text() == "InOrder" { isOrdered = true }
                }
            default: try scanner.skipValue()
            }
        }
        // Later Jobs are made when earlier ones are ready or done: waiting for all of them would
        // be for ever.
        declaration.style = isOrdered && declaration.roles.count > 1 ? .stages : .whole
        declaration.take(metadata, problems)
        (self.metadata, self.problems) = (metadata, problems)
    }
}

private struct ReplicatedJob {
    var name = ""
    var replicas = 1
    var job = JobShape()
    var isDependent = false

    var role: GangDeclaration.Role {
        let (product, isOver) = replicas.multipliedReportingOverflow(by: job.pods)
        return GangDeclaration.Role(
            name, replicas: isOver ? .max >> 8 : product, perPart: job.pods)
    }

    static func read(
        _ scanner: inout JSONScanner, _ path: String, _ problems: inout [FieldProblem]
    ) throws(JSONFault) -> ReplicatedJob {
        var read = ReplicatedJob()
        try scanner.fields(of: path, &problems) { key, scanner, problems throws(JSONFault) in
            switch key {
            case "name": read.name = try scanner.string()
            case "replicas":
                read.replicas = try scanner.count("\(path).replicas", &problems) ?? 1
            case "dependsOn":
                try scanner.elements(of: "\(path).dependsOn", &problems) {
                    _, scanner, _ throws(JSONFault) in
                    try scanner.skipValue()
                    read.isDependent = true
                }
            case "template":
                try scanner.fields(of: "\(path).template", &problems) {
                    key, scanner, problems throws(JSONFault) in
                    guard key == "spec" else { return try scanner.skipValue() }
                    read.job = try JobShape.read(&scanner, "\(path).template.spec", &problems)
                }
            default: try scanner.skipValue()
            }
        }
        return read
    }
}
