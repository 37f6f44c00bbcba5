import FleetModel
import Foundation
import Scheduler
import Store
import Synchronization

/// Works out anew, beside the driver, when waiting jobs are likely to start, and why they wait.
///
/// The engine tells each estimate once, to learn from what comes of it, and each reason when a job
/// begins to wait; people want to know what is likely, and in the way, now.
final class EstimateRefresher: Sendable {
    private struct State {
        var isBusy = false
        var due: Int64 = 0
    }

    private let inbox: DriverInbox
    private let queue = DispatchQueue(label: "muster-estimates", qos: .utility)
    private let state = Mutex(State())

    /// Jobs that are told, those first in the queue; the others have what the engine told them.
    private static let told = 4096
    /// Classes of jobs that wait alike of which the reason is asked, and jobs that are told it.
    private static let (askedClasses, toldReasons) = (1024, 16_384)
    /// Wall time between two rounds at speed 1, and the least at any speed, in nanoseconds.
    private static let longestPause: Int64 = 30_000_000_000
    private static let shortestPause: Int64 = 2_000_000_000
    /// A round takes at most a twentieth of a processor's time.
    private static let idleShare: Int64 = 20

    init(inbox: DriverInbox) { self.inbox = inbox }

    /// Begins a round if one is due. Runs on the driver's thread, in no time.
    func refresh(_ driver: Driver) {
        guard driver.view.counts[JobState.queued.rawValue] > 0 else { return }
        let began = FleetClock.monotonic()
        let isDue = state.withLock { state in
            guard !state.isBusy, state.due <= began else { return false }
            state.isBusy = true
            return true
        }
        guard isDue else { return }
        let (present, speed) = (driver.engine, driver.clock.speed)
        queue.async { [self] in
            var engine = present
            let estimates = engine.estimates(first: EstimateRefresher.told)
            let refusals = engine.currentRefusals(
                classes: EstimateRefresher.askedClasses, jobs: EstimateRefresher.toldReasons)
            try? inbox.add(
                DriverInbox.Command(
                    run: { driver in
                        driver.tell(estimates)
                        for (job, refusal) in refusals { driver.tell(refusal, of: job) }
                    }, finish: { _ in }))
            let now = FleetClock.monotonic()
            let pause = max(
                EstimateRefresher.shortestPause, EstimateRefresher.longestPause / max(1, speed),
                EstimateRefresher.idleShare * (now - began))
            state.withLock { $0 = State(isBusy: false, due: now + pause) }
        }
    }
}

extension Driver {
    /// Shows jobs that wait when they are likely to start.
    fileprivate func tell(_ estimates: [(JobID, StartEstimate)]) {
        for (job, estimate) in estimates {
            guard let view = view.jobs[job.index], view.row.state.isWaiting,
                view.estimate != estimate
            else { continue }
            self.view.jobs.modify(job.index) { $0.estimate = estimate }
            pending.touchedJobs.insert(job)
        }
    }

    /// A job waits for another reason than it was told, if it still does.
    fileprivate func tell(_ refusal: Refusal, of job: JobID) {
        guard let row = view.jobs[job.index]?.row, row.state == .queued, row.reason != refusal
        else { return }
        noteWait(job, refusal)
    }
}
