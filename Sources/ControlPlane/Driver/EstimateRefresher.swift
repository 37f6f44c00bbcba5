import FleetModel
import Foundation
import Scheduler
import Store
import Synchronization

/// Works out anew, beside the driver, when waiting jobs are likely to start.
///
/// The engine tells each estimate once, to learn from what comes of it; people want to know what is
/// likely now.
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
        let (engine, speed) = (driver.engine, driver.clock.speed)
        queue.async { [self] in
            let estimates = engine.estimates(first: EstimateRefresher.told)
            try? inbox.add(
                DriverInbox.Command(
                    run: { driver in driver.tell(estimates) }, finish: { _ in }))
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
}
