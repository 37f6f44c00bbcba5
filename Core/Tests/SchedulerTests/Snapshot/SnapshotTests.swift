import FleetModel
import Fuzzing
import Testing

@testable import Scheduler

/// Goal: nobody can tell a restored engine from the one that the snapshot was taken of. Method:
/// random worlds in which an engine is restored every few inputs, beside one that never is.
@Suite struct SnapshotTests {
    @Test(arguments: QueueOrder.allCases)
    func aRestoredEngineGoesOnAsTheFirst(order: QueueOrder) {
        var counts = SometimesCounts()
        for seed in UInt64(0)..<(order == .muster ? 40 : 5) * Effort.factor {
            var run = CaseRun(RestoringEngine.self, seed: seed, order: order, longest: 150)
            run.run()
            #expect(run.failure == nil, "seed \(seed): \(String(describing: run.failure))")
            guard run.failure == nil else { return }
            counts.add(run.counts)
        }
        #expect(counts[.started] > 0 && counts[.nodeLostWithGang] > 0)
        if order == .muster { #expect(counts[.reservationMade] > 0 && counts[.evicted] > 0) }
    }

    /// Longer queues than the worlds above have, and hours of them.
    @Test func aRestoredEngineServesACrowd() {
        for seed in UInt64(1)..<1 + 2 * Effort.factor {
            let fleet = BusyFleet(seed: seed, jobs: 150)
            var engine = RestoringEngine(topology: fleet.setup.topology, policy: fleet.setup.policy)
            for step in fleet.steps {
                var ignored: [Directive] = []
                engine.apply(step.input, at: step.at, into: &ignored)
            }
            #expect(engine.checkInvariants() == [], "seed \(seed)")
        }
    }

    /// Every stored value, not only what the hash covers, in states of every kind.
    @Test(arguments: QueueOrder.allCases)
    func everyStoredValueComesBack(order: QueueOrder) throws {
        for seed in UInt64(40)..<43 {
            let engine = SnapshotSample.engine(seed: seed, order: order, steps: 60)
            let restored = try Engine(snapshot: engine.snapshotBytes())
            #expect(StoredValues.differences(engine, restored) == [], "seed \(seed)")
            #expect(restored.checkInvariants() == [])
            #expect(restored.stateHash() == engine.stateHash())
        }
    }

    @Test func anOlderVersionIsRead() throws {
        let engine = try Engine(snapshot: VersionOneSnapshot.bytes)
        #expect(engine.stateHash() == VersionOneSnapshot.stateHash)
        #expect(engine.checkInvariants() == [])
        #expect(engine.openJobs == 2 && engine.waitingJobs == 1)
        let again = try Engine(snapshot: engine.snapshotBytes())
        #expect(again.stateHash() == engine.stateHash())
    }

    @Test func theSameStateIsTheSameBytes() {
        let once = SnapshotSample.engine(seed: 7, order: .muster, steps: 80)
        let again = SnapshotSample.engine(seed: 7, order: .muster, steps: 80)
        #expect(once.snapshotBytes() == again.snapshotBytes())
    }

    @Test func anEmptyEngineIsRestored() throws {
        let engine = Engine(topology: Topology(levels: []), policy: Policy(queueOrder: .muster))
        let restored = try Engine(snapshot: engine.snapshotBytes())
        #expect(StoredValues.differences(engine, restored) == [])
        #expect(restored.policy == engine.policy && restored.topology == engine.topology)
    }
}

/// Engines in the middle of random worlds.
enum SnapshotSample {
    static func engine(seed: UInt64, order: QueueOrder, steps: Int) -> Engine {
        var source = InputSource(seed: seed, hostile: true, roles: true)
        var world = SmallWorld(seed: SplitMix.mix(seed), roles: true)
        let policy = Policy(
            queueOrder: order, placement: PlacementRule.allCases[Int(seed % 5)], seed: seed,
            timeline: world.makeTimeline())
        var engine = Engine(topology: source.world.topology, policy: policy)
        for _ in 0..<steps {
            let step = source.next()
            var answer: [Directive] = []
            engine.apply(step.input, at: step.at, into: &answer)
            source.note(answer)
        }
        return engine
    }
}

/// Compares values by all that is stored in them.
enum StoredValues {
    /// Left out of snapshots on purpose: indexes and the scratch of tournaments are made anew.
    private static func isLeftOut(_ value: Any) -> Bool {
        value is ShapeIndexStore || value is FairTournament
    }

    /// Where the two differ.
    static func differences(_ one: Any, _ other: Any, at path: String = "engine") -> [String] {
        guard !isLeftOut(one) else { return [] }
        let (left, right) = (Mirror(reflecting: one), Mirror(reflecting: other))
        guard left.children.count == right.children.count else {
            return ["\(path): \(left.children.count) and \(right.children.count) children"]
        }
        guard !left.children.isEmpty else {
            let same = String(describing: one) == String(describing: other)
            return same ? [] : ["\(path): \(one) and \(other)"]
        }
        guard left.displayStyle != .dictionary else {
            let texts = [left, right].map { $0.children.map { "\($0.value)" }.sorted() }
            return texts[0] == texts[1] ? [] : ["\(path): the tables differ"]
        }
        return zip(left.children, right.children).enumerated().flatMap { place, pair in
            differences(
                pair.0.value, pair.1.value, at: "\(path).\(pair.0.label ?? String(place))")
        }
    }
}
