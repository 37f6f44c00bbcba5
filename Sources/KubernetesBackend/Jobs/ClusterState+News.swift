import ControlPlane
import FleetModel
import KubernetesObjects

// What the driver tells of jobs that wait, and what pods say of it.
extension ClusterState {
    /// Others are leaving a place for a job: its pods name the nodes that they will have, so that
    /// other schedulers and autoscalers know.
    mutating func take(_ place: ClearedPlace?, of job: ClusterJob) {
        jobs[job.key]?.plan = place
        guard job.phase == .waiting else { return }
        guard !rules.isDryRun else {
            if let place { planDry(job, place) }
            return
        }
        nominate(job.key)
    }

    /// Says which nodes the pods of a job will have, as far as that is not said yet. Only what we
    /// said ourselves is taken back.
    mutating func nominate(_ key: String) {
        guard let job = jobs[key], job.plan != nil || !job.nominated.isEmpty else { return }
        var places: [Int: [MemberPlacement]] = [:]
        for member in (job.plan?.members ?? []).reversed() {
            places[Int(member.role), default: []].append(member)
        }
        var wanted: [PodKey: String] = [:]
        var changes: [PodNomination] = []
        for seat in job.seats {
            let place = places[seat.role]?.popLast()
            guard seat.state == .waiting, let pod = seat.pod,
                let node = place.flatMap({ nodes.node(of: $0.node) }),
                wanted.count < ClusterCall.mostPods
            else { continue }
            wanted[pod] = node
            guard job.nominated[pod] != node else { continue }
            changes.append(PodNomination(pod: pod, node: node))
        }
        for seat in job.seats where seat.state == .waiting {
            guard let pod = seat.pod, job.nominated[pod] != nil, wanted[pod] == nil else {
                continue
            }
            changes.append(PodNomination(pod: pod, node: nil))
        }
        jobs[key]?.nominated = wanted
        if !changes.isEmpty { call(.nominate(changes)) }
    }

    /// The driver has ended a job whose pods still wait: they stay, and say what is to be done.
    mutating func take(_ outcome: JobOutcome, _ detail: String, of job: ClusterJob) {
        // What ends with its pods has said so itself.
        guard job.phase == .waiting || job.isActive else { return }
        let key = job.key
        jobs[key]?.phase = .refused
        jobs[key]?.plan = nil
        nominate(key)
        for seat in job.seats { if let pod = seat.pod { nodes.setHold(pod, nil) } }
        if outcome == .failed {
            refused[key] = now + rules.refusedMilliseconds
            let minutes = rules.refusedMilliseconds / 60_000
            tell(
                job,
                words.ended(
                    key, event: "StartFailed",
                    "its pods could not be bound in many attempts"
                        + (detail.isEmpty ? "" : ", the last one because \(detail)")
                        + "; it is tried again in \(minutes) minutes, or when nodes come", at: now))
        } else {
            jobs[key]?.isCancelled = true
            let word = outcome == .timedOut ? "it ran out of time" : "it was cancelled in Muster"
            tell(
                job,
                words.ended(
                    key, event: "Cancelled",
                    "\(word) and is not scheduled any more; delete its pods, or the object that "
                        + "makes them, and create it again to have it scheduled", at: now))
        }
        look(at: job.gang)
    }

    /// Says what a gang waits for that is not whole. Of gates the API server has told its pods, and
    /// of what is wrong it was said when it was seen.
    mutating func sayMissing(_ key: GangKey) {
        guard let gang = gangs[key], gang.gates.isEmpty, let text = gang.missingWords else {
            return
        }
        let live = gang.roles.map { $0.pods.filter(\.isLive) }
        let waiting = live.joined().filter { $0.node == nil }.map(\.key)
        guard say(text, to: waiting) else { return }
        call(
            .event(
                EventText(
                    subject: subject(of: gang, live), isWarning: false, reason: "WaitingForGang",
                    action: "Scheduling", note: text)))
    }
}

extension ClusterGang {
    /// What has to come before it can start, in words; nil when nothing has to.
    fileprivate var missingWords: String? {
        if let awaiting {
            return "the gang waits for \(awaiting.kind.title) \(awaiting.name), which is not there"
                + "; create it, or remove the label or annotation that names it"
        }
        let present = roles.reduce(0) { $0 + $1.pods.count(where: \.isLive) }
        guard missing > 0, present > 0 else { return nil }
        return "the gang waits for \(missing) more of its \(present + missing) pods"
            + "; it starts when all of them exist"
    }
}
