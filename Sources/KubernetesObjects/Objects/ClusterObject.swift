import KubernetesJSON

/// An object of the API server, decoded from its JSON; fields that are not needed are skipped.
///
/// What a field has that Muster cannot read is said in ``problems`` and taken for absent; decoding
/// throws only for what is not JSON, or not an object.
public protocol ClusterObject: Decoded {
    /// The types that it is read from, the preferred version first: which of them are served is a
    /// matter of discovery.
    static var resources: [ResourceType] { get }
    /// Name, labels, owners and the like.
    var metadata: ObjectMetadata { get }
    /// Fields that could not be read.
    var problems: [FieldProblem] { get }
}

extension ObjectMetadata {
    /// Annotations that are large, or change with every pod, and that say nothing to a scheduler.
    private static let skippedAnnotations = [
        "kubectl.kubernetes.io/", "k8s.v1.cni.cncf.io/", "cni.projectcalico.org/",
        "k8s.ovn.org/", "csi.volume.kubernetes.io/",
    ]
    private static let longestAnnotation = 16 << 10

    /// Reads `metadata`, with what is wrong in `problems`.
    static func read(
        _ scanner: inout JSONScanner, _ problems: inout [FieldProblem]
    ) throws(JSONFault) -> ObjectMetadata {
        var metadata = ObjectMetadata()
        try scanner.fields(of: "metadata", &problems) {
            key, scanner, problems throws(JSONFault) in
            switch key {
            case "name": metadata.name = try scanner.string()
            case "namespace": metadata.namespace = try scanner.string()
            case "uid": metadata.uid = try scanner.string()
            case "resourceVersion": metadata.resourceVersion = try scanner.string()
            case "generation": metadata.generation = try scanner.integer()
            case "creationTimestamp":
                metadata.creationTimestamp = try scanner.timestamp()?.seconds ?? 0
            case "deletionTimestamp":
                // One that cannot be read still says that somebody has deleted the object.
                guard !scanner.takeIfNull() else { return }
                metadata.deletionTimestamp = try scanner.timestamp()?.seconds ?? 0
            case "labels": metadata.labels = try LabelSet.read(&scanner)
            case "annotations":
                metadata.annotations = try LabelSet.read(
                    &scanner, longest: longestAnnotation,
                    skips: { key in skippedAnnotations.contains { key.hasPrefix($0) } })
            case "ownerReferences":
                try scanner.elements(of: "metadata.ownerReferences", &problems) {
                    _, scanner, problems throws(JSONFault) in
                    let owner = try OwnerReference.read(&scanner, &problems)
                    metadata.owners.insert(
                        owner, at: owner.isController ? 0 : metadata.owners.count)
                }
            default: try scanner.skipValue()
            }
        }
        return metadata
    }
}

extension OwnerReference {
    fileprivate static func read(
        _ scanner: inout JSONScanner, _ problems: inout [FieldProblem]
    ) throws(JSONFault) -> OwnerReference {
        var owner = OwnerReference(
            apiVersion: "", kind: "", name: "", uid: "", isController: false)
        try scanner.fields(of: "metadata.ownerReferences", &problems) {
            key, scanner, _ throws(JSONFault) in
            switch key {
            case "apiVersion": owner.apiVersion = try scanner.string()
            case "kind": owner.kind = try scanner.string()
            case "name": owner.name = try scanner.string()
            case "uid": owner.uid = try scanner.string()
            case "controller": owner.isController = try scanner.boolean()
            default: try scanner.skipValue()
            }
        }
        return owner
    }
}
