import FleetModel
import KubernetesJSON
import KubernetesObjects

/// Where the levels of a cluster come from.
struct TopologyChoice {
    /// What has decided.
    enum Source: Hashable {
        /// The command line.
        case option
        /// An object, by its uid and name.
        case object(uid: String, name: String)
        /// The labels of nodes.
        case labels
    }

    var source: Source
    var topology: Topology
    /// The type of the objects that are followed from then on; nil where none is served.
    var type: ResourceType?

    /// The first object by name that levels can be made of; nil for none.
    static func first(of objects: [TopologyObject], _ type: ResourceType) -> TopologyChoice? {
        for object in objects.sorted(by: { $0.metadata.name < $1.metadata.name }) {
            var problems: [FieldProblem] = []
            guard let topology = object.topology(problems: &problems) else { continue }
            return TopologyChoice(
                source: .object(uid: object.metadata.uid, name: object.metadata.name),
                topology: topology, type: type)
        }
        return nil
    }
}
