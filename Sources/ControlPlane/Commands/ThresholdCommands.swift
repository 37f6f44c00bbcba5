import FleetModel
import Qualification
import Store

extension ControlPlane {
    /// Lets what is usual now of a kind of machine count, however much better it was once. With
    /// `forgetsValues` what was measured is forgotten as well, so that what is published holds
    /// until enough machines were tested anew. Throws `M0604` when nothing is known of such a kind.
    public func relearn(
        _ kind: LearnedKind, forgetsValues: Bool, reason: String, by caller: Caller
    ) async throws {
        try await perform { driver in
            driver.now = max(driver.now, driver.clock.now())
            let places = driver.learned.relearn(kind, forgetsValues: forgetsValues)
            guard !places.isEmpty else {
                throw OperatingError(
                    .notFound, "no test has brought figures of \(kind.words)",
                    hint: "GET /v1/health/thresholds lists what is known")
            }
            for (key, figure) in places {
                driver.pending.others.append {
                    try $0.forgetFigures(
                        model: key.model, driver: key.driver, fabric: key.fabric,
                        figure: figure.name, withValues: forgetsValues)
                }
            }
            driver.keepBest(of: places.map { FigurePlace(key: $0.key, figure: $0.figure) })
            let what = forgetsValues ? "all that was measured" : "the best that was usual"
            driver.audit(
                caller, "relearn", kind.words,
                detail: reason.isEmpty ? what : "\(what): \(reason)")
            driver.tell(
                EventRow(
                    kind: "health", at: driver.now,
                    text: "\(caller.name) had \(what) forgotten of \(kind.words)"
                        + (reason.isEmpty ? "" : ": \(reason)")))
            driver.showsHealth = true
        }
    }
}
