import FleetModel
import Testing

@testable import Scheduler

/// Nodes that have to be empty by a time.
@Suite struct DrainTests {
    /// Two nodes; a job that may not be preempted is on the first, and has no retries.
    private static func busy() -> Harness {
        var h = Harness.muster(nodes: 2)
        h.run(0, gpus: 8) { $0.retries = RetryLimits(application: 0, infrastructure: 0) }
        return h
    }

    private static func drainBy(_ seconds: Int64, _ h: inout Harness) -> [String] {
        h.apply(.drainBy(NodeID(0), deadline: .seconds(seconds))).acts
    }

    @Test func whatRunsIsStoppedAtTheDeadlineAndRunsElsewhere() {
        var h = Self.busy()
        #expect(Self.drainBy(100, &h) == [])
        #expect(h.advance(to: 99).acts == [])
        #expect(h.advance(to: 100).acts == ["stop 0 for maintenance"])
        #expect(h.confirmStop(0).acts == ["requeue 0 after maintenance", "start 0 on 1"])
    }

    @Test func aNodeThatIsDrainedTakesNoNewWork() {
        var h = Self.busy()
        h.finish(0)
        #expect(Self.drainBy(100, &h) == [])
        #expect(h.submit(1, gpus: 8).acts == ["start 1 on 1"])
        #expect(h.submit(2, gpus: 8).acts == [])
        #expect(h.advance(to: 200).acts == [])
        #expect(h.apply(.resume(NodeID(0))).acts == ["start 2 on 0"])
    }

    @Test func resumingCallsItOff() {
        var h = Self.busy()
        _ = Self.drainBy(100, &h)
        h.seconds = 50
        h.apply(.resume(NodeID(0)))
        #expect(h.advance(to: 200).acts == [])
    }

    @Test func aLaterDeadlineReplacesTheFirst() {
        var h = Self.busy()
        _ = Self.drainBy(100, &h)
        _ = Self.drainBy(150, &h)
        #expect(h.advance(to: 149).acts == [])
        #expect(h.advance(to: 150).acts == ["stop 0 for maintenance"])
    }

    @Test func anEarlierDeadlineReplacesTheFirst() {
        var h = Self.busy()
        _ = Self.drainBy(100, &h)
        _ = Self.drainBy(40, &h)
        #expect(h.advance(to: 40).acts == ["stop 0 for maintenance"])
        #expect(h.advance(to: 100).acts == [], "once is enough")
    }

    @Test func aDeadlineInThePastIsNow() {
        var h = Self.busy()
        h.seconds = 500
        _ = Self.drainBy(100, &h)
        #expect(h.advance(to: 500).acts == ["stop 0 for maintenance"])
    }

    @Test func gangsOfSeveralNodesAreStoppedOnce() {
        var h = Harness.muster(nodes: 3)
        h.run(0, members: 2, gpus: 8)
        h.apply(.drainBy(NodeID(0), deadline: .seconds(10)))
        h.apply(.drainBy(NodeID(1), deadline: .seconds(10)))
        #expect(h.advance(to: 10).acts == ["stop 0 for maintenance"])
        #expect(h.confirmStop(0).acts == ["requeue 0 after maintenance"])
        #expect(h.apply(.resume(NodeID(1))).acts == ["start 0 on 1 2"])
    }

    @Test func jobsOfAllSortsAreStoppedInTheOrderInWhichTheyCame() {
        var h = Harness.muster(nodes: 1)
        h.run(0, gpus: 2)
        h.run(1, gpus: 2, change: cheap(priority: 100))
        h.run(2, gpus: 2) { $0.minimumRunTime = .seconds(10_000) }
        h.apply(.drainBy(NodeID(0), deadline: .seconds(10)))
        #expect(
            h.advance(to: 10).acts == (0..<3).map { "stop \($0) for maintenance" })
    }

    @Test func aNodeThatLeftInBetweenIsNoConcern() {
        var h = Self.busy()
        _ = Self.drainBy(100, &h)
        #expect(h.apply(.removeNodes([NodeID(0)])).acts == ["stop 0 for hardware"])
        h.confirmStop(0)
        h.apply(.addNodes([h.fleet.nodes[0]]))
        #expect(h.submit(1, gpus: 8).started == [1])
        #expect(h.advance(to: 200).acts == [])
    }

    @Test func anUnknownNodeIsNoConcern() {
        var h = Self.busy()
        for node in [-1, 7, 1_000_000] {
            #expect(h.apply(.drainBy(NodeID(node), deadline: .seconds(1))) == [])
        }
        #expect(h.advance(to: 100).acts == [])
    }
}
