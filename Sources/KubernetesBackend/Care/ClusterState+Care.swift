import ControlPlane
import FleetModel
import Health
import HealthControl
import KubernetesObjects
import Qualification

// Tests and repairs of nodes.
extension ClusterState {
    /// Takes an order to test or repair a node. It may have come before. What follows waits for
    /// ``tick()``: after a start there may be an order for every node.
    mutating func take(_ order: CareOrder, of hardware: HardwareFacts) {
        guard nodes.isPresent(order.node), let node = nodes.node(of: order.node) else { return }
        switch order {
        case .drop(_, let id): drop(id)
        case .restack(let part, let id, let stack):
            // Where nobody is asked people do it, and say so.
            guard repairs != nil else { return report(.repaired(part, id, .impossible)) }
            repairs?.take(.install(stack.name), id, of: part, node: node, device: nil, at: now)
        case .repair(let part, let id, let action, let device):
            guard repairs != nil else { return report(.repaired(part, id, .impossible)) }
            let uuid = device.flatMap { number in
                hardware.devices.first { $0.index == number && !$0.uuid.isEmpty }
            }.map { CheckOrder.name($0.uuid) }
            guard device == nil || uuid != nil else {
                let words = "no agent has said which UUID the device has"
                report(.remarked(part, id, "the repair \(action) cannot be asked for: \(words)"))
                return report(.repaired(part, id, .impossible))
            }
            repairs?.take(.repair(action), id, of: part, node: node, device: uuid, at: now)
        case .pair(let part, let id, let level, let other):
            guard care != nil, nodes.isPresent(other), let partner = nodes.node(of: other) else {
                let words =
                    care == nil
                    ? "muster up was started without --check-image" : "the other node is not here"
                for report in CareBook.noAnswer(part, id, level, words) { self.report(report) }
                return
            }
            care?.take(
                CheckOrder(
                    id, of: part, node: node, level: level,
                    with: CheckOrder.Partner(part: other, node: partner)), at: now)
        case .qualify(let part, let id, let level, let devices, let components):
            guard care != nil else {
                let words = "muster up was started without --check-image"
                for report in CareBook.noAnswer(part, id, level, words) { self.report(report) }
                return
            }
            care?.take(
                CheckOrder(
                    id, of: part, node: node, resource: nodes.parts[part.index].resource,
                    level: level, devices: devices, components: components, hardware: hardware),
                at: now)
        }
    }

    /// Nobody waits any more for what was ordered.
    private mutating func drop(_ id: OperationID) {
        care?.drop(id)
        repairs?.drop(id)
    }

    /// Does what tests and repairs ask for now.
    mutating func tendCare() {
        tendChecks()
        repairs?.tend(nodes, at: now)
        guard let news = repairs?.takeNews() else { return }
        for report in news.reports { self.report(report) }
        for call in news.calls { self.call(.care(call)) }
    }

    private mutating func tendChecks() {
        guard care != nil else { return }
        care?.tend(nodes, at: now)
        let wanted = care?.wanted ?? []
        for pod in (care?.pods ?? [:]).values {
            let isLeftOver = !pod.pod.phase.isTerminal && !wanted.contains(pod.name)
            // A node that is tested is closed; afterwards what is still there takes its devices.
            let use = pod.pod.nodeName.map { node in
                NodeUse(
                    node: node,
                    request: PodRequest(
                        pod.pod.resources, hostPorts: pod.pod.hostPorts,
                        naming: nodes.translation.naming))
            }
            nodes.setUse(pod.key, isLeftOver ? use : nil)
        }
        guard let news = care?.takeNews() else { return }
        for report in news.reports { self.report(report) }
        for call in news.calls { self.call(.care(call)) }
    }

    /// A pod of a test is new, or has changed.
    mutating func see(_ pod: CheckPod) {
        if let last = care?.pods[pod.name], last.key != pod.key { forget(last) }
        care?.see(pod)
    }

    /// A pod of a test is not there any more.
    mutating func lose(_ pod: CheckPod) {
        guard care?.pods[pod.name]?.key == pod.key else { return }
        forget(pod)
        care?.lose(pod.name)
    }

    /// A list of all pods of tests is complete.
    mutating func checksListed() {
        for pod in care?.listEnded(at: now) ?? [] { forget(pod) }
    }

    private mutating func forget(_ pod: CheckPod) { nodes.setUse(pod.key, nil) }

    /// Takes in what became of something that was asked for.
    mutating func take(_ answer: CareAnswer, to call: CareCall) {
        care?.take(answer, to: call, at: now)
        repairs?.take(answer, to: call, at: now)
    }
}
