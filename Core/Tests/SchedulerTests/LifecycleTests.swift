import FleetModel
import Testing

@testable import Scheduler

/// What becomes of a job between its submission and its end.
@Suite struct LifecycleTests {
    static let pair = FleetDefinition.uniform(nodes: 2, devices: 8, groups: [])

    @Test(arguments: FailureCause.allCases)
    func retriesAreCountedPerCause(cause: FailureCause) {
        var h = Harness(Self.pair)
        h.submit(0) { spec in
            for other in FailureCause.allCases { spec.retries[other] = other == cause ? 2 : 0 }
        }
        for attempt in Int32(1)...2 {
            let again = h.fail(0, cause)
            #expect(again.contains(.requeue(JobID(0), Attempt(attempt), cause)))
            #expect(again.started == [0])
        }
        #expect(h.attempt(0) == Attempt(3))
        #expect(h.fail(0, cause).ended == [0: .failed])
    }

    @Test func aCauseWithoutRetriesEndsTheJobWhateverIsLeftOfOthers() {
        var h = Harness(Self.pair)
        h.submit(0)
        #expect(h.fail(0, .node).started == [0])
        #expect(h.fail(0, .application).ended == [0: .failed])
    }

    @Test func aBrokenGangRanksBeforeNewcomers() {
        var h = Harness(Self.pair, policy: Policy(queueOrder: .fifo))
        h.submit(0, gpus: 8) { $0.retries.counts = [1, 1, 1, 1, 1, 1] }
        h.submit(1, gpus: 8)
        h.submit(2, gpus: 8)
        #expect(h.fail(0).started == [0])
        h.apply(.drain(NodeID(0)))
        h.apply(.drain(NodeID(1)))
        #expect(h.fail(0, .node).started == [])
        h.apply(.resume(NodeID(0)))
        #expect(h.directives.started == [0, 1, 0, 0])
    }

    @Test func theTimeLimitStopsTheAttemptItWasSetFor() {
        var h = Harness(Self.pair)
        h.submit(0) { spec in
            spec.timeLimit = .seconds(100)
            spec.retries[.node] = 1
        }
        h.advance(to: 50)
        h.fail(0, .node)
        #expect(h.advance(to: 149).stopped == [], "the second attempt started at 50")
        #expect(h.advance(to: 150).contains(.stop(JobID(0), Attempt(2), .timeLimit)))
        #expect(h.confirmStop(0).ended == [0: .timedOut])
    }

    @Test func aWakeUpBeforeItsTimeChangesNothing() {
        var h = Harness(Self.pair)
        h.submit(0) { $0.timeLimit = .seconds(100) }
        h.submit(1) { $0.notBefore = .seconds(100) }
        h.seconds = 99
        for timer in h.timers { #expect(h.apply(.wake(token: timer.token)) == []) }
        #expect(h.advance(to: 100).started == [1])
    }

    @Test func cancelEndsAJobInEveryPhase() {
        var h = Harness(Self.pair)
        h.submit(0, members: 2, gpus: 8)
        h.submit(1)
        h.submit(2) { $0.held = true }
        #expect(h.apply(.cancel(JobID(1))).ended == [1: .cancelled], "queued")
        #expect(h.apply(.cancel(JobID(2))).ended == [2: .cancelled], "held")
        #expect(h.apply(.cancel(JobID(0))).stopped == [0], "starting")
        #expect(h.apply(.cancel(JobID(0))) == [], "stopping already")
        #expect(h.submit(3).started == [], "the gang has not stopped")
        let gone = h.confirmStop(0)
        #expect(gone.ended == [0: .cancelled])
        #expect(gone.started == [3])
        h.apply(.confirmStart(JobID(3), Attempt(1)))
        #expect(h.apply(.cancel(JobID(3))).stopped == [3], "running")
        #expect(h.apply(.cancel(JobID(9))) == [], "unknown")
    }

    @Test func aCancelledGangThatFailsWhileItStopsIsCancelled() {
        var h = Harness(Self.pair)
        h.submit(0)
        h.apply(.cancel(JobID(0)))
        #expect(h.fail(0).ended == [0: .cancelled])
    }

    @Test func aGangThatSucceedsWhileItStopsHasSucceeded() {
        var h = Harness(Self.pair)
        h.submit(0)
        h.apply(.cancel(JobID(0)))
        #expect(h.finish(0).ended == [0: .succeeded])
    }

    @Test func aHeldJobWaitsForItsRelease() {
        var h = Harness(Self.pair)
        #expect(h.submit(0) { $0.held = true }.waitCode == .held)
        #expect(h.apply(.release(JobID(0))).started == [0])
        h.submit(1, members: 2, gpus: 8)
        h.apply(.hold(JobID(1)))
        #expect(h.finish(0).started == [])
        #expect(h.apply(.release(JobID(1))).started == [1])
    }

    @Test func aRunningJobThatIsHeldDoesNotStartAgain() {
        var h = Harness(Self.pair)
        h.submit(0)
        h.apply(.hold(JobID(0)))
        #expect(h.fail(0, .node).started == [])
        #expect(h.apply(.release(JobID(0))).started == [0])
    }

    @Test func aJobStartsAtItsTime() {
        var h = Harness(Self.pair)
        #expect(h.submit(0) { $0.notBefore = .seconds(60) }.waitCode == .held)
        #expect(h.advance(to: 59).started == [])
        #expect(h.advance(to: 60).started == [0])
        #expect(h.submit(1) { $0.notBefore = .seconds(60) }.started == [1], "it has come")
    }

    @Test func whatIsStaleOrUnknownChangesNothing() {
        var h = Harness(Self.pair)
        h.submit(0)
        let inputs: [Input] = [
            .finish(JobID(0), Attempt(2)), .fail(JobID(0), Attempt(0), .node),
            .confirmStop(JobID(0), Attempt(1)), .confirmStart(JobID(0), Attempt(7)),
            .finish(JobID(5), Attempt(1)), .cancel(JobID(5)), .hold(JobID(5)),
            .release(JobID(0)), .drain(NodeID(7)), .removeNodes([NodeID(rawValue: -1)]),
            .setDeviceHealth(NodeID(2), unhealthy: 1), .wake(token: -1), .wake(token: .max),
            .resume(NodeID(0)), .addNodes(Self.pair.nodes),
        ]
        let before = h.engine.stateHash()
        for input in inputs {
            #expect(h.apply(input) == [])
            #expect(h.engine.stateHash() == before, "after \(input)")
        }
        #expect(h.finish(0).ended == [0: .succeeded])
        #expect(h.finish(0) == [])
    }

    @Test func submissionsThatMakeNoSenseAreRejected() {
        var h = Harness(Self.pair)
        h.submit(0)
        #expect(h.submit(0).rejection == .duplicateJob)
        h.finish(0)
        #expect(h.submit(0).rejection == .duplicateJob, "an ended job is known as well")
        #expect(h.submit(1, tenant: 3).rejection == .unknownTenant)
        #expect(h.submit(1, members: 0).rejection == .malformed)
        let later = [Dependency(job: JobID(1))]
        #expect(h.submit(1) { $0.dependencies = later }.rejection == .unknownDependency)
        #expect(h.submit(1).started == [1])
    }

    @Test func timeDoesNotGoBack() {
        var h = Harness(Self.pair)
        h.advance(to: 100)
        h.submit(0) { $0.timeLimit = .seconds(10) }
        h.seconds = 50
        h.submit(1) { $0.timeLimit = .seconds(10) }
        #expect(h.timers.map(\.at) == [.seconds(110), .seconds(110)])
    }
}
