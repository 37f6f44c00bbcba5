import ControlPlane
import FleetModel
import Foundation
import Glibc
import Logging
import Supervisor

extension Keeper {
    /// Looks at a gang's members and does what follows from what is seen.
    func tend(_ key: GangKey, deeply: Bool) {
        guard var gang = gangs[key] else { return }
        for rank in gang.ranks {
            guard let member = gang.members[rank], member.end == nil, member.sight != .absent else {
                continue
            }
            gang.look(at: rank, deeply: deeply, logger)
            if gang.members[rank]?.end == .lost && !isBuried(key, rank) {
                // Its processes are not gone yet, and hold its devices.
                gang.members[rank]?.sight = member.sight
            }
            guard let seen = gang.members[rank], seen.end == nil, seen.isToEnd, !seen.hasHeard
            else {
                continue
            }
            let hasHeard = seen.folder.order(stopWithin: gang.grace)
            gang.members[rank]?.hasHeard = hasHeard
        }
        advance(gang)
    }

    /// Kills what a supervisor that is gone has left behind; true once there is nothing.
    private func isBuried(_ key: GangKey, _ rank: Int) -> Bool {
        let lost = cookie(key, rank)
        let isEmpty = cgroups?.clear(key, rank: rank) ?? true
        let count = Leftovers.kill { $0 == lost }
        if count > 0 { logger.warning("\(key): killed \(count) processes of lost member \(rank)") }
        return isEmpty && count == 0
    }

    private func advance(_ present: Gang) {
        var gang = present
        let key = gang.key
        if !gang.isReported && !gang.isStopping && !gang.isPartial && gang.hasStarted
            && !(gang.isAdopted && gang.isOver)
        {
            gang.isReported = true
            startPause.noteSuccess()
            report(.started(key.job, key.attempt))
        }
        if gang.failure == nil, !gang.isStopping, let failure = gang.firstFailure() {
            gang.failure = failure
            gang.isPartial = false
            logger.info("\(key): \(failure.detail)")
            end(gang.ranks, of: &gang)
        }
        settleShrinks(&gang)
        gangs[key] = gang
        guard gang.isOver, !gang.isPartial else { return }
        readProgress(key)
        gangs[key] = nil
        conclude(gang)
        endedLogs.add(key, in: gang.folder)
        discardForgotten(key.job)
    }

    private func settleShrinks(_ gang: inout Gang) {
        for (resize, ranks) in gang.leaving.sorted(by: { $0.key < $1.key }) {
            let haveLeft = ranks.allSatisfy { rank in
                guard let member = gang.members[rank] else { return true }
                return member.end != nil || member.sight == .absent
            }
            guard haveLeft else { continue }
            gang.leaving[resize] = nil
            for rank in ranks { gang.members[rank] = nil }
            gang.launch.members.removeAll { ranks.contains($0.rank) }
            report(.shrunk(gang.key.job, gang.key.attempt, resize))
        }
    }

    /// Reports how an attempt ended, of which nothing runs any more.
    private func conclude(_ gang: Gang) {
        let (job, attempt) = (gang.key.job, gang.key.attempt)
        if gang.hasSucceeded && gang.failure == nil {
            report(.finished(job, attempt, gang.exits))
            // The order to stop came too late, and is settled all the same.
            if gang.isStopping { report(.stopped(job, attempt, gang.exits)) }
            return
        }
        if gang.isStopping {
            report(.stopped(job, attempt, gang.exits))
            return
        }
        let failure =
            gang.failure
            ?? GangFailure(cause: .node, detail: "it was ended, and the order for it is not known")
        if failure.cause == .application { tellEvidence(of: gang) }
        let report = BackendReport.failed(
            job, attempt, failure.cause, suspect: failure.suspect, retry: failure.retry,
            exits: gang.exits, detail: failure.detail)
        if failure.cause == .start, failure.retry == .byCause {
            startPause.hold(report, now: Keeper.now())
        } else {
            self.report(report)
        }
    }

    /// Reports what an attempt that failed left about its end, before the failure itself.
    private func tellEvidence(of gang: Gang) {
        let reading = EvidenceReading(
            attempt: gang.folder,
            members: gang.ranks.compactMap { rank in
                (try? gang.folder.folder(String(rank))).map { (rank, $0) }
            })
        for line in reading.refused.prefix(10) { logger.info("\(gang.key): not read: \(line)") }
        guard !reading.found.isEmpty else { return }
        report(.evidence(gang.key.job, gang.key.attempt, reading.found))
    }

    /// Reports how far a gang says it is, if that has changed.
    func readProgress(_ key: GangKey) {
        guard let gang = gangs[key], gang.isReported,
            let rank = gang.ranks.first(where: { !gang.leavingRanks.contains($0) }),
            let folder = gang.members[rank]?.folder
        else { return }
        var mark = gang.mark
        let progress = folder.progress(since: &mark)
        gangs[key]?.mark = mark
        guard let progress, progress != gang.progress else { return }
        gangs[key]?.progress = progress
        report(
            .progress(
                key.job, key.attempt,
                JobProgress(
                    step: progress.step, checkpointedStep: progress.checkpointedStep,
                    checkpointMilliseconds: progress.checkpointMilliseconds)))
    }
}

extension Gang {
    /// Looks at one member. What cannot be seen just now stays as it was.
    mutating func look(at rank: Int, deeply: Bool, _ logger: Logger) {
        guard let folder = members[rank]?.folder else { return }
        do {
            members[rank]?.sight = try folder.look(deeply: deeply)
        } catch { logger.warning("\(key): cannot look at member \(rank): \(error)") }
    }
}
