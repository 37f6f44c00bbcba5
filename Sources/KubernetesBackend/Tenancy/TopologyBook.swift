import FleetModel
import KubernetesJSON
import KubernetesObjects

/// The Topology objects of the family that is followed, beside the levels that are in force. These
/// stay what they are until the scheduler starts again: places of all that runs are by them.
struct TopologyBook {
    private let choice: TopologyChoice
    private var objects: [String: TopologyObject] = [:]
    private var listed: Set<String>?
    private var hasNews = false
    /// Reasons that were said in an event, by uid.
    private var said: [String: String] = [:]

    /// A verdict on one object.
    private struct Verdict {
        var isAccepted = false
        var reason: String
        var message: String
    }

    init(_ choice: TopologyChoice) { self.choice = choice }

    // MARK: Objects

    mutating func put(_ object: TopologyObject) {
        listed?.insert(object.metadata.name)
        objects[object.metadata.name] = object
        hasNews = true
    }

    /// An object is gone. Says what there is to say about that, for the log.
    mutating func remove(_ name: String) -> String? {
        guard let object = objects.removeValue(forKey: name) else { return nil }
        hasNews = true
        guard choice.source == .object(uid: object.metadata.uid, name: name) else { return nil }
        return "the topology '\(name)' is gone; its levels count until the scheduler starts again"
    }

    mutating func listBegan() { listed = [] }

    mutating func listEnded() -> [String] {
        defer { listed = nil }
        return objects.keys.sorted().filter { listed?.contains($0) == false }
            .compactMap { remove($0) }
    }

    /// Nodes have changed, and with them how many have the labels.
    mutating func noteNodes() { hasNews = !objects.isEmpty }

    // MARK: Words

    /// What there is to say about the objects now: all statuses, and new events. Nil for no news.
    mutating func takeWords(
        _ nodes: NodeBook
    ) -> (statuses: [ObjectStatus], events: [EventText])? {
        guard hasNews else { return nil }
        hasNews = false
        var statuses: [ObjectStatus] = []
        var events: [EventText] = []
        var now: [String: String] = [:]
        for (name, object) in objects.sorted(by: { $0.key < $1.key }) {
            let verdict = verdict(on: object, nodes)
            let uid = object.metadata.uid
            let subject = ObjectReference(ObjectKey(.topology, name: name), uid: uid)
            var status = ObjectStatus(
                subject: subject, generation: object.metadata.generation,
                isAccepted: verdict.isAccepted, reason: verdict.reason, message: verdict.message)
            if let accepted = object.accepted, accepted.isTrue == verdict.isAccepted {
                status.since = accepted.since
            }
            // Objects of others have a status of their own.
            if choice.type?.group == MusterResources.group { statuses.append(status) }
            now[uid] = verdict.reason
            if !verdict.isAccepted, said[uid] != verdict.reason {
                events.append(
                    EventText(
                        subject: subject, isWarning: true, reason: verdict.reason,
                        action: "Reading", note: verdict.message))
            }
        }
        said = now
        return (statuses, events)
    }

    private func verdict(on object: TopologyObject, _ nodes: NodeBook) -> Verdict {
        var problems = object.problems
        guard let topology = object.topology(problems: &problems) else {
            let text = problems.map { "\($0.path): \($0.message)" }.joined(separator: ". ")
            return Verdict(reason: "UnreadableField", message: text)
        }
        switch choice.source {
        case .option:
            return Verdict(
                reason: "Overridden", message: "the levels are those of the option --topology")
        case .labels:
            return Verdict(
                reason: "RestartNeeded",
                message: "the levels were found by labels of nodes before it was there; it counts "
                    + "when the scheduler starts again")
        case .object(let uid, let name):
            guard object.metadata.uid == uid else {
                let isNext = object.metadata.name < name || objects[name]?.metadata.uid != uid
                return Verdict(
                    reason: "NotUsed",
                    message: "'\(name)' gives the levels, and only one can"
                        + (isNext ? ", until the scheduler starts again; then it is this one" : ""))
            }
            guard topology == choice.topology else {
                return Verdict(
                    reason: "RestartNeeded",
                    message: "its levels are others now; those of the scheduler's start count "
                        + "until it starts again")
            }
            let (labelled, all) = nodes.labelled(topology)
            return Verdict(
                isAccepted: true, reason: "InForce",
                message: "\(labelled) of \(all) nodes have labels for all its levels")
        }
    }
}

extension NodeBook {
    /// How many nodes have a label for every level, and of how many; those without accelerators
    /// count only when no node has any.
    fileprivate func labelled(_ topology: Topology) -> (labelled: Int, all: Int) {
        let all = nodeNames.compactMap { facts($0) }
        let accelerated = all.filter { !$0.accelerators(translation.naming).isEmpty }
        let nodes = accelerated.isEmpty ? all : accelerated
        let labels = topology.levels.dropLast().map(\.label)
        let labelled = nodes.count { node in labels.allSatisfy { node.labels[$0] != nil } }
        return (labelled, nodes.count)
    }
}
