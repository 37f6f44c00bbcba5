import AgentWire
import FleetModel

/// Who takes in what the agents on nodes tell.
///
/// An agent is answered only after ``take(_:)`` has returned, and sends again what was not
/// answered. So nothing is lost if what follows from a reception and its mark are kept in one
/// transaction, and nothing counts twice if the marks that were kept come back from ``marks()``
/// after a restart.
public protocol AgentEvents: Sendable {
    /// The marks that were kept, of every node; asked once, before the first message is taken.
    func marks() async throws -> [AgentMark]

    /// Keeps what follows from a message, with its mark. Receptions of one node come one after the
    /// other; those of different nodes may come at the same time. Throwing has the agent send the
    /// message again later; an `OperatingError` is what it is answered.
    func take(_ reception: AgentReception) async throws
}
