import FleetModel
import Health
import HealthControl
import Qualification

/// A test of a node, or of devices of it, that was ordered.
struct CheckOrder: Hashable {
    var id: OperationID
    /// The engine's node.
    var part: NodeID
    /// The node of the cluster.
    var node: String
    /// The resource that its devices are; nil for a node without.
    var resource: String?
    var level: QualificationLevel
    /// Bit `i` says that device `i` is to be tested.
    var devices: UInt64
    /// What has to be under load.
    var components: ComponentSet
    /// UUIDs of the devices that are to be tested, as far as they are known.
    var uuids: [String]
    /// The other node, where nothing but the network between the two is to be tested.
    var partner: Partner?

    /// A node that listens while another one is tested.
    struct Partner: Hashable {
        /// The engine's node.
        var part: NodeID
        /// The node of the cluster.
        var node: String
    }

    init(
        _ id: OperationID, of part: NodeID, node: String, resource: String?,
        level: QualificationLevel, devices: UInt64, components: ComponentSet,
        hardware: HardwareFacts
    ) {
        (self.id, self.part, self.node, self.resource) = (id, part, node, resource)
        (self.level, self.devices, self.components) = (level, devices, components)
        uuids = hardware.devices.filter {
            (0..<64).contains($0.index) && devices & 1 << UInt64($0.index) != 0 && !$0.uuid.isEmpty
        }.map { CheckOrder.name($0.uuid) }
    }

    /// A test of the network between two nodes.
    init(
        _ id: OperationID, of part: NodeID, node: String, level: QualificationLevel,
        with partner: Partner
    ) {
        self.init(
            id, of: part, node: node, resource: nil, level: level, devices: 0,
            components: .network, hardware: HardwareFacts())
        self.partner = partner
    }

    /// UUIDs as NVIDIA's tools write them, whoever wrote them down: `GPU-` and lower case.
    static func name(_ uuid: String) -> String {
        guard let dash = uuid.firstIndex(of: "-") else { return uuid }
        return uuid[..<dash] + uuid[dash...].lowercased()
    }

    /// The pod's name. Whoever has the same order after this process has the same name for it.
    var podName: String {
        // A cut may not end at a dot.
        let node = String(node.prefix(180)).trimming("-.")
        return "check-\(node)-\(level.name)-\(String(devices, radix: 16))-\(id.rawValue)"
    }

    /// The name of the pod that listens on the other node; nil where there is none.
    var listenerName: String? {
        partner.map { "peer-\(String($0.node.prefix(180)).trimming("-."))-\(id.rawValue)" }
    }

    /// Where that pod listens.
    static let listenerPort = 7071

    /// Seconds that its pod may run.
    var runSeconds: Int64 { Int64(level.budgetSeconds) * 3 + 300 }
    /// Seconds until its pod has to run.
    static let startSeconds: Int64 = 600

    /// What of the node a pod gets.
    enum Share: Hashable {
        /// No devices: it has none.
        case host
        /// All devices that the node gives away, as a request to its kubelet.
        case all(resource: String, count: Int64)
        /// These devices, by NVIDIA's runtime, while others have theirs.
        case named([String])
    }

    /// The checks that a test of some devices runs; nil for all of the level. Who sees some devices
    /// only would miss the others.
    func checks(_ share: Share) -> [CheckID]? {
        guard partner == nil else { return [.network] }
        guard case .named = share else { return nil }
        let quick: [CheckID] = [.deviceECC, .devicePCIe, .deviceFabric]
        return CheckID.allCases.filter { check in
            quick.contains(check)
                || check.entry.isLoad && !check.entry.components.isDisjoint(with: components)
        }
    }
}

extension String {
    /// Without these characters at its ends.
    fileprivate func trimming(_ characters: String) -> String {
        var text = Substring(self)
        while let last = text.last, characters.contains(last) { text.removeLast() }
        while let first = text.first, characters.contains(first) { text.removeFirst() }
        return String(text)
    }
}
