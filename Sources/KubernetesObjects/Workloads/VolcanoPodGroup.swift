import KubernetesJSON

/// `scheduling.volcano.sh` PodGroup.
public struct VolcanoPodGroup: GangDeclaring {
    /// Name, labels, owners and the like.
    public var metadata = ObjectMetadata()
    /// Fields that could not be read.
    public var problems: [FieldProblem] = []
    /// What it says about its pods.
    public var declaration: GangDeclaration

    /// The types that it is read from.
    public static let resources = [
        ResourceType(
            group: "scheduling.volcano.sh", version: "v1beta1", plural: "podgroups",
            kind: "PodGroup")
    ]

    /// Reads one object; throws for what is not JSON, or not an object.
    public init(reading scanner: inout JSONScanner) throws(JSONFault) {
        var (metadata, problems) = (ObjectMetadata(), [FieldProblem]())
        declaration = try readDeclaration(.volcanoPodGroup, &scanner, &metadata, &problems) {
            key, scanner, declaration, problems throws(JSONFault) in
            switch key {
            case "minMember":
                declaration.minimum = try scanner.count("spec.minMember", &problems)
            case "minTaskMember":
                try scanner.fields(of: "spec.minTaskMember", &problems) {
                    key, scanner, problems throws(JSONFault) in
                    let name = key.string
                    let path = "spec.minTaskMember[\(name)]"
                    guard let minimum = try scanner.count(path, &problems) else { return }
                    declaration.roles.append(
                        GangDeclaration.Role(name, replicas: minimum, minimum: minimum))
                }
            case "queue": try scanner.fill(&declaration.queue, "spec.queue", &problems)
            case "priorityClassName":
                try scanner.fill(
                    &declaration.priority.className, "spec.priorityClassName", &problems)
            case "networkTopology":
                let network = try NetworkTopology.read(&scanner, "spec.networkTopology", &problems)
                if network.isHard {
                    declaration.topology.required = network.level
                } else {
                    declaration.topology.preferred = network.level
                }
            case "subGroupPolicy":
                try readSubGroups(&scanner, &declaration, &problems)
            default: try scanner.skipValue()
            }
        }
        declaration.style = .whole
        declaration.take(metadata, problems)
        (self.metadata, self.problems) = (metadata, problems)
    }
}

private struct NetworkTopology {
    var isHard = true
    var level: LevelReference?

    static func read(
        _ scanner: inout JSONScanner, _ path: String, _ problems: inout [FieldProblem]
    ) throws(JSONFault) -> NetworkTopology {
        var network = NetworkTopology()
        try scanner.fields(of: path, &problems) { key, scanner, problems throws(JSONFault) in
            switch key {
            case "mode": network.isHard = try scanner.text() == "hard"
            case "highestTierAllowed":
                if let tier = try scanner.count("\(path).highestTierAllowed", &problems) {
                    network.level = .tier(tier)
                }
            case "highestTierName":
                if let name = try scanner.optionalString("\(path).highestTierName", &problems) {
                    network.level = .label(name)
                }
            default: try scanner.skipValue()
            }
        }
        return network
    }
}

/// The first policy that keeps groups of members close becomes the slices of the gang.
private func readSubGroups(
    _ scanner: inout JSONScanner, _ declaration: inout GangDeclaration,
    _ problems: inout [FieldProblem]
) throws(JSONFault) {
    let path = "spec.subGroupPolicy"
    var slices: [TopologyWish.Slice] = []
    try scanner.elements(of: path, &problems) { index, scanner, problems throws(JSONFault) in
        var (size, network): (Int?, NetworkTopology) = (nil, NetworkTopology())
        try scanner.fields(of: "\(path)[\(index)]", &problems) {
            key, scanner, problems throws(JSONFault) in
            switch key {
            case "subGroupSize":
                size = try scanner.count("\(path)[\(index)].subGroupSize", &problems)
            case "networkTopology":
                network = try NetworkTopology.read(
                    &scanner, "\(path)[\(index)].networkTopology", &problems)
            default: try scanner.skipValue()
            }
        }
        if let size, size > 0, network.isHard, let level = network.level {
            slices.append(TopologyWish.Slice(members: size, level: level))
        }
    }
    declaration.topology.slice = slices.first
    if slices.count > 1 {
        declaration.problems.append(
            GangProblem(
                .unsupported, field: path, "only the first of \(slices.count) policies is used",
                remedy: "keep one subGroupPolicy", isBlocking: false))
    }
}
