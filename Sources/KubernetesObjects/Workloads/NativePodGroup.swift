import KubernetesJSON

/// `scheduling.k8s.io` PodGroup, in the shapes of Kubernetes 1.36 (v1alpha2) and 1.37 (v1beta1 and
/// v1alpha3).
public struct NativePodGroup: GangDeclaring {
    /// Name, labels, owners and the like.
    public var metadata = ObjectMetadata()
    /// Fields that could not be read.
    public var problems: [FieldProblem] = []
    /// What it says about its pods.
    public var declaration: GangDeclaration

    /// The types that it is read from.
    public static let resources = ["v1", "v1beta1", "v1alpha3", "v1alpha2"].map {
        ResourceType(group: "scheduling.k8s.io", version: $0, plural: "podgroups", kind: "PodGroup")
    }

    /// Reads one object; throws for what is not JSON, or not an object.
    public init(reading scanner: inout JSONScanner) throws(JSONFault) {
        var (metadata, problems) = (ObjectMetadata(), [FieldProblem]())
        var template = GangDeclaration.Template()
        var workload = ""
        declaration = try readDeclaration(.nativePodGroup, &scanner, &metadata, &problems) {
            key, scanner, declaration, problems throws(JSONFault) in
            switch key {
            case "podGroupTemplateRef", "workloadRef":
                try readTemplateLink(&scanner, &workload, &template.name, &problems)
            case "parentCompositePodGroupName":
                let path = "spec.parentCompositePodGroupName"
                guard try scanner.optionalString(path, &problems) != nil else { return }
                declaration.problems.append(
                    GangProblem(
                        .unsupported, field: path, "the groups of a composite are started singly",
                        remedy: "use one PodGroup for pods that must start together",
                        isBlocking: false))
            default:
                if try template.read(key, "spec", &scanner, &problems) { return }
                try scanner.skipValue()
            }
        }
        (declaration.style, declaration.minimum) = (template.style, template.minimum)
        (declaration.topology, declaration.priority) = (template.topology, template.priority)
        declaration.minimumField = "spec.schedulingPolicy.gang.minCount"
        declaration.take(metadata, problems)
        if !workload.isEmpty {
            let key = ObjectKey(.nativeWorkload, namespace: metadata.namespace, name: workload)
            declaration.template = (key, template.name)
        }
        (self.metadata, self.problems) = (metadata, problems)
    }
}

/// 1.36 has `podGroupTemplateRef.workload{workloadName, podGroupTemplateName}`, 1.37
/// `workloadRef{workloadName, templateName}`.
private func readTemplateLink(
    _ scanner: inout JSONScanner, _ workload: inout String, _ template: inout String,
    _ problems: inout [FieldProblem]
) throws(JSONFault) {
    var (workloadName, templateName) = (workload, template)
    func read(
        _ key: JSONText, _ scanner: inout JSONScanner, _ problems: inout [FieldProblem]
    ) throws(JSONFault) {
        switch key {
        case "workloadName": workloadName = try scanner.string()
        case "templateName", "podGroupTemplateName": templateName = try scanner.string()
        default: try scanner.skipValue()
        }
    }
    try scanner.fields(of: "spec.workloadRef", &problems) {
        key, scanner, problems throws(JSONFault) in
        guard key == "workload" else { return try read(key, &scanner, &problems) }
        try scanner.fields(of: "spec.podGroupTemplateRef.workload", &problems) {
            key, scanner, problems throws(JSONFault) in try read(key, &scanner, &problems)
        }
    }
    (workload, template) = (workloadName, templateName)
}

/// `scheduling.k8s.io` Workload: of Kubernetes 1.35 (v1alpha1), where pods name its pod groups, and
/// of later versions, where PodGroups name its templates.
public struct NativeWorkload: GangDeclaring {
    /// Name, labels, owners and the like.
    public var metadata = ObjectMetadata()
    /// Fields that could not be read.
    public var problems: [FieldProblem] = []
    /// What it says about its pods.
    public var declaration: GangDeclaration

