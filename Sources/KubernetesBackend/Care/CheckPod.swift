import FleetModel
import Health
import KubernetesJSON
import KubernetesObjects
import Qualification

/// A pod that tests a node, as it is seen.
struct CheckPod: ClusterObject, Hashable {
    static let resources = Pod.resources

    static let label = "muster.dev/check"
    static let levelKey = "muster.dev/check-level"
    static let devicesKey = "muster.dev/check-devices"
    static let componentsKey = "muster.dev/check-components"
    static let container = "check"

    /// What every pod has.
    var pod: Pod
    /// Why it is over, or not taken by its node, in a sentence.
    var message = ""
    /// Why its container waits, in a word.
    var waiting = ""
    /// The same in a sentence.
    var waitingMessage = ""
    /// Whether its container answers, by the kubelet of its node.
    var isReady = false
    /// Its address; empty before it has one.
    var address = ""

    var metadata: ObjectMetadata { pod.metadata }
    var problems: [FieldProblem] { pod.problems }
    var name: String { pod.metadata.name }
    var key: PodKey {
        PodKey(
            namespace: pod.metadata.namespace, name: pod.metadata.name, uid: pod.metadata.uid)
    }

    /// The order that it was made for.
    var operation: OperationID? {
        metadata.labels[CheckPod.label].flatMap { Int64($0) }.map { OperationID($0) }
    }

    init(reading scanner: inout JSONScanner) throws(JSONFault) {
        let start = scanner.mark
        pod = try Pod(reading: &scanner)
        let end = scanner.mark
        scanner.rewind(to: start)
        try scanner.enterObject()
        while let key = try scanner.nextKey() {
            if key == "status", try scanner.kind() == .object {
                try readStatus(&scanner)
            } else {
                try scanner.skipValue()
            }
        }
        scanner.rewind(to: end)
    }

    private mutating func readStatus(_ scanner: inout JSONScanner) throws(JSONFault) {
        try scanner.enterObject()
        while let key = try scanner.nextKey() {
            switch key {
            case "message" where try scanner.kind() == .string: message = try scanner.string()
            case "podIP" where try scanner.kind() == .string: address = try scanner.string()
            case "containerStatuses" where try scanner.kind() == .array:
                try scanner.enterArray()
                while try scanner.nextElement() { try readContainer(&scanner) }
            default: try scanner.skipValue()
            }
        }
    }

    private mutating func readContainer(_ scanner: inout JSONScanner) throws(JSONFault) {
        guard try scanner.kind() == .object else { return try scanner.skipValue() }
        try scanner.enterObject()
        while let key = try scanner.nextKey() {
            if key == "ready", try scanner.kind() == .boolean {
                isReady = try scanner.boolean()
                continue
            }
            guard key == "state", try scanner.kind() == .object else {
                try scanner.skipValue()
                continue
            }
            try scanner.enterObject()
            while let key = try scanner.nextKey() {
                guard key == "waiting", try scanner.kind() == .object else {
                    try scanner.skipValue()
                    continue
                }
                try scanner.enterObject()
                while let key = try scanner.nextKey() {
                    switch key {
                    case "reason": waiting = try scanner.string()
                    case "message": waitingMessage = try scanner.string()
                    default: try scanner.skipValue()
                    }
                }
            }
        }
    }

    /// Whether it says of the hardware what an order asks for.
    func covers(_ order: CheckOrder) -> Bool {
        let notes = metadata.annotations
        // Two nodes have pods of one test between them: those go by their names.
        guard pod.nodeName == order.node, order.partner == nil || name == order.podName,
            let level = notes[CheckPod.levelKey].flatMap({ QualificationLevel(name: $0) }),
            let devices = notes[CheckPod.devicesKey].flatMap({ UInt64($0, radix: 16) }),
            let components = notes[CheckPod.componentsKey].flatMap({ UInt16($0, radix: 16) })
        else { return false }
        return level >= order.level && order.devices & ~devices == 0
            && order.components.isSubset(of: ComponentSet(rawValue: components))
    }
}
