import FleetModel
import Store

/// What somebody wants of a node.
public enum NodeAction: Sendable {
    /// No new work; what runs there goes on.
    case cordon(reason: String)
    /// No new work; what still runs there after so long is stopped and queued again. Without a span
    /// it stays until it ends.
    case drain(reason: String, within: TimeSpan?)
    /// It takes work again, as far as people are concerned.
    case uncordon(reason: String)
}

extension ControlPlane {
    /// Changes what a node is good for. Throws `M0604` for a name that no node has.
    public func act(
        _ action: NodeAction, onNode name: String, by caller: Caller
    ) async throws -> NodeID {
        try await perform { driver in
            guard let node = driver.view.directory.fleet.nodeNames.id(of: name) else {
                throw OperatingError(.notFound, "there is no node '\(name)'")
            }
            driver.now = max(driver.now, driver.clock.now())
            switch action {
            case .cordon(let reason):
                driver.audit(caller, "cordon", "node \(name)", detail: reason)
                try driver.cordon(node, by: caller.name, reason: reason, deadline: nil)
            case .drain(let reason, let span):
                driver.audit(caller, "drain", "node \(name)", detail: reason)
                try driver.cordon(
                    node, by: caller.name, reason: reason,
                    deadline: span.map { driver.now + $0 } ?? .never)
            case .uncordon(let reason):
                driver.audit(caller, "uncordon", "node \(name)", detail: reason)
                try driver.uncordon(node, by: caller.name, reason: reason)
            }
            return node
        }
    }
}
