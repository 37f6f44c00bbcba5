import FleetModel
import Health
import HealthControl

/// What readers see of hardware and its health, as of one commit.
public struct HealthView: Sendable {
    /// The engine with its ledger, the names of its causes and identities, and the last lines of
    /// logs that told faults.
    public var desk = HealthDesk()
    /// The same names, with those of nodes.
    public var names = HealthNames()
    /// Whether the backend can test and repair nodes by itself.
    public var hasCare = false

    /// Nothing is known.
    public init() {}
}

extension Driver {
    /// Lets readers see the present state.
    func showHealth() {
        view.health.desk = desk
        view.health.names = healthNames
        view.health.hasCare = hasCare
        showsHealth = false
        hasNewHealth = false
    }
}
