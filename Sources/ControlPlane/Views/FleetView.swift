import FleetModel
import Scheduler
import Store

/// Everything that readers see, as of one commit. Immutable and cheap to copy.
public struct FleetView: Sendable {
    /// The number of the last event in it.
    public var lastEvent: Int64 = 0
    /// The fleet's time of the last commit.
    public var now: Instant
    /// Names.
    public var directory: Directory
    /// Open jobs, and the last ones that ended, by id.
    public var jobs = ChunkedTable<JobView>()
    /// Jobs that are not over.
    public var openJobs = 0
    /// Nodes by id, lost ones included.
    public var nodes = ChunkedTable<NodeView>()
    /// Jobs by state.
    public var counts = [Int](repeating: 0, count: JobState.allCases.count)
    /// What the free capacity is good for, at most a second old.
    public var summary = FleetSummary()
    /// Places that are reserved, at most a second old.
    public var reservations: [ReservedPlace] = []
    /// What is known of hardware, at most a second old.
    public var health = HealthView()
    /// Nodes that are kept free for large gangs, by pool, as the health file has them.
    public var spares: [SpareStanding] = []
    /// How long commits and decisions take.
    public var latencies = Latencies()

    init(directory: Directory, now: Instant) {
        self.directory = directory
        self.now = now
    }

    /// The newest open or lately ended job of a name.
    public func newestJob(named name: String) -> JobID? {
        var found: JobID?
        jobs.forEachReversed { view in
            guard view.row.name == name else { return true }
            found = view.row.id
            return false
        }
        return found
    }
}
