import ControlPlane
import HealthControl

/// Tests the nodes of a cluster with pods.
struct ClusterCare: NodeCare {
    let orders: AsyncStream<(CareOrder, HardwareFacts)>.Continuation

    func take(_ order: CareOrder) { take(order, of: HardwareFacts()) }

    func take(_ order: CareOrder, of hardware: HardwareFacts) { orders.yield((order, hardware)) }
}
