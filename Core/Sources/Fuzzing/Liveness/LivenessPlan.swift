import FleetModel

/// A stream of bounded work with some large gangs in it, as a list that can be shortened.
public struct LivenessPlan: Sendable {
    /// Something that happens from outside.
    public enum Event: Hashable, Sendable {
        /// A job that runs this long each time that it runs.
        case arrival(JobSpec, run: TimeSpan)
        /// Something breaks, or is drained.
        case outage(Input)
        /// It is whole again.
        case repair(Input)
    }

    /// An event with its time.
    public struct Item: Hashable, Sendable {
        /// When.
        public var at: Instant
        /// What.
        public var event: Event
    }

    /// What the engine is made of.
    public let setup: FuzzSetup
    /// The fleet.
    public let nodes: [NodeSpec]
    /// The quota tree: flat.
    public let tenants: [TenantSpec]
    /// The longest that any job runs, or is declared to run.
    public let longest: TimeSpan
    /// The longest that a gang takes to start or to stop.
    public let delay: TimeSpan
    /// Gangs of this many members or more must start within the bound.
    public let largeMembers: Int
    /// Everything that happens, in order of time.
    public let items: [Item]

    /// The queue orders that promise a bound.
    static let orders: [QueueOrder] = [.muster, .muster, .muster, .easy]

    /// Draws a plan. `order` sets the queue order, for tests of the check itself.
    public init(seed: UInt64, order: QueueOrder? = nil) {
        var draft = LivenessDraft(seed: seed, order: order)
        draft.fill()
        setup = draft.setup
        nodes = draft.nodes
        tenants = draft.tenants
        longest = draft.longest
        delay = draft.delay
        largeMembers = draft.largeMembers
        // Sorting is not stable; the place in the list decides between equal times.
        items = draft.items.enumerated()
            .sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element)
    }

    /// Devices of the whole fleet.
    var devices: Int { nodes.reduce(0) { $0 + Int($1.devices) } }

    /// The longest that a large gang may wait (docs/TESTING.md): `rounds` are the gangs and
    /// outages that may come before it, and the work that did.
    func bound(rounds: Int, outages: TimeSpan) -> TimeSpan {
        let timeline = setup.policy.timeline
        let round = longest + delay + delay + timeline.minimumRunTime + timeline.graceTime
        return TimeSpan(nanoseconds: round.nanoseconds * Int64(rounds))
            + max(timeline.gangPatience, timeline.singlePatience) + timeline.youngWait
            + timeline.reviewPeriod + outages
    }
}
