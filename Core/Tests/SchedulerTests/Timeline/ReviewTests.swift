import FleetModel
import Testing

@testable import Scheduler

/// When the engine asks to be woken to look again at what waits.
@Suite struct ReviewTests {
    @Test func anIdleFleetAsksForNothing() {
        #expect(Harness.muster(nodes: 1).reviewsAhead == [])
    }

    @Test func whatRunsAloneAsksForNothing() {
        var h = Harness.muster(nodes: 1)
        h.run(0, gpus: 8)
        #expect(h.reviewsAhead == [])
        h.finish(0)
        #expect(h.timers.isEmpty)
    }

    @Test func whatWaitsWhileSomethingRunsAsksOnce() {
        var h = Harness.muster(nodes: 1)
        h.run(0, gpus: 8)
        h.seconds = 5
        h.submit(1, gpus: 8)
        #expect(h.reviewsAhead == [15])
        h.submit(2, gpus: 8)
        h.seconds = 6
        h.submit(3, gpus: 8)
        #expect(h.reviewsAhead == [15])
        h.advance(to: 15)
        #expect(h.reviewsAhead == [25])
        h.advance(to: 104)
        #expect(h.reviewsAhead == [105])
    }

    @Test func itEndsWithTheWaiting() {
        var h = Harness.muster(nodes: 1)
        h.run(0, gpus: 8)
        h.submit(1, gpus: 8)
        h.seconds = 3
        #expect(h.finish(0).started == [1])
        #expect(h.reviewsAhead == [10], "it was asked for before")
        h.advance(to: 100)
        #expect(h.reviewsAhead == [])
    }

    @Test func whatTimeCannotHelpAsksForNothing() {
        var h = Harness.muster(nodes: 1)
        h.submit(0, gpus: 9)
        h.submit(1, gpus: 8) { $0.held = true }
        h.submit(2, gpus: 8) { $0.notBefore = .seconds(1000) }
        h.apply(.drain(NodeID(0)))
        h.submit(3, gpus: 8)
        #expect(h.reviewsAhead == [])
    }

    @Test func aWakeUpThatWasNotAskedForChangesNothing() {
        var h = Harness.muster(nodes: 1)
        h.run(0, gpus: 8)
        h.submit(1, gpus: 8)
        let review = Timer(job: JobID(0), attempt: Attempt(0), purpose: .review).token
        for _ in 0..<3 { #expect(h.apply(.wake(token: review)) == []) }
        #expect(h.reviewsAhead == [10])
    }

    @Test func roomToGrowAsksToo() {
        var h = Harness.muster(nodes: 2)
        h.run(0, gpus: 8)
        h.run(1, gpus: 8) { $0.roles[0].maximum = 2 }
        #expect(h.reviewsAhead == [10])
        h.advance(to: 10)
        h.finish(0)
        #expect(h.engine.jobs[1].members.count == 2)
        h.advance(to: 20)
        #expect(h.reviewsAhead == [])
    }

    @Test func otherOrdersAskForNone() {
        for order in QueueOrder.allCases where order != .muster {
            var h = Harness(
                .uniform(nodes: 1, devices: 8, groups: []), policy: Policy(queueOrder: order))
            h.submit(0, gpus: 8)
            h.submit(1, gpus: 8)
            #expect(h.reviewsAhead == [])
        }
    }
}
