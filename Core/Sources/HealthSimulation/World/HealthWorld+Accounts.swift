import FleetModel
import Health
import Scheduler
import Simulation

/// Since when each place has what counts by the hour.
struct PlaceWatch: Sendable {
    var badSince: [Instant?]
    var outSince: [Instant?]
    /// Whether each place has been in service.
    var hasServed: [Bool]

    init(places: Int) {
        badSince = [Instant?](repeating: nil, count: places)
        outSince = [Instant?](repeating: nil, count: places)
        hasServed = [Bool](repeating: false, count: places)
    }
}

// What the figures are made of, and what must never happen.
extension HealthWorld {
    /// Adds up the hours of a place, after anything that may have changed them.
    mutating func account(_ slot: Int) {
        account(slot, isBad: badServes(slot), isOut: !serves(slot))
    }

    private mutating func account(_ slot: Int, isBad: Bool, isOut: Bool) {
        if let since = watch.badSince[slot], !isBad {
            figures.badSeconds += (now - since).wholeSeconds
            watch.badSince[slot] = nil
        } else if isBad, watch.badSince[slot] == nil {
            watch.badSince[slot] = now
        }
        if let since = watch.outSince[slot], !isOut {
            figures.outSeconds += (now - since).wholeSeconds
            figures.outages += 1
            watch.outSince[slot] = nil
        } else if isOut, watch.outSince[slot] == nil, watch.hasServed[slot] {
            watch.outSince[slot] = now
        }
        if !isOut { watch.hasServed[slot] = true }
    }

    mutating func close() {
        for slot in node.indices {
            if badServes(slot) { figures.badAtEnd += 1 }
            account(slot, isBad: false, isOut: false)
        }
        let gang = jobs[HealthWorld.gang.index]
        if let progress = gang.progress {
            // What is done at the end is of use.
            let kept = gang.isHalted ? progress.kept(at: end) : progress.done(at: end)
            figures.gangKept += kept
        } else if let since = gang.waitsSince {
            figures.lostGPUSeconds += (end - since).wholeSeconds * gang.gpus
        }
        if let start = figures.gangStartedAt { figures.gangSpan = (end - start).nanoseconds }
        figures.jobs = jobs.count
        figures.violations += health.checkInvariants() + scheduler.checkInvariants()
    }

    /// A restart may not stand on the node that the end before it was put down to. One that an
    /// earlier end was put down to, and that has passed no test since, is counted.
    mutating func noteRestart(_ id: JobID, _ members: [MemberPlacement]) {
        figures.restarts += 1
        let job = jobs[id.index]
        if let culprit = job.hurtBy, provedAt[culprit.index] <= job.hurtAt,
            members.contains(where: { $0.node == culprit })
        {
            figures.restartsOnCulprit += 1
        }
        guard let suspect = job.suspect, provedAt[suspect.index] <= job.suspectedAt,
            members.contains(where: { $0.node == suspect })
        else { return }
        guard job.suspectedAt >= job.startedAt else {
            figures.restartsOnFormerSuspect += 1
            return
        }
        figures.restartsOnSuspect += 1
        guard scenario.variant.hasProof else { return }
        figures.violations.append(
            "\(now): \(id) restarts on \(suspect), to blame since \(job.suspectedAt)")
    }

    /// Nothing may start on what is out of service. A start that falls into the instant in which
    /// the health engine asks for an idle test takes the test back, so that it counts when that
    /// instant is over.
    mutating func checkStarts() {
        for id in startedOnOut {
            let job = jobs[id.index]
            guard job.progress != nil, !job.isHalted, isOut(job.members) else { continue }
            figures.startsOnOut += 1
            figures.violations.append("\(now): \(id) starts on what is out of service")
        }
        startedOnOut.removeAll(keepingCapacity: true)
    }

    /// Whether any of these is on something that takes no work.
    func isOut(_ members: [MemberPlacement]) -> Bool {
        members.contains { member in
            guard let known = health[member.node] else { return true }
            return known.hold != nil || !known.track.state.takesWork
                || member.devices & known.toldUnhealthy != 0
        }
    }
}
