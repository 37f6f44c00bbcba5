import FleetModel
import Testing

@testable import Scheduler

/// Jobs that wait for others to end.
@Suite struct DependencyTests {
    private static func after(
        _ jobs: Int..., mustSucceed: Bool = true
    ) -> (inout JobSpec) -> Void {
        { $0.dependencies = jobs.map { Dependency(job: JobID($0), mustSucceed: mustSucceed) } }
    }

    private static func harness() -> Harness { Harness(.uniform(nodes: 2, devices: 8, groups: [])) }

    @Test func aChainRunsInOrder() {
        var h = Self.harness()
        h.submit(0)
        for id in 1...3 { h.submit(id, change: Self.after(id - 1)) }
        for id in 0...2 { #expect(h.finish(id).started == [id + 1]) }
    }

    @Test func allMustEnd() {
        var h = Self.harness()
        h.submit(0)
        h.submit(1)
        let refusal = h.submit(2, change: Self.after(0, 1)).refusal
        #expect(refusal?.code == .dependency)
        #expect(h.finish(1).started == [])
        #expect(h.finish(0).started == [2])
    }

    @Test func aFailureEndsTheWholeChain() {
        var h = Self.harness()
        h.submit(0)
        for id in 1...3 { h.submit(id, change: Self.after(id - 1)) }
        h.submit(4, change: Self.after(2, mustSucceed: false))
        let failed = h.fail(0)
        #expect(
            failed.ended == [
                0: .failed, 1: .dependencyFailed, 2: .dependencyFailed, 3: .dependencyFailed,
            ])
        #expect(failed.started == [4])
    }

    @Test(arguments: [false, true])
    func anEndedJobCountsAsItEnded(hasFailed: Bool) {
        var h = Self.harness()
        h.submit(0)
        if hasFailed { h.fail(0) } else { h.finish(0) }
        let answer = h.submit(1, change: Self.after(0))
        #expect(answer.started == (hasFailed ? [] : [1]))
        #expect(answer.ended == (hasFailed ? [1: .dependencyFailed] : [:]))
        #expect(h.submit(2, change: Self.after(0, mustSucceed: false)).started == [2])
    }

    @Test func aRetryIsNotAnEnd() {
        var h = Self.harness()
        h.submit(0) { $0.retries[.application] = 1 }
        h.submit(1, change: Self.after(0))
        #expect(h.fail(0).started == [0])
        #expect(h.finish(0).started == [1])
    }

    @Test func cancellingAWaitingJobEndsThoseThatNeedIt() {
        var h = Self.harness()
        h.submit(0)
        h.submit(1, change: Self.after(0))
        h.submit(2, change: Self.after(1))
        #expect(h.apply(.cancel(JobID(1))).ended == [1: .cancelled, 2: .dependencyFailed])
        #expect(h.finish(0).started == [])
    }

    @Test func theSameDependencyTwiceIsOne() {
        var h = Self.harness()
        h.submit(0)
        h.submit(1, change: Self.after(0, 0))
        h.submit(2) { spec in
            spec.dependencies = [
                Dependency(job: JobID(0), mustSucceed: false), Dependency(job: JobID(0)),
            ]
        }
        #expect(h.fail(0).ended == [0: .failed, 1: .dependencyFailed, 2: .dependencyFailed])
        #expect(h.engine.openJobs == 0)
    }

    @Test func aJobIsEndedOnceThoughTwoOfItsDependenciesFail() {
        var h = Self.harness()
        h.submit(0)
        h.submit(1, change: Self.after(0))
        h.submit(2, change: Self.after(0))
        h.submit(3, change: Self.after(1, 2))
        #expect(h.fail(0).ended.count == 4)
        #expect(h.engine.openJobs == 0)
    }

    @Test func aHeldJobStaysHeldWhenItsDependencyEnds() {
        var h = Self.harness()
        h.submit(0)
        h.submit(1) { spec in
            spec.held = true
            spec.dependencies = [Dependency(job: JobID(0))]
        }
        #expect(h.finish(0).started == [])
        #expect(h.apply(.release(JobID(1))).started == [1])
    }
}
