import FleetModel
import Fuzzing

@testable import Scheduler

/// An engine that goes on from a snapshot of itself again and again, beside one that never does.
/// Any difference is a broken invariant.
struct RestoringEngine: FuzzSubject {
    private var original: Engine
    private var restored: Engine
    private var inputs = 0
    private var faults: [String] = []
    /// Inputs between two snapshots.
    private let period: Int

    init(topology: Topology, policy: Policy) {
        original = Engine(topology: topology, policy: RestoringEngine.varied(policy))
        restored = original
        period = [1, 3, 20][Int(policy.seed % 3)]
    }

    /// The policy, at times with plans put off to wake-ups as in large fleets.
    static func varied(_ policy: Policy) -> Policy {
        var policy = policy
        if policy.seed % 2 == 0 { policy.timeline.promptSteps = 0 }
        return policy
    }

    mutating func apply(_ input: Input, at now: Instant, into directives: inout [Directive]) {
        inputs += 1
        var others: [Directive] = []
        let before = directives.count
        original.apply(input, at: now, into: &directives)
        restored.apply(input, at: now, into: &others)
        if Array(directives[before...]) != others { faults.append("the directives differ") }
        if restored.stateHash() != original.stateHash() { faults.append("the states differ") }
        if inputs % period == 0 { restore() }
    }

    private mutating func restore() {
        // To build an index anew is work; everything else must be as it was.
        var expected = original
        expected.placer.counters.nodesEvaluated = restored.counters.nodesEvaluated
        let bytes = restored.snapshotBytes()
        if bytes != expected.snapshotBytes() { faults.append("the snapshots differ") }
        do throws(SnapshotError) {
            restored = try Engine(snapshot: bytes)
        } catch {
            faults.append("not restored: \(error)")
        }
        if restored.stateHash() != original.stateHash() { faults.append("not the same state") }
        if restored.decisions != original.decisions { faults.append("other decisions") }
    }

    func checkInvariants() -> [String] { faults + restored.checkInvariants() }
    func evictors(of id: JobID) -> [JobID] { restored.evictors(of: id) }
    func stateHash() -> UInt64 { restored.stateHash() }
    var counters: WorkCounters { original.counters }
}
