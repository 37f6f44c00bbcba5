import KubernetesJSON

/// `leaderworkerset.x-k8s.io` LeaderWorkerSet: each of its groups is a gang.
public struct LeaderWorkerSet: GangDeclaring {
    /// Name, labels, owners and the like.
    public var metadata = ObjectMetadata()
    /// Fields that could not be read.
    public var problems: [FieldProblem] = []
    /// What it says about its pods.
    public var declaration: GangDeclaration

    /// The types that it is read from.
    public static let resources = [
        ResourceType(
            group: "leaderworkerset.x-k8s.io", version: "v1", plural: "leaderworkersets",
            kind: "LeaderWorkerSet")
    ]

    /// Reads one object; throws for what is not JSON, or not an object.
    public init(reading scanner: inout JSONScanner) throws(JSONFault) {
        var (metadata, problems) = (ObjectMetadata(), [FieldProblem]())
        var (size, leaderFirst) = (1, false)
        declaration = try readDeclaration(.leaderWorkerSet, &scanner, &metadata, &problems) {
            key, scanner, _, problems throws(JSONFault) in
            switch key {
            case "startupPolicy": leaderFirst = try scanner.text() == "LeaderReady"
            case "leaderWorkerTemplate":
                try scanner.fields(of: "spec.leaderWorkerTemplate", &problems) {
                    key, scanner, problems throws(JSONFault) in
                    guard key == "size" else { return try scanner.skipValue() }
                    size = try scanner.count("spec.leaderWorkerTemplate.size", &problems) ?? 1
                }
            default: try scanner.skipValue()
            }
        }
        declaration.style = .whole
        declaration.roles = [GangDeclaration.Role("leader", replicas: 1)]
        if size > 1 {
            // Workers that are made once the leader is ready cannot be waited for.
            declaration.roles.append(
                GangDeclaration.Role(
                    "worker", replicas: size - 1, minimum: leaderFirst ? 0 : nil))
        }
        declaration.take(metadata, problems)
        if leaderFirst && size > 1 {
            declaration.problems.append(
                GangProblem(
                    .unsupported, field: "spec.startupPolicy",
                    "workers are made when the leader is ready, so that they join one by one",
                    remedy: "use LeaderCreated to start a group whole", isBlocking: false))
        }
        (self.metadata, self.problems) = (metadata, problems)
    }
}
