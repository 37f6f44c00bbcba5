import FleetModel
import Health
import HealthControl
import Qualification

/// What readers see of hardware and its health, as of one commit.
public struct HealthView: Sendable {
    /// The engine with its ledger, the names of its causes and identities, and the last lines of
    /// logs that told faults.
    public var desk = HealthDesk()
    /// The same names, with those of nodes.
    public var names = HealthNames()
    /// Whether the backend can test and repair nodes by itself.
    public var hasCare = false
    /// Whether the backend brings nodes to other stacks by itself.
    public var installsStacks = false
    /// Since when agents are not heard in time; nil while they are.
    public var deafSince: Instant?
    /// What tests have measured, by kind of machine.
    public var learned = LearnedBounds()

    /// Nothing is known.
    public init() {}
}

extension Driver {
    /// Lets readers see the present state.
    func showHealth() {
        view.health.desk = desk
        view.health.names = healthNames
        view.health.hasCare = hasCare
        view.health.installsStacks = installsStacks
        view.health.deafSince = hearing.deafSince
        view.health.learned = learned
        showsHealth = false
        hasNewHealth = false
    }
}
