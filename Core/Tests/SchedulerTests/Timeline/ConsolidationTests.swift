import FleetModel
import Testing

@testable import Scheduler

/// Cheap work that goes on elsewhere so that a gang finds room in one piece.
@Suite struct ConsolidationTests {
    private static func fleet(nodes: Int, devices: Int) -> Harness {
        Harness.muster(nodes: nodes, devices: devices) { $0.consolidates = true }
    }

    /// Two nodes of two devices; one of each is free, the other taken by a job of `change`.
    private static func pieces(_ change: @escaping (inout JobSpec) -> Void) -> Harness {
        var h = fleet(nodes: 2, devices: 2)
        for job in 0..<4 { h.run(job, change: change) }
        h.finish(0)
        h.finish(2)
        return h
    }

    @Test func oneIsMovedAndBothLand() {
        var h = Self.pieces(cheap())
        h.seconds = 200
        #expect(h.submit(4, gpus: 2).acts == [])
        #expect(h.advance(to: 210).acts == ["stop 1 for preemption"])
        #expect(
            h.confirmStop(1).acts
                == ["requeue 1 after preemption", "start 1 on 1", "start 4 on 0"])
    }

    @Test func nobodyElseGetsEitherPlace() {
        var h = Self.pieces(cheap())
        h.seconds = 200
        h.submit(4, gpus: 2)
        h.advance(to: 210)
        #expect(h.submit(5).acts == [])
        #expect(h.submit(6, change: cheap()).acts == [])
        #expect(h.confirmStop(1).started == [1, 4])
    }

    @Test func onlyCheapPreemptibleWorkIsMoved() {
        for change: (inout JobSpec) -> Void in [{ _ in }, preemptible(), cheap(10_000)] {
            var h = Self.pieces(change)
            h.seconds = 3000
            h.submit(4, gpus: 2)
            #expect(h.advance(to: 3100).acts == [])
        }
    }

    @Test func nothingIsMovedBeforeTheMinimumRunTime() {
        var h = Self.pieces(cheap())
        h.seconds = 50
        h.submit(4, gpus: 2)
        #expect(h.advance(to: 99).acts == [])
        #expect(h.advance(to: 100).acts == ["stop 1 for preemption"])
    }

    @Test func nothingIsMovedUnlessThePolicyDoes() {
        var h = Harness.muster(nodes: 2, devices: 2)
        for job in 0..<4 { h.run(job, change: cheap()) }
        h.finish(0)
        h.finish(2)
        h.seconds = 200
        h.submit(4, gpus: 2)
        #expect(h.advance(to: 1000).acts == [])
    }

    @Test func nothingIsMovedThatHasNoNewPlace() {
        // Two devices are free on node 0, one on each of the others: four in all.
        var h = Self.fleet(nodes: 3, devices: 4)
        h.run(0, gpus: 2, change: cheap())
        h.run(1, gpus: 2)
        h.run(2, gpus: 3)
        h.run(3, gpus: 3)
        h.finish(1)
        h.seconds = 200
        #expect(h.submit(4, gpus: 4).acts == [])
        #expect(h.advance(to: 1000).acts == [], "job 0 needs two devices of one node")
    }

    @Test func aMovedJobKeepsItsPlaceThoughTheAskerIsCancelled() {
        var h = Self.pieces(cheap())
        h.seconds = 200
        h.submit(4, gpus: 2)
        h.advance(to: 210)
        h.apply(.cancel(JobID(4)))
        #expect(h.confirmStop(1).started == [1])
    }

    @Test func aJobIsMovedSoOften() {
        var h = Harness.muster(nodes: 2, devices: 2) {
            $0.consolidates = true
            $0.evictionsPerJob = 0
        }
        for job in 0..<4 { h.run(job, change: cheap()) }
        h.finish(0)
        h.finish(2)
        h.seconds = 200
        h.submit(4, gpus: 2)
        #expect(h.advance(to: 1000).acts == [])
    }
}
