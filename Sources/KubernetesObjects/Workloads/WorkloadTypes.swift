import KubernetesJSON

/// The objects that declare gangs.
public enum WorkloadTypes {
    /// All of them. Their ``ClusterObject/resources`` say what to watch, where it is served.
    public static let all: [any GangDeclaring.Type] = [
        CoschedulingPodGroup.self, VolcanoPodGroup.self, KAIPodGroup.self, NativePodGroup.self,
        NativeWorkload.self, Job.self, JobSet.self, LeaderWorkerSet.self, KubeflowJob.self,
        TrainJob.self, RayCluster.self, RayJob.self,
    ]
}

extension GangDeclaring {
    /// What an object says that was read as one of `type`.
    ///
    /// Items of lists do not carry their kind, and one Swift type reads several of Kubeflow's: a
    /// job of theirs that lacks its replica specs would be taken for another kind.
    public func declaration(readAs type: ResourceType) -> GangDeclaration {
        var declaration = declaration
        if let kind = ObjectKind(type) { declaration.key.kind = kind }
        return declaration
    }
}

extension ObjectKind {
    /// The kind of the objects of a type, if Muster knows it.
    public init?(_ type: ResourceType) {
        self.init(apiVersion: type.apiVersion, kind: type.kind)
    }
}
