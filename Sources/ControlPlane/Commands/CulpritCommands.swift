import Culprits
import FleetModel
import Store

extension ControlPlane {
    /// Takes in evidence about an attempt of a job, the last one unless another is named, and says
    /// who is to blame by all that is known now. Without evidence the question is asked anew.
    ///
    /// Throws `M0604` for an attempt that there is not.
    public func judge(
        _ job: JobID, _ number: Attempt?, with told: AttemptEvidence, by caller: Caller
    ) async throws -> AttemptRow {
        try await perform { driver in
            driver.now = max(driver.now, driver.clock.now())
            var attempts = try driver.store.read { try $0.attempts(of: job, limit: 200) }
            // What ended in this batch is not kept yet.
            let ending = driver.pending.endedAttempts.filter { $0.job == job }
            attempts.removeAll { row in ending.contains { $0.attempt == row.attempt } }
            attempts += ending
            let open = driver.openAttempts[job]
            let wanted = number ?? open?.attempt ?? attempts.last?.attempt
            guard let wanted,
                var attempt = open?.attempt == wanted
                    ? open : attempts.first(where: { $0.attempt == wanted })
            else {
                throw OperatingError(
                    .notFound,
                    number.map { "job \(job) has no attempt \($0.rawValue)" }
                        ?? "job \(job) has not started yet")
            }
            let before = attempt.culprit
            driver.cases.add(told, to: CaseKey(job, wanted))
            attempt.culprit = driver.judge(attempt, at: attempt.endedAt ?? driver.now)
            // Nothing new does not undo what is known.
            if attempt.culprit?.reason == NoCulprit.noEvidence.name, before != nil {
                attempt.culprit = before
            }
            let row = attempt.culprit
            driver.audit(
                caller, "evidence", "job \(job) attempt \(wanted.rawValue)",
                detail: row?.text ?? "")
            guard attempt.endedAt != nil else {
                driver.openAttempts[job] = attempt
                driver.pending.attempts[job] = attempt
                return attempt
            }
            driver.pending.endedAttempts.append(attempt)
            if let row, row.suspect != nil, row.nodes != before?.nodes { driver.watch(row) }
            return attempt
        }
    }
}
