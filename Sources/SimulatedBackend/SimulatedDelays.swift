import FleetModel

/// How long the simulated machines take for what they are told, in fleet time.
public struct SimulatedDelays: Hashable, Sendable {
    /// From the order to start a gang until every member runs.
    public var start: TimeSpan
    /// From the order to stop a gang, or its own break, until nothing of it runs any more.
    public var stop: TimeSpan

    /// Twenty seconds to start, and thirty to stop, as in simulations with faults, by default.
    public init(start: TimeSpan = .seconds(20), stop: TimeSpan = .seconds(30)) {
        self.start = start
        self.stop = stop
    }
}