    /// The types that it is read from.
    public static let resources = ["v1", "v1beta1", "v1alpha3", "v1alpha2", "v1alpha1"].map {
        ResourceType(group: "scheduling.k8s.io", version: $0, plural: "workloads", kind: "Workload")
    }

    /// Reads one object; throws for what is not JSON, or not an object.
    public init(reading scanner: inout JSONScanner) throws(JSONFault) {
        var (metadata, problems) = (ObjectMetadata(), [FieldProblem]())
        declaration = try readDeclaration(.nativeWorkload, &scanner, &metadata, &problems) {
            key, scanner, declaration, problems throws(JSONFault) in
            let path = "spec.\(key.string)"
            guard key == "podGroups" || key == "podGroupTemplates" else {
                return try scanner.skipValue()
            }
            try scanner.elements(of: path, &problems) {
                index, scanner, problems throws(JSONFault) in
                var template = GangDeclaration.Template()
                let place = "\(path)[\(index)]"
                try scanner.fields(of: place, &problems) {
                    key, scanner, problems throws(JSONFault) in
                    if key == "name" { return template.name = try scanner.string() }
                    if try template.read(key, place, &scanner, &problems) { return }
                    try scanner.skipValue()
                }
                declaration.templates.append(template)
            }
        }
        declaration.minimumField = "spec.podGroups[].policy.gang.minCount"
        declaration.take(metadata, problems)
        (self.metadata, self.problems) = (metadata, problems)
    }
}

extension GangDeclaration.Template {
    /// Reads a field that PodGroups and the templates of Workloads share; false for another.
    mutating func read(
        _ key: JSONText, _ path: String, _ scanner: inout JSONScanner,
        _ problems: inout [FieldProblem]
    ) throws(JSONFault) -> Bool {
        switch key {
        case "policy", "schedulingPolicy":
            try readPolicy("\(path).\(key.string)", &scanner, &problems)
        case "schedulingConstraints":
            try readConstraints("\(path).schedulingConstraints", &scanner, &problems)
        case "priorityClassName":
            try scanner.fill(&priority.className, "\(path).priorityClassName", &problems)
        case "priority":
            priority.value = try scanner.optionalInteger("\(path).priority", &problems)
                .map { Int32(clamping: $0) }
        case "preemptionPolicy":
            priority.preemption = PreemptionPolicy(rawValue: try scanner.string())
        default: return false
        }
        return true
    }

    private mutating func readPolicy(
        _ path: String, _ scanner: inout JSONScanner, _ problems: inout [FieldProblem]
    ) throws(JSONFault) {
        var read = self
        try scanner.fields(of: path, &problems) { key, scanner, problems throws(JSONFault) in
            switch key {
            case "basic":
                if !scanner.takeIfNull() {
                    read.style = .each
                    try scanner.skipValue()
                }
            case "gang":
                if scanner.takeIfNull() { return }
                read.style = .whole
                try scanner.fields(of: "\(path).gang", &problems) {
                    key, scanner, problems throws(JSONFault) in
                    guard key == "minCount" else { return try scanner.skipValue() }
                    read.minimum = try scanner.count("\(path).gang.minCount", &problems)
                }
            default: try scanner.skipValue()
            }
        }
        self = read
    }

    private mutating func readConstraints(
        _ path: String, _ scanner: inout JSONScanner, _ problems: inout [FieldProblem]
    ) throws(JSONFault) {
        var keys: [String] = []
        try scanner.fields(of: path, &problems) { key, scanner, problems throws(JSONFault) in
            guard key == "topology" else { return try scanner.skipValue() }
            try scanner.elements(of: "\(path).topology", &problems) {
                _, scanner, problems throws(JSONFault) in
                try scanner.fields(of: "\(path).topology", &problems) {
                    key, scanner, _ throws(JSONFault) in
                    guard key == "key" || key == "level" else { return try scanner.skipValue() }
                    keys.append(try scanner.string())
                }
            }
        }
        topology.required = keys.first.map { .label($0) }
    }
}
