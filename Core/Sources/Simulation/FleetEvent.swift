import FleetModel

/// What people do to a fleet, or hardware does to itself, at a time of a simulation.
public struct FleetEvent: Hashable, Sendable {
    /// When it happens.
    public let at: Instant
    /// What the engine is told of it.
    public let input: Input

    /// Plans an input that is about nodes, or holds, releases or cancels a job. Any other input
    /// comes from the simulated world itself and traps here.
    public init(at: Instant, input: Input) {
        switch input {
        case .addNodes, .removeNodes, .updateNodes, .setRule, .preferNodes, .drain, .drainBy,
            .resume, .setDeviceHealth, .cancel, .hold, .release, .keepSpares:
            break
        case .setTenants, .submit, .confirmStart, .confirmStop, .finish, .fail, .wake,
            .expectWorkload, .failOn, .checkpointed, .confirmShrink, .adopt, .replace, .resubmit,
            .suspect:
            preconditionFailure("an event that the simulated world brings about itself: \(input)")
        }
        self.at = at
        self.input = input
    }

    /// The job that it holds, releases or cancels; nil when it is about nodes.
    var job: JobID? {
        switch input {
        case .cancel(let job), .hold(let job), .release(let job): job
        default: nil
        }
    }

    /// Whether it brings nodes into the fleet.
    var addsNodes: Bool {
        if case .addNodes = input { true } else { false }
    }

    /// The events in order of time, those of one instant in the order given. O(n log n), O(n) when
    /// they are in order already.
    static func sorted(_ events: [FleetEvent]) -> [FleetEvent] {
        let isSorted = zip(events, events.dropFirst()).allSatisfy { $0.at <= $1.at }
        if isSorted { return events }
        return events.indices.sorted { (events[$0].at, $0) < (events[$1].at, $1) }
            .map { events[$0] }
    }
}
