import KubernetesJSON

/// What a pod's annotations wish for its whole gang.
struct PodWishes: Hashable {
    /// Where the gang wants to stand; nil when the pod says nothing about it.
    var topology: TopologyWish?
    /// Whether others may take its place.
    var isPreemptible: Bool?
    /// The queue.
    var queue: String?

    static func read(_ pod: Pod, _ problems: inout [GangProblem]) -> PodWishes {
        let (labels, annotations) = (pod.metadata.labels, pod.metadata.annotations)
        var wishes = PodWishes()
        wishes.queue = WorkloadKeys.queue(pod.metadata)
        if let word = labels[WorkloadKeys.kaiPreemptibility] {
            wishes.isPreemptible = word == "preemptible"
        }
        if let word = annotations[WorkloadKeys.volcanoPreemptable]
            ?? labels[WorkloadKeys.volcanoPreemptable]
        {
            wishes.isPreemptible = word == "true"
        }
        if let word = annotations[WorkloadKeys.preemptible] {
            guard word == "true" || word == "false" else {
                problems.append(
                    .malformed(WorkloadKeys.preemptible, word, "true or false", isBlocking: true))
                return wishes
            }
            wishes.isPreemptible = word == "true"
        }
        guard !annotations.isEmpty else { return wishes }
        wishes.topology = readTopology(annotations, &problems)
        return wishes
    }

    private static func readTopology(
        _ annotations: LabelSet, _ problems: inout [GangProblem]
    ) -> TopologyWish? {
        var wish = TopologyWish()
        func level(_ key: String) -> LevelReference? {
            annotations[key].flatMap { $0.isEmpty ? nil : .label($0) }
        }
        wish.required =
            level(WorkloadKeys.requiredTopology) ?? level(WorkloadKeys.leaderExclusive)
        wish.preferred = level(WorkloadKeys.preferredTopology)
        if wish.required != nil, wish.preferred != nil {
            problems.append(
                GangProblem(
                    .contradictoryWishes,
                    field: "metadata.annotations[\(WorkloadKeys.preferredTopology)]",
                    "a topology is required and another preferred",
                    remedy: "keep one of the two annotations", isBlocking: false))
        }
        wish.slice = readSlice(annotations, &problems)
        if wish.slice == nil, let exclusive = level(WorkloadKeys.jobSetExclusive) {
            wish.slice = TopologyWish.Slice(members: nil, level: exclusive)
        }
        let isUnconstrained = annotations[WorkloadKeys.unconstrainedTopology] == "true"
        return wish.isEmpty && !isUnconstrained ? nil : wish
    }

    private static func readSlice(
        _ annotations: LabelSet, _ problems: inout [GangProblem]
    ) -> TopologyWish.Slice? {
        if let text = annotations[WorkloadKeys.sliceLayers] {
            return readLayers(text, &problems)
        }
        let size = annotations[WorkloadKeys.sliceSize]
        guard let key = annotations[WorkloadKeys.sliceTopology], !key.isEmpty else {
            if let size {
                problems.append(
                    .malformed(
                        WorkloadKeys.sliceSize, size, "used without \(WorkloadKeys.sliceTopology)",
                        isBlocking: false))
            }
            return nil
        }
        guard let size, let members = Int32(size), members > 0 else {
            problems.append(
                .malformed(
                    WorkloadKeys.sliceSize, size ?? "", "a whole number from 1 on",
                    isBlocking: true))
            return nil
        }
        return TopologyWish.Slice(members: Int(members), level: .label(key))
    }

    /// Kueue's list of up to three layers, coarse to fine. The engine knows one: the first.
    private static func readLayers(
        _ text: String, _ problems: inout [GangProblem]
    ) -> TopologyWish.Slice? {
        let layers = try? JSONScanner.read(Array(text.utf8)) {
            scanner throws(JSONFault) -> [(level: String, size: Int64)] in
            var layers: [(level: String, size: Int64)] = []
            try scanner.enterArray()
            while try scanner.nextElement() {
                var layer: (level: String, size: Int64) = ("", 0)
                try scanner.enterObject()
                while let key = try scanner.nextKey() {
                    switch key {
                    case "topology": layer.level = try scanner.string()
                    case "size": layer.size = try scanner.integer()
                    default: try scanner.skipValue()
                    }
                }
                layers.append(layer)
            }
            return layers
        }
        guard let layers, let first = layers.first, !first.level.isEmpty, first.size > 0,
            first.size <= Int64(Int32.max)
        else {
            problems.append(
                .malformed(
                    WorkloadKeys.sliceLayers, text,
                    #"a list as [{"topology":"LABEL","size":8}]"#, isBlocking: true))
            return nil
        }
        if layers.count > 1 {
            problems.append(
                GangProblem(
                    .unsupported, field: "metadata.annotations[\(WorkloadKeys.sliceLayers)]",
                    "only the first of \(layers.count) layers is used",
                    remedy: "keep one layer", isBlocking: false))
        }
        return TopologyWish.Slice(members: Int(first.size), level: .label(first.level))
    }
}
