import FleetModel

/// Decides what a reflector does after each watch: go on, or list anew, and after which pause.
///
/// A value without a clock, so that every course of events can be tested.
struct ReflectorRun {
    let options: ReflectorOptions
    /// Where the next watch begins; nil for a new list.
    var resourceVersion: String?
    private var backoff: Backoff
    private var random: SplitMix
    /// Watches in a row that came to nothing.
    private var failures = 0

    /// So many watches in a row that came to nothing lead to a new list: perhaps the server has
    /// another history now, and the version means nothing to it.
    private static let failuresUntilList = 8

    struct Step: Equatable {
        var trouble: ReflectorTrouble?
        var pauseMilliseconds: Int64 = 0
    }

    init(options: ReflectorOptions, seed: UInt64) {
        self.options = options
        random = SplitMix(seed: seed)
        backoff = Backoff(
            baseMilliseconds: options.pauseMilliseconds,
            capMilliseconds: options.longestPauseMilliseconds, seed: random.next())
    }

    /// How long the next watch lasts.
    mutating func watchSeconds() -> Int64 {
        let least = max(options.watchSeconds, 1)
        return least + Int64(random.below(Int(clamping: least) + 1))
    }

    /// What follows the end of a watch. `isCalm`: it lasted for a while.
    mutating func after(_ end: WatchEnd, isCalm: Bool) -> Step {
        if isCalm { backoff.reset() }
        if end.events > 0 || isCalm { failures = 0 } else { failures += 1 }
        switch end.reason {
        case .finished:
            // Ended early and empty, again and again, it would be a loop without a pause.
            return Step(pauseMilliseconds: end.events > 0 || isCalm ? 0 : backoff.next())
        case .refused(let refusal):
            let isLost = refusal.isExpired || refusal.status == 400
            if isLost || failures >= ReflectorRun.failuresUntilList { startAnew() }
            let trouble = trouble(refusal)
            return Step(trouble: trouble, pauseMilliseconds: trouble.pauseMilliseconds)
        case .broken(let error):
            // A line that is not understood would come again; the list goes around it.
            if error.code == .strangeKubernetes || failures >= ReflectorRun.failuresUntilList {
                startAnew()
            }
            if end.events > 0 { backoff.reset() }
            let trouble = trouble(error)
            return Step(trouble: trouble, pauseMilliseconds: trouble.pauseMilliseconds)
        }
    }

    /// The trouble that a refusal is, with its pause: never shorter than the server asked for.
    mutating func trouble(_ refusal: APIRefusal) -> ReflectorTrouble {
        let asked = min(refusal.retryAfterSeconds ?? 0, 60) * 1_000
        return .refused(refusal, pauseMilliseconds: max(backoff.next(), asked))
    }

    /// The trouble that a failure is, with its pause.
    mutating func trouble(_ error: OperatingError) -> ReflectorTrouble {
        .failed(error, pauseMilliseconds: backoff.next())
    }

    private mutating func startAnew() {
        resourceVersion = nil
        failures = 0
    }
}
