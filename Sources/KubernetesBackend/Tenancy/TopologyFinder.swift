import FleetModel
import KubernetesClient
import KubernetesJSON
import KubernetesObjects
import Logging

/// Finds the levels of a cluster at the start.
struct TopologyFinder {
    let client: KubernetesClient
    let discovery: Discovery
    let logger: Logger

    /// What was asked for; else the first family of Topology objects that has one; else what the
    /// labels of the nodes say. Throws `M0705` when the server shows no nodes.
    func find(_ asked: Topology?) async throws -> TopologyChoice {
        let served = TopologyObject.families.compactMap { discovery.served($0) }
        if let asked {
            return TopologyChoice(source: .option, topology: asked.labelled, type: served.first)
        }
        for type in served {
            if let found = TopologyChoice.first(of: try await objects(type), type) { return found }
        }
        return TopologyChoice(
            source: .labels, topology: try await detect(), type: served.first)
    }

    private func objects(_ type: ResourceType) async throws -> [TopologyObject] {
        var objects: [TopologyObject] = []
        let answer = try await client.list(type, of: TopologyObject.self) { part in
            switch part {
            case .began: objects = []
            case .items(let items): objects += items
            case .unreadable(let bad):
                for object in bad {
                    logger.warning(
                        "\(type) \(object.identity?.name ?? "?") is not readable: \(object.fault)")
                }
            }
        }
        if case .failure(let refusal) = answer {
            logger.warning("\(type) are passed over: \(refusal.message)")
            return []
        }
        return objects
    }

    private func detect() async throws -> Topology {
        guard let type = discovery.served(Node.resources) else {
            throw OperatingError(
                .backendFailed, "the API server shows no nodes",
                hint: "may the account list and watch nodes?")
        }
        var nodes: [NodeFacts] = []
        _ = try await client.list(type, of: Node.self) { part in
            switch part {
            case .began: nodes = []
            case .items(let items): nodes += items.map(\.facts)
            case .unreadable: break
            }
        }.orThrow("the nodes")
        let naming = ResourceNaming()
        let accelerated = nodes.filter { !$0.accelerators(naming).isEmpty }
        return TopologyReading.detect(accelerated.isEmpty ? nodes : accelerated).topology
    }
}
