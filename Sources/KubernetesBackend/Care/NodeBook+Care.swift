import FleetModel
import KubernetesObjects

extension NodeBook {
    /// What a test gets of its node.
    enum CheckShare: Hashable {
        case share(CheckOrder.Share)
        /// Nothing yet, for a reason in words.
        case blocked(String)
        /// Nothing ever.
        case never(String)
    }

    /// What a test gets of its node now. A test of all devices has the node for itself; one of
    /// some devices leaves the others to whom they are given.
    func share(for order: CheckOrder) -> CheckShare {
        guard let facts = facts(order.node) else { return .blocked("its node is not here") }
        if case .notReady(let why) = facts.readiness {
            return .blocked("its node is not ready: \(why)")
        }
        guard order.devices != 0 else { return .share(.host) }
        guard let resource = order.resource else {
            return .never("its node gives no devices away")
        }
        let offered = facts.allocatable.others[resource]
        guard order.devices.nonzeroBitCount >= Int(clamping: offered) else {
            return named(order, resource)
        }
        guard offered > 0 else { return .blocked("its node offers none of its \(resource)") }
        guard usedByOthers(order.part) == 0, held(order.part) == 0 else {
            return .blocked("pods have devices of its node")
        }
        return .share(.all(resource: resource, count: offered))
    }

    /// Single devices have names only with NVIDIA's runtime; a kubelet gives any of them away.
    private func named(_ order: CheckOrder, _ resource: String) -> CheckShare {
        guard resource.hasPrefix("nvidia.com/") else {
            return .never("single devices of \(resource) cannot be asked for")
        }
        guard order.uuids.count == order.devices.nonzeroBitCount else {
            return .never("no agent has said which UUIDs its devices have")
        }
        return .share(.named(order.uuids))
    }
}
