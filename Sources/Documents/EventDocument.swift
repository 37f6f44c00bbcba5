import FleetModel

/// One event of a scenario as it was written: names instead of ids.
public struct EventDocument: Sendable {
    /// What happens; the raw value is the key of the form.
    public enum Action: String, CaseIterable, Sendable {
        /// Nodes take no new work.
        case drain
        /// Drained nodes take work again.
        case resume
        /// Nodes leave the fleet, all at once.
        case remove
        /// Removed nodes come back, all at once.
        case `return`
        /// These devices of a node, and no others, are out of service from now on.
        case unhealthy
        /// Jobs do not start until they are released.
        case hold
        /// Held jobs may start.
        case release
        /// Jobs are not wanted any more.
        case cancel

        /// Whether it is about jobs; about nodes otherwise.
        var isAboutJobs: Bool {
            switch self {
            case .hold, .release, .cancel: true
            case .drain, .resume, .remove, .return, .unhealthy: false
            }
        }
    }

    /// When it happens, after the start of the simulation.
    public var at: TimeSpan
    /// What happens.
    public var action: Action
    /// To which nodes or jobs; a repeated job's name without a number stands for all of its copies.
    public var names: [Located<String>]
    /// The devices out of service, by index; only for ``Action/unhealthy``.
    public var devices: [Located<Int>]
    /// The event's line.
    public var line: Int
}
