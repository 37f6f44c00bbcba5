import KubernetesJSON

/// A node of the cluster.
public struct Node: ClusterObject, Hashable {
    /// Name, labels, owners and the like.
    public var metadata: ObjectMetadata
    /// Fields that could not be read.
    public var problems: [FieldProblem] = []
    /// What is known of it.
    public var facts: NodeFacts

    /// A node that offers nothing.
    public init(metadata: ObjectMetadata) {
        self.metadata = metadata
        facts = NodeFacts(name: metadata.name, labels: metadata.labels)
    }

    /// The types that it is read from.
    public static let resources = [
        ResourceType(version: "v1", plural: "nodes", kind: "Node", isNamespaced: false)
    ]

    /// Reads one object; throws for what is not JSON, or not an object.
    public init(reading scanner: inout JSONScanner) throws(JSONFault) {
        var node = Node(metadata: ObjectMetadata())
        var problems: [FieldProblem] = []
        try scanner.enterObject()
        while let key = try scanner.nextKey() {
            switch key {
            case "metadata": node.metadata = try ObjectMetadata.read(&scanner, &problems)
            case "spec": try node.facts.readSpec(&scanner, &problems)
            case "status": try node.facts.readStatus(&scanner, &problems)
            default: try scanner.skipValue()
            }
        }
        node.facts.name = node.metadata.name
        node.facts.labels = node.metadata.labels
        node.facts.repairNote = node.metadata.annotations["muster.dev/repair"] ?? ""
        node.problems = problems
        self = node
    }
}

extension NodeFacts {
    fileprivate mutating func readSpec(
        _ scanner: inout JSONScanner, _ problems: inout [FieldProblem]
    ) throws(JSONFault) {
        var read = self
        try scanner.fields(of: "spec", &problems) { key, scanner, problems throws(JSONFault) in
            switch key {
            case "unschedulable": read.isUnschedulable = try scanner.boolean()
            case "providerID": read.providerID = try scanner.string()
            case "taints":
                try scanner.elements(of: "spec.taints", &problems) {
                    index, scanner, problems throws(JSONFault) in
                    if let taint = try Taint.read(&scanner, "spec.taints[\(index)]", &problems) {
                        read.taints.append(taint)
                    }
                }
            default: try scanner.skipValue()
            }
        }
        self = read
    }

    fileprivate mutating func readStatus(
        _ scanner: inout JSONScanner, _ problems: inout [FieldProblem]
    ) throws(JSONFault) {
        var read = self
        try scanner.fields(of: "status", &problems) { key, scanner, problems throws(JSONFault) in
            switch key {
            case "capacity":
                read.capacity = try ResourceAmounts.read(
                    &scanner, "status.capacity", &problems, ofNode: true)
            case "allocatable":
                read.allocatable = try ResourceAmounts.read(
                    &scanner, "status.allocatable", &problems, ofNode: true)
            case "conditions":
                try scanner.elements(of: "status.conditions", &problems) {
                    _, scanner, problems throws(JSONFault) in
                    let fields = try readWords(&scanner, "status.conditions", &problems)
                    read.conditions.append(Condition(fields))
                }
            case "nodeInfo":
                let fields = try readWords(&scanner, "status.nodeInfo", &problems)
                read.bootID = fields["bootID"] ?? ""
                read.machineID = fields["machineID"] ?? ""
            case "addresses":
                try scanner.elements(of: "status.addresses", &problems) {
                    _, scanner, problems throws(JSONFault) in
                    let fields = try readWords(&scanner, "status.addresses", &problems)
                    read.addresses.append(
                        Address(type: fields["type"] ?? "", address: fields["address"] ?? ""))
                }
            default: try scanner.skipValue()
            }
        }
        self = read
    }
}

extension Taint {
    fileprivate static func read(
        _ scanner: inout JSONScanner, _ path: String, _ problems: inout [FieldProblem]
    ) throws(JSONFault) -> Taint? {
        let fields = try readWords(&scanner, path, &problems)
        let word = fields["effect"] ?? ""
        guard let effect = Effect(rawValue: word) else {
            problems.append(FieldProblem("\(path).effect", "'\(word)' is not an effect"))
            return nil
        }
        return Taint(fields["key"] ?? "", fields["value"] ?? "", effect)
    }
}

/// The members of a flat object that are strings.
func readWords(
    _ scanner: inout JSONScanner, _ path: String, _ problems: inout [FieldProblem]
) throws(JSONFault) -> LabelSet {
    var entries: [LabelSet.Entry] = []
    try scanner.fields(of: path, &problems) { key, scanner, _ throws(JSONFault) in
        guard try scanner.kind() == .string else { return try scanner.skipValue() }
        entries.append(LabelSet.Entry(key.string, try scanner.string()))
    }
    return LabelSet(entries)
}
