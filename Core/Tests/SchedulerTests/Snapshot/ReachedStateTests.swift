import FleetModel
import Fuzzing
import Testing

@testable import Scheduler

/// Goal: the random worlds in which engines are restored say something about every property.
/// Method: such worlds; each property of each type must at some time differ from a blank one's.
@Suite struct ReachedStateTests {
    /// What these worlds do not reach, with the reason.
    private static let unreached: Set<String> = [
        // Only while more is given out than there is, which these worlds hardly do.
        "Exclusives.signs",
        // Used up within an input.
        "Engine.bereft", "Engine.changedHolds", "Engine.complete", "Engine.displaced",
        "Engine.hasNewReady", "Engine.isReviewing", "Engine.newcomers", "Engine.untold",
        // Left out of snapshots.
        "Engine.timers", "Engine.tournament", "FleetState.transactionDepth", "FleetState.undo",
        "Placer.indexes", "Shape.isChoosy",
        // Always the same, or only after many thousands of jobs.
        "DurationBook.keyLimit", "TopologyLevel.label", "JobTable.endedStart",
        "WaitingRoom.freeClasses", "WaitingRoom.freeGangs", "WaitingRoom.sweepAt",
    ]

    @Test func everyPropertyIsReached() {
        var reached = ReachedState()
        for (order, seeds) in [(QueueOrder.muster, UInt64(20)), (.easy, 6), (.fifo, 6)] {
            for seed in 0..<seeds {
                var run = CaseRun(Engine.self, seed: seed, order: order, longest: 150)
                run.run()
                reached.play(run.steps, run.setup, period: 29)
            }
        }
        for seed in UInt64(1)..<3 {
            let fleet = BusyFleet(seed: seed, jobs: 250)
            reached.play(fleet.steps, fleet.setup, period: 100)
        }
        #expect(reached.missing.filter { !Self.unreached.contains($0) } == [])
    }
}

/// Which properties were seen with another value than a blank one's.
struct ReachedState {
    private var seen: Set<String> = []
    private var known: Set<String> = []

    /// Properties that were met and never differed.
    var missing: [String] { known.subtracting(seen).sorted() }

    /// Gives an engine the steps, and looks at it now and then.
    mutating func play(_ steps: [FuzzStep], _ setup: FuzzSetup, period: Int) {
        let policy = RestoringEngine.varied(setup.policy)
        var engine = Engine(topology: setup.topology, policy: policy)
        for (number, step) in steps.enumerated() {
            var ignored: [Directive] = []
            engine.apply(step.input, at: step.at, into: &ignored)
            if number % period == 0 { visit(engine) }
        }
        visit(engine)
    }

    private mutating func visit<Value: SnapshotValue>(_ value: Value) {
        let mirror = Mirror(reflecting: value)
        switch mirror.displayStyle {
        case .collection, .optional:
            for child in mirror.children.prefix(40) { visitAny(child.value) }
        case .struct where !String(reflecting: Value.self).hasPrefix("Swift."):
            for (child, blank) in zip(mirror.children, Mirror(reflecting: Value.blank).children) {
                let name = "\(Value.self).\(child.label ?? "?")"
                known.insert(name)
                if Self.text(child.value) != Self.text(blank.value) { seen.insert(name) }
                visitAny(child.value)
            }
        default: break
        }
    }

    private mutating func visitAny(_ value: Any) {
        if let value = value as? any SnapshotValue { visit(value) }
    }

    /// What a value is in a snapshot, or else how many parts it has.
    private static func text(_ value: Any) -> [UInt8] {
        func written<Value: SnapshotValue>(_ value: Value) -> [UInt8] {
            var (copy, coder) = (value, SnapshotCoder(.writing))
            copy.pass(through: &coder)
            return coder.bytes
        }
        if let value = value as? any SnapshotValue { return written(value) }
        return Array(String(Mirror(reflecting: value).children.count).utf8)
    }
}
