import KubernetesJSON

/// KubeRay's RayCluster. Its pods start together when the label
/// `ray.io/gang-scheduling-enabled` of it or its RayJob says so; Ray itself takes them one by one.
public struct RayCluster: GangDeclaring {
    /// Name, labels, owners and the like.
    public var metadata = ObjectMetadata()
    /// Fields that could not be read.
    public var problems: [FieldProblem] = []
    /// What it says about its pods.
    public var declaration: GangDeclaration

    /// The types that it is read from.
    public static let resources = ["v1", "v1alpha1"].map {
        ResourceType(group: "ray.io", version: $0, plural: "rayclusters", kind: "RayCluster")
    }

    /// Reads one object; throws for what is not JSON, or not an object.
    public init(reading scanner: inout JSONScanner) throws(JSONFault) {
        var (metadata, problems) = (ObjectMetadata(), [FieldProblem]())
        var (isAutoscaled, groups): (Bool, [WorkerGroup]) = (false, [])
        declaration = try readDeclaration(.rayCluster, &scanner, &metadata, &problems) {
            key, scanner, _, problems throws(JSONFault) in
            switch key {
            case "enableInTreeAutoscaling": isAutoscaled = try scanner.boolean()
            case "workerGroupSpecs":
                try scanner.elements(of: "spec.workerGroupSpecs", &problems) {
                    index, scanner, problems throws(JSONFault) in
                    groups.append(
                        try WorkerGroup.read(
                            &scanner, "spec.workerGroupSpecs[\(index)]", &problems))
                }
            default: try scanner.skipValue()
            }
        }
        declaration.roles =
            [GangDeclaration.Role("headgroup", replicas: 1)]
            + groups.map { $0.role(isAutoscaled: isAutoscaled) }
        declaration.take(metadata, problems)
        (self.metadata, self.problems) = (metadata, problems)
    }
}

private struct WorkerGroup {
    var name = ""
    var replicas = 1
    var minimum = 0
    var hosts = 1

    /// With the autoscaler Ray asks for more than the minimum later, by itself.
    func role(isAutoscaled: Bool) -> GangDeclaration.Role {
        let hosts = min(max(hosts, 1), 1 << 20)
        let minimum = min(isAutoscaled ? minimum : replicas, 1 << 31)
        return GangDeclaration.Role(
            name, replicas: max(min(replicas, 1 << 31), minimum) * hosts, minimum: minimum * hosts,
            perPart: hosts)
    }

    static func read(
        _ scanner: inout JSONScanner, _ path: String, _ problems: inout [FieldProblem]
    ) throws(JSONFault) -> WorkerGroup {
        var group = WorkerGroup()
        try scanner.fields(of: path, &problems) { key, scanner, problems throws(JSONFault) in
            switch key {
            case "groupName": group.name = try scanner.string()
            case "replicas":
                group.replicas = try scanner.count("\(path).replicas", &problems) ?? 1
            case "minReplicas":
                group.minimum = try scanner.count("\(path).minReplicas", &problems) ?? 0
            case "numOfHosts":
                group.hosts = try scanner.count("\(path).numOfHosts", &problems) ?? 1
            default: try scanner.skipValue()
            }
        }
        return group
    }
}

/// KubeRay's RayJob. It makes a RayCluster, which tells the rest.
public struct RayJob: GangDeclaring {
    /// Name, labels, owners and the like.
    public var metadata = ObjectMetadata()
    /// Fields that could not be read.
    public var problems: [FieldProblem] = []
    /// What it says about its pods.
    public var declaration: GangDeclaration

    /// The types that it is read from.
    public static let resources = ["v1", "v1alpha1"].map {
        ResourceType(group: "ray.io", version: $0, plural: "rayjobs", kind: "RayJob")
    }

    /// Reads one object; throws for what is not JSON, or not an object.
    public init(reading scanner: inout JSONScanner) throws(JSONFault) {
        var (metadata, problems) = (ObjectMetadata(), [FieldProblem]())
        declaration = try readDeclaration(.rayJob, &scanner, &metadata, &problems) {
            key, scanner, declaration, problems throws(JSONFault) in
            guard key == "activeDeadlineSeconds" else { return try scanner.skipValue() }
            declaration.deadlineSeconds = try scanner.optionalInteger(
                "spec.activeDeadlineSeconds", &problems)
        }
        declaration.take(metadata, problems)
        (self.metadata, self.problems) = (metadata, problems)
    }
}
