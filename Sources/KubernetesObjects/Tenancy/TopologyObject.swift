import FleetModel
import KubernetesJSON

/// A list of topology levels as an object of the cluster: Muster's own, Kueue's or KAI's.
public struct TopologyObject: ClusterObject, Hashable {
    /// Name, labels, owners and the like.
    public var metadata = ObjectMetadata()
    /// Fields that could not be read.
    public var problems: [FieldProblem] = []
    /// What its status says about whether it is accepted; nil when it does not.
    public var accepted: AcceptedCondition?
    /// The name of a preset; nil when the levels are listed.
    public var preset: String?
    /// The levels, coarse to fine, without the host.
    public var levels: [TopologyLevel] = []

    /// The types by whose they are, in the order in which they count: Muster's own, Kueue's, KAI's,
    /// which are read the same way.
    public static let families = [
        [(MusterResources.group, MusterResources.version)],
        [("kueue.x-k8s.io", "v1beta2"), ("kueue.x-k8s.io", "v1beta1")],
        [("kai.scheduler", "v1alpha1")],
    ].map { versions in
        versions.map {
            ResourceType(
                group: $0.0, version: $0.1, plural: "topologies", kind: "Topology",
                isNamespaced: false)
        }
    }

    /// The types of all families.
    public static let resources = Array(families.joined())

    /// Reads one object; throws for what is not JSON, or not an object.
    public init(reading scanner: inout JSONScanner) throws(JSONFault) {
        var (preset, levels): (String?, [TopologyLevel]) = (nil, [])
        try scanner.enterObject()
        while let key = try scanner.nextKey() {
            switch key {
            case "metadata": metadata = try ObjectMetadata.read(&scanner, &problems)
            case "status": accepted = try scanner.acceptedCondition()
            case "spec":
                try scanner.fields(of: "spec", &problems) {
                    key, scanner, problems throws(JSONFault) in
                    switch key {
                    case "preset": preset = try scanner.optionalString("spec.preset", &problems)
                    case "levels":
                        try scanner.elements(of: "spec.levels", &problems) {
                            index, scanner, problems throws(JSONFault) in
                            levels.append(
                                try TopologyLevel.read(
                                    &scanner, "spec.levels[\(index)]", &problems))
                        }
                    default: try scanner.skipValue()
                    }
                }
            default: try scanner.skipValue()
            }
        }
        self.preset = preset
        self.levels = levels.filter { $0.label != "kubernetes.io/hostname" }
    }

    /// The topology; nil, with what is wrong in `problems`, when there is none to be made of it.
    public func topology(problems: inout [FieldProblem]) -> Topology? {
        if let preset {
            if let topology = Topology.preset(named: preset) { return topology.labelled }
            let names = Topology.presets.map(\.name).joined(separator: ", ")
            problems.append(
                FieldProblem("spec.preset", "there is no preset '\(preset)', but \(names)"))
            return nil
        }
        guard levels.count < FleetLimits.topologyLevels else {
            problems.append(
                FieldProblem(
                    "spec.levels", "at most \(FleetLimits.topologyLevels - 1) levels are possible"))
            return nil
        }
        var names: Set<String> = [Topology.hostName]
        for (index, level) in levels.enumerated() {
            if level.label.isEmpty {
                problems.append(FieldProblem("spec.levels[\(index)].label", "it is missing"))
                return nil
            }
            if !names.insert(level.name).inserted {
                problems.append(
                    FieldProblem(
                        "spec.levels[\(index)].name", "'\(level.name)' names two levels"))
                return nil
            }
        }
        return Topology(levels: levels)
    }
}

extension TopologyLevel {
    fileprivate static func read(
        _ scanner: inout JSONScanner, _ path: String, _ problems: inout [FieldProblem]
    ) throws(JSONFault) -> TopologyLevel {
        var level = TopologyLevel(name: "")
        try scanner.fields(of: path, &problems) { key, scanner, _ throws(JSONFault) in
            switch key {
            case "name", "alias": level.name = try scanner.string()
            case "label", "nodeLabel": level.label = try scanner.string()
            default: try scanner.skipValue()
            }
        }
        // Kueue's levels have no names; what stands behind the slash reads best.
        if level.name.isEmpty {
            level.name = level.label.split(separator: "/").last.map(String.init) ?? ""
        }
        return level
    }
}
