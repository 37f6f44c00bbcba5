import KubernetesJSON

/// `scheduling.run.ai` PodGroup of KAI.
public struct KAIPodGroup: GangDeclaring {
    /// Name, labels, owners and the like.
    public var metadata = ObjectMetadata()
    /// Fields that could not be read.
    public var problems: [FieldProblem] = []
    /// What it says about its pods.
    public var declaration: GangDeclaration

    /// The types that it is read from.
    public static let resources = [
        ResourceType(
            group: "scheduling.run.ai", version: "v2alpha2", plural: "podgroups", kind: "PodGroup")
    ]

    /// Reads one object; throws for what is not JSON, or not an object.
    public init(reading scanner: inout JSONScanner) throws(JSONFault) {
        var (metadata, problems) = (ObjectMetadata(), [FieldProblem]())
        declaration = try readDeclaration(.kaiPodGroup, &scanner, &metadata, &problems) {
            key, scanner, declaration, problems throws(JSONFault) in
            switch key {
            case "minMember":
                declaration.minimum = try scanner.count("spec.minMember", &problems)
            case "minSubGroup":
                guard try scanner.count("spec.minSubGroup", &problems) != nil else { return }
                declaration.problems.append(
                    GangProblem(
                        .unsupported, field: "spec.minSubGroup",
                        "all subgroups are started together",
                        remedy: "state minMember for each subgroup", isBlocking: false))
            case "queue": try scanner.fill(&declaration.queue, "spec.queue", &problems)
            case "priorityClassName":
                try scanner.fill(
                    &declaration.priority.className, "spec.priorityClassName", &problems)
            case "preemptibility":
                let word = try scanner.string()
                declaration.priority.isPreemptible = word.isEmpty ? nil : word == "preemptible"
            case "topologyConstraint":
                declaration.topology = try readConstraint(
                    &scanner, "spec.topologyConstraint", &problems)
            case "subGroups": try readSubGroups(&scanner, &declaration, &problems)
            default: try scanner.skipValue()
            }
        }
        declaration.style = .whole
        declaration.take(metadata, problems)
        (self.metadata, self.problems) = (metadata, problems)
    }
}

private func readConstraint(
    _ scanner: inout JSONScanner, _ path: String, _ problems: inout [FieldProblem]
) throws(JSONFault) -> TopologyWish {
    var wish = TopologyWish()
    try scanner.fields(of: path, &problems) { key, scanner, problems throws(JSONFault) in
        switch key {
        case "requiredTopologyLevel":
            wish.required = try scanner.optionalString(
                "\(path).requiredTopologyLevel", &problems
            ).map { .label($0) }
        case "preferredTopologyLevel":
            wish.preferred = try scanner.optionalString(
                "\(path).preferredTopologyLevel", &problems
            ).map { .label($0) }
        default: try scanner.skipValue()
        }
    }
    return wish
}

/// Subgroups that hold pods are roles; those that only hold others count for nothing.
private func readSubGroups(
    _ scanner: inout JSONScanner, _ declaration: inout GangDeclaration,
    _ problems: inout [FieldProblem]
) throws(JSONFault) {
    let path = "spec.subGroups"
    var (parents, roles): ([String], [GangDeclaration.Role]) = ([], [])
    var hasTopology = false
    try scanner.elements(of: path, &problems) { index, scanner, problems throws(JSONFault) in
        var (name, minimum) = ("", 1)
        try scanner.fields(of: "\(path)[\(index)]", &problems) {
            key, scanner, problems throws(JSONFault) in
            switch key {
            case "name": name = try scanner.string()
            case "parent":
                if let parent = try scanner.optionalString("\(path).parent", &problems) {
                    parents.append(parent)
                }
            case "minMember":
                minimum = try scanner.count("\(path)[\(index)].minMember", &problems) ?? 1
            case "topologyConstraint":
                let wish = try readConstraint(&scanner, "\(path).topologyConstraint", &problems)
                hasTopology = hasTopology || !wish.isEmpty
            default: try scanner.skipValue()
            }
        }
        roles.append(GangDeclaration.Role(name, replicas: minimum, minimum: minimum))
    }
    declaration.roles = roles.filter { !parents.contains($0.name) }
    if hasTopology {
        declaration.problems.append(
            GangProblem(
                .unsupported, field: "\(path)[].topologyConstraint",
                "the topology of subgroups is not used",
                remedy: "state one for the whole group", isBlocking: false))
    }
}
