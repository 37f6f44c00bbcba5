import ControlPlane
import FleetModel
import KubernetesObjects

// What Muster decides in a dry run, and how the model follows what really happens.
extension ClusterState {
    /// Jobs that stand only in the model, by key.
    var shadows: [ClusterJob] {
        jobs.values.filter { !$0.isFollowed && $0.phase == .running }.sorted { $0.key < $1.key }
    }

    /// Takes a decision to start a gang: it stands there in the model from now on.
    mutating func startDry(_ launch: GangLaunch, _ key: String) {
        guard var job = jobs[key] else { return }
        job.attempt = launch.attempt
        // Where something real stands the engine has only seen a gap between two reports.
        guard seat(launch.members, &job) else {
            unseat(&job)
            return refuse(launch, "its place is taken")
        }
        job.phase = .running
        jobs[key] = job
        report(.started(launch.job, launch.attempt))
        noteStart(job.gang, job.seats.compactMap { $0.hold.flatMap { nodes.node(of: $0.part) } })
        look(at: job.gang)
    }

    /// Muster would have started a gang now, on these nodes, in rank order.
    private mutating func noteStart(_ gang: GangKey, _ names: [String]) {
        guard dry.book.has(gang) else { return }
        let place = place(names, for: gangs[gang].flatMap { wish(of: $0) })
        let now = now
        dry.book.note(gang, at: now) { $0.starts(at: now, place) }
    }

    /// Others would be leaving a place for a job: that is when Muster would have begun to start it.
    mutating func planDry(_ job: ClusterJob, _ place: ClearedPlace) {
        let now = now
        dry.book.note(job.gang, at: now) { $0.stops(place.stops) }
        noteStart(job.gang, place.members.compactMap { nodes.node(of: $0.node) })
    }

    /// Muster would stop a gang. One that really stands goes on, and counts until it is over.
    mutating func stopDry(_ job: ClusterJob, _ reason: StopReason) {
        guard !job.isFollowed else { return }
        let departure: Departure =
            switch reason {
            case .preemption: .preempted
            case .maintenance: .maintenance
            case .cancelled, .hardware, .timeLimit: .withdrawn
            }
        if departure == .withdrawn, let number = job.number {
            report(.stopped(number, job.attempt, []))
            leave(job)
        } else {
            drop(job, departure)
        }
    }

    /// A job that really stood, and was to stop, is over.
    mutating func endDryStopped(_ job: ClusterJob) {
        if let number = job.number, job.seats.allSatisfy({ $0.state == .succeeded }) {
            report(.finished(number, job.attempt, job.exits))
        } else {
            report(.vanished(key: job.key))
        }
    }

    /// Forgets a job that stands only in the model; its gang is not asked about again.
    private mutating func drop(_ job: ClusterJob, _ departure: Departure) {
        report(.vanished(key: job.key, departure))
        leave(job)
    }

    private mutating func leave(_ job: ClusterJob) {
        remove(job.key)
        decide(job.gang)
        look(at: job.gang)
    }

    /// A gang is not asked about again.
    private mutating func decide(_ gang: GangKey) {
        let pods = gangs[gang]?.roles.flatMap(\.pods).filter(\.isLive).map(\.key) ?? []
        dry.decided[gang] = Set(pods)
    }

    /// A gang that stands is to be taken later, and not asked about.
    mutating func standAside(_ gang: GangKey) {
        decide(gang)
        dry.wholeSince[gang] = now
    }

    /// Drops a shadow that holds devices of a node; says whether there was one.
    mutating func dropShadow(on part: NodeID) -> Bool {
        guard let shadow = shadows.last(where: { $0.seats.contains { $0.hold?.part == part } })
        else { return false }
        drop(shadow, .overtaken)
        return true
    }

    // MARK: Following

    /// The other has started a gang: from now on it is where it really stands.
    mutating func follow(_ gang: ClusterGang, _ bound: [[ClusterPod]]) {
        (dry.wholeSince[gang.key], dry.decided[gang.key]) = (nil, nil)
        dry.book.note(gang.key, at: now) { $0.settle() }
        let own = (jobsOfGang[gang.key] ?? []).compactMap { jobs[$0] }
        if let shadow = own.first(where: { $0.phase == .running }), let seats = same(shadow) {
            jobs[shadow.key]?.seats = seats
            jobs[shadow.key]?.isFollowed = true
            for seat in seats { if let pod = seat.pod { nodes.setHold(pod, seat.hold) } }
            return look(at: gang.key)
        }
        for job in own {
            report(.vanished(key: job.key, .placedByOthers))
            remove(job.key)
        }
        makeRoom(gang, bound)
        guard adopt(gang, bound), let key = jobsOfGang[gang.key]?.last else {
            dry.decided[gang.key] = Set(bound.joined().map(\.key))
            return
        }
        jobs[key]?.isFollowed = true
        look(at: gang.key)
    }

    /// The seats of a shadow with its pods where they really are; nil when those are other nodes.
    private func same(_ job: ClusterJob) -> [Seat]? {
        var holds: [Int: [String: [DeviceHold]]] = [:]
        for seat in job.seats {
            guard let hold = seat.hold, let node = nodes.node(of: hold.part) else { return nil }
            holds[seat.role, default: [:]][node, default: []].append(hold)
        }
        var seats = job.seats
        for index in seats.indices {
            guard seats[index].state == .bound,
                let node = seats[index].pod.flatMap({ sights[$0]?.node }),
                let hold = holds[seats[index].role]?[node]?.popLast()
            else { return nil }
            seats[index].hold = hold
        }
        return seats
    }

    /// Drops shadows until there are devices for pods that really stand there.
    private mutating func makeRoom(_ gang: ClusterGang, _ bound: [[ClusterPod]]) {
        var wanted: [NodeID: Int] = [:]
        for (role, pods) in zip(gang.roles, bound) {
            for pod in pods {
                guard let accelerator = role.request.accelerator, let node = pod.node,
                    let part = nodes.part(node: node, resource: accelerator.name)
                else { continue }
                wanted[part, default: 0] += Int(accelerator.count)
            }
        }
        for (part, count) in wanted.sorted(by: { $0.key < $1.key }) {
            while nodes.freeDevices(part, count: count) == nil, dropShadow(on: part) {}
        }
    }

    /// The driver did not take a gang where it stands: something in its model is in the way. Says
    /// whether that is tried again, without shadows there.
    mutating func followsAgain(_ job: ClusterJob) -> Bool {
        guard job.isFollowed, dry.refusals[job.gang, default: 0] < DryRun.mostRefusals else {
            return false
        }
        dry.refusals[job.gang, default: 0] += 1
        let parts = Set(job.seats.compactMap(\.hold?.part)).sorted()
        remove(job.key)
        for part in parts { while dropShadow(on: part) {} }
        standAside(job.gang)
        return true
    }
}
