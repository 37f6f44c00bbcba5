import KubernetesJSON

/// A job of Kubeflow's training operator (PyTorchJob, TFJob, XGBoostJob, PaddleJob, JAXJob,
/// MPIJob v1) or of the MPI operator (MPIJob v2beta1). Which of them it is, its spec tells.
public struct KubeflowJob: GangDeclaring {
    /// Name, labels, owners and the like.
    public var metadata = ObjectMetadata()
    /// Fields that could not be read.
    public var problems: [FieldProblem] = []
    /// What it says about its pods.
    public var declaration: GangDeclaration

    /// The types that it is read from.
    public static let resources =
        [
            ("pytorchjobs", "PyTorchJob"), ("tfjobs", "TFJob"), ("xgboostjobs", "XGBoostJob"),
            ("paddlejobs", "PaddleJob"), ("jaxjobs", "JAXJob"),
        ].map {
            ResourceType(group: "kubeflow.org", version: "v1", plural: $0.0, kind: $0.1)
        }
        + ["v2beta1", "v1"].map {
            ResourceType(group: "kubeflow.org", version: $0, plural: "mpijobs", kind: "MPIJob")
        }

    /// Reads one object; throws for what is not JSON, or not an object.
    public init(reading scanner: inout JSONScanner) throws(JSONFault) {
        var (metadata, problems) = (ObjectMetadata(), [FieldProblem]())
        var (launcherLast, elasticMinimum): (Bool, Int?) = (false, nil)
        declaration = try readDeclaration(.pyTorchJob, &scanner, &metadata, &problems) {
            key, scanner, declaration, problems throws(JSONFault) in
            if let kind = KubeflowJob.kind(of: key) {
                declaration.key.kind = kind
                declaration.roles = try readReplicas(
                    &scanner, "spec.\(key.string)", &problems)
                return
            }
            switch key {
            case "runPolicy": try readRunPolicy(&scanner, &declaration, &problems)
            case "elasticPolicy":
                try scanner.fields(of: "spec.elasticPolicy", &problems) {
                    key, scanner, problems throws(JSONFault) in
                    guard key == "minReplicas" else { return try scanner.skipValue() }
                    elasticMinimum = try scanner.count("spec.elasticPolicy.minReplicas", &problems)
                }
            case "launcherCreationPolicy":
                launcherLast = try scanner.text() == "WaitForWorkersReady"
            default: try scanner.skipValue()
            }
        }
        for index in declaration.roles.indices {
            let role = declaration.roles[index]
            if role.name == "worker", let minimum = elasticMinimum {
                declaration.roles[index].minimum = min(minimum, role.replicas)
            }
            // A launcher that is made when the workers are ready cannot be waited for.
            if role.name == "launcher", launcherLast { declaration.roles[index].minimum = 0 }
        }
        declaration.style = .whole
        declaration.minimumField = "spec.runPolicy.schedulingPolicy.minAvailable"
        declaration.take(metadata, problems)
        (self.metadata, self.problems) = (metadata, problems)
    }

    private static func kind(of key: JSONText) -> ObjectKind? {
        switch key {
        case "pytorchReplicaSpecs": .pyTorchJob
        case "tfReplicaSpecs": .tfJob
        case "xgbReplicaSpecs": .xgBoostJob
        case "paddleReplicaSpecs": .paddleJob
        case "jaxReplicaSpecs": .jaxJob
        case "mpiReplicaSpecs": .mpiJob
        default: nil
        }
    }
}

/// Replica types in the order in which they are written; labels have them in lower case.
private func readReplicas(
    _ scanner: inout JSONScanner, _ path: String, _ problems: inout [FieldProblem]
) throws(JSONFault) -> [GangDeclaration.Role] {
    var roles: [GangDeclaration.Role] = []
    try scanner.fields(of: path, &problems) { key, scanner, problems throws(JSONFault) in
        let name = key.string
        var replicas = 1
        try scanner.fields(of: "\(path).\(name)", &problems) {
            key, scanner, problems throws(JSONFault) in
            guard key == "replicas" else { return try scanner.skipValue() }
            replicas = try scanner.count("\(path).\(name).replicas", &problems) ?? 1
        }
        roles.append(GangDeclaration.Role(name.lowercased(), replicas: replicas))
    }
    return roles
}

private func readRunPolicy(
    _ scanner: inout JSONScanner, _ declaration: inout GangDeclaration,
    _ problems: inout [FieldProblem]
) throws(JSONFault) {
    var read = declaration
    try scanner.fields(of: "spec.runPolicy", &problems) {
        key, scanner, problems throws(JSONFault) in
        switch key {
        case "activeDeadlineSeconds":
            read.deadlineSeconds = try scanner.optionalInteger(
                "spec.runPolicy.activeDeadlineSeconds", &problems)
        case "schedulingPolicy":
            let path = "spec.runPolicy.schedulingPolicy"
            try scanner.fields(of: path, &problems) { key, scanner, problems throws(JSONFault) in
                switch key {
                case "minAvailable":
                    read.minimum = try scanner.count("\(path).minAvailable", &problems)
                case "queue": try scanner.fill(&read.queue, "\(path).queue", &problems)
                case "priorityClass":
                    try scanner.fill(
                        &read.priority.className, "\(path).priorityClass", &problems)
                default: try scanner.skipValue()
                }
            }
        default: try scanner.skipValue()
        }
    }
    declaration = read
}

/// Kubeflow's TrainJob (Trainer v2). It becomes a JobSet, which tells the rest.
public struct TrainJob: GangDeclaring {
    /// Name, labels, owners and the like.
    public var metadata = ObjectMetadata()
    /// Fields that could not be read.
    public var problems: [FieldProblem] = []
    /// What it says about its pods.
    public var declaration: GangDeclaration

    /// The types that it is read from.
    public static let resources = [
        ResourceType(
            group: "trainer.kubeflow.org", version: "v1alpha1", plural: "trainjobs",
            kind: "TrainJob")
    ]

    /// Reads one object; throws for what is not JSON, or not an object.
    public init(reading scanner: inout JSONScanner) throws(JSONFault) {
        var (metadata, problems) = (ObjectMetadata(), [FieldProblem]())
        declaration = try readDeclaration(.trainJob, &scanner, &metadata, &problems) {
            _, scanner, _, _ throws(JSONFault) in
            try scanner.skipValue()
        }
        declaration.take(metadata, problems)
        (self.metadata, self.problems) = (metadata, problems)
    }
}
