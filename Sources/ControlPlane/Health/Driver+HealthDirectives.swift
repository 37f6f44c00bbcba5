import FleetModel
import Health
import HealthControl
import Stacks
import Store

extension Driver {
    /// Does what the health engine asks for. Doing it twice is harmless.
    func carryOut(_ directive: HealthDirective) throws {
        switch directive {
        case .cordon(let node): try hold(node, until: nil)
        case .drain(let node, let deadline): try hold(node, until: deadline ?? .never)
        case .uncordon(let node): try letGo(node)
        case .setDevices(let node, let unhealthy): try withdraw(unhealthy, of: node)
        case .qualify(let node, let id, let level, let devices, let components):
            guard desk.engine.isOutstanding(id) else { return }
            guard !hasCare else {
                return order(
                    .qualify(node, id, level, devices: devices, components: components))
            }
            tellHealth(.engine(.qualified(node, id, .noAnswer(level))))
        case .pair(let node, let id, let level, let other):
            guard desk.engine.isOutstanding(id) else { return }
            guard !hasCare else { return order(.pair(node, id, level, with: other)) }
            tellHealth(.engine(.qualified(node, id, .noAnswer(level))))
        case .repair(let node, let id, let action, let device):
            guard !hasCare else {
                return order(.repair(node, id, action, device: device))
            }
            tellHealth(.engine(.repaired(node, id, .impossible)))
        case .restack(let node, let id, let stack):
            guard hasCare, let declared = desk.stacks[stack] else {
                return tellHealth(.engine(.repaired(node, id, .impossible)))
            }
            order(.restack(node, id, declared))
        case .refuse(let node, let evidence):
            tell("nodeRefused", node, words.refusal(evidence))
        case .propose(let node, let action, let why):
            tell("healthProposal", node, words.proposal(action, why))
        case .tell(let event):
            if case .moved(let node, .some, _, _, _) = event { reviewIsolation(of: node) }
            guard let text = words.text(event) else { return }
            let node = text.node.map { view.directory.node($0) }
            tell(EventRow(kind: text.kind, at: now, node: node, text: text.text))
        case .wake(let at, let token): healthWakes[token] = min(healthWakes[token] ?? at, at)
        }
    }

    private func order(_ order: CareOrder) {
        careOrders[order.id] = order.node
        orders.append(.care(order, toldHardware(of: order.node)))
    }

    /// Tells the backend of what nobody waits for any more. O(n log n) in what it has to do.
    func dropOrders() {
        let dropped = careOrders.filter { !desk.engine.isOutstanding($0.key) }
        for (id, node) in dropped.sorted(by: { $0.key < $1.key }) {
            careOrders[id] = nil
            orders.append(.care(.drop(node, id), HardwareFacts()))
        }
    }

    private var words: HealthWords {
        let engine = desk.engine
        return HealthWords(names: healthNames) { engine.releaseText($0) }
    }

    /// The desk's names with those of the present nodes.
    var healthNames: HealthNames {
        var names = desk.names
        names.nodes = view.directory.fleet.nodeNames
        return names
    }

    /// Keeps a node from new work in the health engine's own name.
    private func hold(_ node: NodeID, until deadline: Instant?) throws {
        guard let present = view.nodes[node.index] else { return }
        let reason = words.reason(desk.engine[node])
        let row = present.row
        guard !row.isHeld || row.heldDeadline != deadline || row.heldFor != reason else { return }
        changeNode(node) { view in
            view.row.isHeld = true
            view.row.heldFor = reason
            view.row.heldDeadline = deadline
        }
        if !row.isHeld || row.heldDeadline != deadline {
            tell(
                deadline == nil ? "nodeCordoned" : "nodeDraining", node,
                "takes no new work: \(reason)")
        }
        try closeInEngine(node)
    }

    /// Takes back what the health engine did; what others closed stays closed.
    private func letGo(_ node: NodeID) throws {
        guard let before = view.nodes[node.index], before.row.isHeld else { return }
        changeNode(node) { view in
            view.row.isHeld = false
            view.row.heldFor = nil
            view.row.heldDeadline = nil
        }
        guard let present = view.nodes[node.index], !present.isClosed else {
            return try closeInEngine(node)
        }
        tell("nodeReady", node, "takes work again: its hardware is in order")
        if present.row.isPresent { try apply(.resume(node)) }
    }

    private func withdraw(_ told: UInt64, of node: NodeID) throws {
        guard let present = view.nodes[node.index] else { return }
        let devices = withdrawn(told, of: present)
        guard present.row.withdrawn != devices else { return }
        let isWorse = devices & ~present.row.outOfService != 0
        changeNode(node) { $0.row.withdrawn = devices }
        // Of a node that takes no work at all its devices are nobody's news.
        if !present.row.isHeld {
            let out = (0..<64).filter { devices & (1 << UInt64($0)) != 0 }.map(String.init)
            let text =
                out.isEmpty
                ? "all devices are in order"
                : assignsDevices
                    ? "kept from work: device \(out.joined(separator: ", "))"
                    : "the only job there has what is withheld: \(out.count) of its devices"
            tell(isWorse ? "deviceLost" : "deviceBack", node, text)
        }
        try setDevicesInEngine(node)
    }
}
