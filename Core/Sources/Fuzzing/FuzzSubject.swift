import FleetModel
import Scheduler

/// What is put to the torture: the engine, or in tests one that is wrong on purpose.
public protocol FuzzSubject: Sendable {
    /// An engine without nodes, tenants or jobs.
    init(topology: Topology, policy: Policy)
    /// Tells it one thing and appends what it wants done.
    mutating func apply(_ input: Input, at now: Instant, into directives: inout [Directive])
    /// Everything that is wrong with its state.
    func checkInvariants() -> [String]
    /// Jobs that it says it stopped this one for, in order.
    func evictors(of id: JobID) -> [JobID]
    /// A digest of its state.
    func stateHash() -> UInt64
    /// Work done so far.
    var counters: WorkCounters { get }
}

extension Engine: FuzzSubject {}
