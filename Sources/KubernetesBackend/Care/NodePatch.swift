import KubernetesJSON

/// A change of a node.
enum NodePatch: Hashable {
    /// Of labels and annotations; nil takes one away.
    case metadata(labels: [String: String?], annotations: [String: String?])
    /// Of a condition.
    case condition(type: String, status: String, reason: String, message: String)

    /// The body; a condition is merged with the others by its type.
    func body(now: String) -> [UInt8] {
        JSONWriter.object { node in
            switch self {
            case .metadata(let labels, let annotations):
                node.object("metadata") { metadata in
                    NodePatch.write("labels", labels, to: &metadata)
                    NodePatch.write("annotations", annotations, to: &metadata)
                }
            case .condition(let type, let status, let reason, let message):
                node.object("status") { body in
                    body.array("conditions") { list in
                        list.object { condition in
                            condition.member("type", type)
                            condition.member("status", status)
                            condition.member("reason", reason)
                            condition.member("message", message)
                            condition.member("lastTransitionTime", now)
                            condition.member("lastHeartbeatTime", now)
                        }
                    }
                }
            }
        }
    }

    private static func write(
        _ name: String, _ values: [String: String?], to writer: inout JSONWriter
    ) {
        guard !values.isEmpty else { return }
        writer.object(name) { object in
            for (key, value) in values.sorted(by: { $0.key < $1.key }) {
                if let value {
                    object.member(key, value)
                } else {
                    object.key(key)
                    object.null()
                }
            }
        }
    }
}

extension RepairMark {
    /// What asks for a repair. The note comes last: where it is, the mark was set.
    func setting(_ note: RepairNote) -> [NodePatch] {
        let noted: [String: String?] = [RepairMark.noteKey: note.text]
        let value = value(note.work, of: note.device)
        switch kind {
        case .label: return [.metadata(labels: [key: value], annotations: noted)]
        case .annotation:
            return [.metadata(labels: [:], annotations: noted.merging([key: value]) { $1 })]
        case .condition:
            return [
                .condition(
                    type: key, status: value, reason: "MusterRepair",
                    message: "Muster asks for \(note.work.described) of this node"),
                .metadata(labels: [:], annotations: noted),
            ]
        }
    }

    /// What takes it back. What somebody else has set meanwhile stays.
    func clearing(_ work: RepairWork, _ device: String?, isSet: Bool) -> [NodePatch] {
        let noted: [String: String?] = [RepairMark.noteKey: nil]
        switch kind {
        case .label:
            return [.metadata(labels: isSet ? [key: nil] : [:], annotations: noted)]
        case .annotation:
            return [.metadata(labels: [:], annotations: noted.merging([key: nil]) { $1 })]
        case .condition:
            let opposite = value(work, of: device) == "True" ? "False" : "True"
            let condition = NodePatch.condition(
                type: key, status: opposite, reason: "MusterRepairEnded",
                message: "Muster does not ask for \(work.described) of this node any more")
            return (isSet ? [condition] : []) + [.metadata(labels: [:], annotations: noted)]
        }
    }

    /// The annotation with a ``RepairNote``.
    static let noteKey = "muster.dev/repair"
}
