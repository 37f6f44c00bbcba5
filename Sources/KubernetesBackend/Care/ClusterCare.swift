import ControlPlane
import HealthControl

/// Tests the nodes of a cluster with pods, and has others repair them.
struct ClusterCare: NodeCare {
    let orders: AsyncStream<(CareOrder, HardwareFacts)>.Continuation
    let installsStacks: Bool

    func take(_ order: CareOrder) { take(order, of: HardwareFacts()) }

    func take(_ order: CareOrder, of hardware: HardwareFacts) { orders.yield((order, hardware)) }
}
