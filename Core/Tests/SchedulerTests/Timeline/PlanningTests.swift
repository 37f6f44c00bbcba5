import FleetModel
import Testing

@testable import Scheduler

/// In fleets beyond the policy's prompt steps plans for blocked gangs are made in wake-ups of their
/// own.
@Suite struct PlanningTests {
    /// Two nodes, of which job 0 has one until 100, and gangs that wait for both.
    private static func blocked(promptSteps: Int32, gangs: Int = 1) -> Harness {
        var h = Harness.muster(nodes: 2) { timeline in
            timeline.promptSteps = promptSteps
            timeline.reservationsPerTenant = 4
        }
        h.run(0, gpus: 8, change: lasting(100))
        for gang in 1...gangs { h.submit(gang, members: 2, gpus: 8) }
        return h
    }

    /// When wake-ups to plan are asked for that have not come.
    private static func plansAhead(_ h: Harness) -> [Int64] {
        h.timers.filter { Timer(token: $0.token).purpose == .planning }
            .map { $0.at.nanoseconds / 1_000_000_000 }
    }

    @Test func aSmallFleetPlansAtOnce() {
        let h = Self.blocked(promptSteps: 3)
        #expect(h.reserved(1) == [0, 1])
        #expect(Self.plansAhead(h).isEmpty)
    }

    @Test func aLargeFleetPlansWhenItIsWokenForThat() {
        var h = Self.blocked(promptSteps: 2)
        #expect(h.reserved(1) == [])
        #expect(Self.plansAhead(h) == [1], "a second after the start, and once")
        #expect(h.advance(to: 1).acts == [])
        #expect(h.reserved(1) == [0, 1])
        #expect(h.due(1) == 100)
        #expect(h.submit(2).acts == [], "the free node is held for the gang now")
        h.seconds = 100
        #expect(h.finish(0).acts == ["end 0 succeeded", "start 1 on 0 1"])
    }

    @Test func oneWakeUpMakesOnePlanAndAsksForTheNext() {
        var h = Harness.muster(nodes: 4) { timeline in
            timeline.promptSteps = 0
            timeline.reservationsPerTenant = 4
        }
        for job in 0..<4 { h.run(job, gpus: 1, change: lasting(100)) }
        for node in 0..<4 { h.run(4 + node, gpus: 7, change: lasting(100)) }
        for gang in 8..<10 { h.submit(gang, members: 2, gpus: 8) }
        #expect(Self.plansAhead(h) == [1])
        h.advance(to: 1)
        #expect(!h.reserved(8).isEmpty && !h.reserved(9).isEmpty)
        #expect(Set(h.reserved(8)).isDisjoint(with: h.reserved(9)))
        #expect(Self.plansAhead(h).isEmpty)
    }

    @Test func whatFindsNoPlaceIsNotLookedForWithoutEnd() {
        // Everything is reserved for the first gang, so that the others find nothing.
        var h = Self.blocked(promptSteps: 0, gangs: 4)
        h.advance(to: 1)
        #expect(h.reserved(1) == [0, 1])
        #expect((2...4).allSatisfy { h.reserved($0) == [] })
        #expect(Self.plansAhead(h).isEmpty)
        let cycles = h.engine.counters.inputs
        h.advance(to: 5)
        #expect(h.engine.counters.inputs == cycles, "nobody asked to be woken")
    }

    @Test func aWakeUpThatNobodyAskedForChangesNothing() {
        var h = Self.blocked(promptSteps: 0)
        h.advance(to: 1)
        let before = h.engine.stateHash()
        let token = Timer(job: JobID(0), attempt: Attempt(0), purpose: .planning).token
        h.seconds = 1
        #expect(h.apply(.wake(token: token)).isEmpty)
        #expect(h.engine.stateHash() == before)
    }
}
