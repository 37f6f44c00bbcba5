import FleetModel
import Health

/// An attempt whose program has failed, and of which it is not known yet why.
struct OpenEnd {
    var job: JobID
    var attempt: Attempt
    /// When the failure was told.
    var at: Instant
    /// Until when agents are heard.
    var until: Instant
}

/// Failures that wait for what agents have to say: a program that loses its device is gone in the
/// same moment, while the agent tells of the fault half a second later. Until then the engine
/// takes the attempt to run.
///
/// Lost with the process: a backend that is not told that an end was taken tells it again.
struct OpenEnds {
    private var ends: [OpenEnd] = []
    /// Whether something was told since they were looked at.
    var hasNews = false

    /// How long agents are heard.
    var patience = HealthEngine.wordPatience

    /// Whether none waits.
    var isEmpty: Bool { ends.isEmpty }

    /// When the first has waited long enough.
    var due: Instant? { ends.lazy.map(\.until).min() }

    /// All, in the order in which they were told.
    var all: [OpenEnd] { ends }

    /// Whether this attempt's end waits.
    func contains(_ job: JobID, _ attempt: Attempt) -> Bool {
        ends.contains { $0.job == job && $0.attempt == attempt }
    }

    /// Has an end wait, once.
    mutating func add(_ job: JobID, _ attempt: Attempt, at now: Instant) {
        guard !contains(job, attempt) else { return }
        ends.append(OpenEnd(job: job, attempt: attempt, at: now, until: now + patience))
    }

    /// An end waits no longer.
    mutating func remove(_ job: JobID) { ends.removeAll { $0.job == job } }
}
