import FleetModel

/// A running job that would be stopped.
public struct StoppedJob: Hashable, Sendable {
    /// The job.
    public var job: JobID
    /// Why.
    public var reason: StopReason
}

/// When one waiting job is expected to start, as things are and as they might be.
public struct WaitComparison: Hashable, Sendable {
    /// How it stands with a job.
    public enum Outlook: Hashable, Sendable {
        /// It runs, or would at once.
        case runs
        /// It waits, and starts within this range; nil when nothing is known.
        case waits(StartEstimate?)
        /// It is not there.
        case absent
    }

    /// The job.
    public var job: JobID
    /// As things are.
    public var before: Outlook
    /// As they might be.
    public var after: Outlook
}

/// What would be different at once if something were different.
public struct WhatIfAnswer: Hashable, Sendable {
    /// Changes that could not be made; the answer is about the others.
    public var inapplicable: [InapplicableChange]
    /// Waiting jobs, and new ones, that would start now, in order.
    public var started: [JobID]
    /// Running jobs that would be stopped, in order.
    public var stopped: [StoppedJob]
    /// Jobs that wait for a place as things are.
    public var waitingBefore: Int
    /// Jobs that would wait for a place.
    public var waitingAfter: Int
    /// Waiting jobs whose start would move most; those that the changes name come first.
    public var comparisons: [WaitComparison]
    /// Whether the consequences did not come to an end within the bound of a rehearsal.
    public var isCutOff: Bool
}

extension Engine {
    /// What would be different if these changes were made now, one after the other.
    ///
    /// Runs them on a copy. Estimates are compared for the changed jobs and for the first waiting
    /// ones, at most ``AnswerLimits/comparedJobs``; with a `horizon`, only of jobs that are
    /// expected to start within it in one of the two cases. O(state) for the copy.
    public mutating func whatIf(
        _ changes: [Change], horizon: TimeSpan? = nil
    ) -> WhatIfAnswer {
        asking { $0.answer(changes, horizon) }
    }

    private mutating func answer(_ changes: [Change], _ horizon: TimeSpan?) -> WhatIfAnswer {
        let rehearsal = Rehearsal(self, changes)
        let other = rehearsal.engine
        let own = changes.compactMap(\.job)
        // A job may start, be stopped and start again: what counts is how it ends up.
        var seen: Set<JobID> = []
        let started = rehearsal.started.filter {
            isRunning($0) == false && other.isRunning($0) && seen.insert($0).inserted
        }
        let stopped = rehearsal.stopped.filter { isRunning($0.job) && !other.isRunning($0.job) }
        var comparisons: [(isOwn: Bool, moved: Int64, value: WaitComparison)] = []
        var jobs = own + firstWaiting()
        var known: Set<JobID> = []
        jobs.removeAll { !known.insert($0).inserted }
        let present = estimatesByJob()
        let changed = other.estimatesByJob()
        for job in jobs {
            let before = outlook(of: job, present)
            let after = other.outlook(of: job, changed)
            let isOwn = own.contains(job)
            guard isOwn || (before != after && isWithin(horizon, before, after)) else { continue }
            guard before != .absent || after != .absent else { continue }
            comparisons.append(
                (
                    isOwn, Engine.movement(before, after, at: now),
                    WaitComparison(job: job, before: before, after: after)
                ))
        }
        let most = comparisons.least(AnswerLimits.comparisons) { left, right in
            if left.isOwn != right.isOwn { return left.isOwn }
            return (-left.moved, left.value.job) < (-right.moved, right.value.job)
        }
        return WhatIfAnswer(
            inapplicable: rehearsal.inapplicable, started: started, stopped: stopped,
            waitingBefore: waitingJobs, waitingAfter: other.waitingJobs,
            comparisons: most.map(\.value), isCutOff: rehearsal.isCutOff)
    }

    private func isRunning(_ id: JobID) -> Bool {
        guard let slot = jobs.slot(of: id) else { return false }
        return jobs[slot].phase == .starting || jobs[slot].phase == .running
    }

    private func outlook(
        of id: JobID, _ estimates: [JobID: StartEstimate]
    ) -> WaitComparison.Outlook {
        guard jobs.slot(of: id) != nil else { return .absent }
        return waitingSlot(of: id) == nil ? .runs : .waits(estimates[id])
    }

    private func estimatesByJob() -> [JobID: StartEstimate] {
        Dictionary(estimates(), uniquingKeysWith: { first, _ in first })
    }

    /// The first waiting jobs by rank.
    private func firstWaiting() -> [JobID] {
        var heads: [JobQueue.Entry] = []
        for waitClass in room.classes {
            for place in 0..<min(waitClass.queue.count, AnswerLimits.comparedJobs) {
                heads.append(waitClass.queue[place])
            }
        }
        return heads.least(AnswerLimits.comparedJobs) { $0.order < $1.order }
            .map { jobs[Int($0.slot)].spec.id }
    }

    private func isWithin(
        _ horizon: TimeSpan?, _ before: WaitComparison.Outlook, _ after: WaitComparison.Outlook
    ) -> Bool {
        guard let horizon else { return true }
        return [before, after].contains { outlook in
            switch outlook {
            case .runs: true
            case .waits(let estimate): (estimate?.likely ?? .never) <= now + horizon
            case .absent: false
            }
        }
    }

    /// How far a start moves, in nanoseconds; starting at all is the most.
    private static func movement(
        _ before: WaitComparison.Outlook, _ after: WaitComparison.Outlook, at now: Instant
    ) -> Int64 {
        func time(_ outlook: WaitComparison.Outlook) -> Instant {
            switch outlook {
            case .runs: now
            case .waits(let estimate): estimate?.likely ?? .never
            case .absent: .never
            }
        }
        let (moved, overflow) = time(before).nanoseconds.subtractingReportingOverflow(
            time(after).nanoseconds)
        return overflow || moved == .min ? .max : abs(moved)
    }
}
