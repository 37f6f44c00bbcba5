import ControlPlane
import FleetModel
import Testing

@testable import LocalBackend

@Suite struct StartPauseTests {
    private func failure(_ job: Int) -> BackendReport { .started(JobID(job), Attempt(1)) }
    private let second: Int64 = 1_000_000_000

    @Test func eachFailureInARowDoublesThePause() {
        var pause = StartPause()
        for job in 0..<3 { pause.hold(failure(job), now: 0) }
        #expect(pause.takeDue(now: second - 1).isEmpty)
        #expect(pause.takeDue(now: second).count == 1)
        #expect(pause.takeDue(now: 2 * second).count == 1)
        #expect(pause.takeDue(now: 4 * second).count == 1 && pause.isEmpty)
    }

    @Test func aSuccessEndsTheRowAndNoPauseIsLong() {
        var pause = StartPause()
        for job in 0..<50 { pause.hold(failure(job), now: 0) }
        #expect(pause.takeDue(now: 30 * second).count == 50)
        pause.noteSuccess()
        pause.hold(failure(51), now: 0)
        #expect(pause.takeDue(now: second).count == 1)
    }
}
