import FleetModel
import Health

/// Folds directives into a digest, so that a replay that goes another way is found. Wakes are left
/// out: how often one is asked for says nothing.
enum HealthDigest {
    static func add(_ directive: HealthDirective, to digest: UInt64) -> UInt64 {
        var hasher = StateHasher()
        hasher.add(digest)
        switch directive {
        case .cordon(let node): fold(1, node, &hasher)
        case .uncordon(let node): fold(2, node, &hasher)
        case .drain(let node, let deadline):
            fold(3, node, &hasher)
            hasher.add(deadline?.nanoseconds ?? -1)
        case .setDevices(let node, let unhealthy):
            fold(4, node, &hasher)
            hasher.add(unhealthy)
        case .qualify(let node, let id, let level, let devices, let components):
            fold(5, node, &hasher)
            hasher.add(id.rawValue)
            hasher.add(Int32(level.rawValue))
            hasher.add(devices)
            hasher.add(Int32(components.rawValue))
        case .repair(let node, let id, let action, let device):
            fold(6, node, &hasher)
            hasher.add(id.rawValue)
            hasher.add(Int32(action.rawValue))
            hasher.add(device ?? -1)
        case .restack(let node, let id, let stack):
            fold(11, node, &hasher)
            hasher.add(id.rawValue)
            hasher.add(stack.rawValue)
        case .pair(let node, let id, let level, let partner):
            fold(12, node, &hasher)
            hasher.add(id.rawValue)
            hasher.add(Int32(level.rawValue))
            hasher.add(partner.rawValue)
        case .refuse(let node, let evidence):
            fold(7, node, &hasher)
            hasher.add(evidence.machine.rawValue)
        case .propose(let node, _, _): fold(8, node, &hasher)
        case .tell(.moved(let node, let device, let from, let to, let decision)):
            fold(9, node, &hasher)
            hasher.add(device ?? -1)
            hasher.add(Int32(from.rawValue))
            hasher.add(Int32(to.rawValue))
            hasher.add(decision.number)
        case .tell: hasher.add(Int32(10))
        case .wake: return digest
        }
        return hasher.digest
    }

    private static func fold(_ tag: Int32, _ node: NodeID, _ hasher: inout StateHasher) {
        hasher.add(tag)
        hasher.add(node.rawValue)
    }
}
