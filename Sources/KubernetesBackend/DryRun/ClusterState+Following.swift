import ControlPlane
import FleetModel
import KubernetesObjects

// What Muster decides in a dry run, and how the model follows what really happens.
extension ClusterState {
    /// Jobs that do not, or not wholly, stand where the model has them, by key: shadows, and gangs
    /// some of whose pods are over, which for the engine have their devices until the last is.
    var absentees: [ClusterJob] {
        dry.absentees.sorted().compactMap { jobs[$0] }.filter(\.isStanding)
    }

    /// The nodes on which a job has devices in the model alone.
    func absentParts(_ job: ClusterJob) -> [NodeID] {
        guard job.isFollowed else { return job.seats.compactMap(\.hold?.part) }
        return job.seats.compactMap { seat in
            seat.isVacant ? seat.leftover.flatMap { nodes.hold(of: $0)?.part } : nil
        }
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
        dry.absentees.insert(key)
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

    /// The last job that has devices of a node in the model alone: shadows before others.
    private func lastAbsentee(on part: NodeID) -> ClusterJob? {
        let there = absentees.filter { absentParts($0).contains(part) }
        return there.last { !$0.isFollowed } ?? there.last
    }

    /// Drops what has devices of a node in the model alone; says whether there was any.
    mutating func dropAbsentee(on part: NodeID) -> Bool {
        guard let job = lastAbsentee(on: part) else { return false }
        if job.isFollowed {
            reduce(job)
            look(at: job.gang)
        } else {
            drop(job, .overtaken)
        }
        return true
    }

    /// A pod of a gang is over, and the engine has its devices for the gang until all are.
    mutating func leaveBehind(_ job: ClusterJob, _ seat: Int, _ hold: DeviceHold) {
        guard job.isStanding, let leftover = job.seats[seat].leftover else { return }
        nodes.setHold(leftover, hold)
        dry.absentees.insert(job.key)
    }

    /// Others have devices of pods that are over: what is left of their gang is another job. It is
    /// looked at by the caller.
    private mutating func reduce(_ job: ClusterJob) {
        let standing = Set(job.standing)
        let displaced = [DisplacedJob(job.key, .reduced)]
        remove(job.key)
        let left = gangs[job.gang].map { gang in
            (gang, bound(live(gang)).map { $0.filter { standing.contains($0.key) } })
        }
        guard let (gang, bound) = left, !bound.allSatisfy(\.isEmpty) else {
            return report(.vanished(key: job.key, .withdrawn))
        }
        decide(gang.key)
        guard adopt(gang, bound, inPlaceOf: displaced) else { return }
        if let key = jobsOfGang[gang.key]?.last { jobs[key]?.isFollowed = true }
    }

    // MARK: Following

    /// The other has started a gang: from now on it is where it really stands, in place of all that
    /// is only in the model on some nodes, and of as much as need be elsewhere.
    mutating func follow(
        _ gang: ClusterGang, _ bound: [[ClusterPod]], over parts: [NodeID] = []
    ) {
        (dry.wholeSince[gang.key], dry.decided[gang.key]) = (nil, nil)
        dry.book.note(gang.key, at: now) { $0.settle() }
        let own = (jobsOfGang[gang.key] ?? []).compactMap { jobs[$0] }
        if let shadow = own.first(where: { $0.phase == .running }), let seats = same(shadow) {
            jobs[shadow.key]?.seats = seats
            jobs[shadow.key]?.isFollowed = true
            dry.absentees.remove(shadow.key)
            for seat in seats { if let pod = seat.pod { nodes.setHold(pod, seat.hold) } }
            return look(at: gang.key)
        }
        // The driver hears of all of it at once: it would give what they leave to the next that
        // waits before it hears who stands there.
        for job in own { remove(job.key) }
        let cleared = parts.flatMap { overtake(on: $0) { _ in true } }
        let gone = cleared + makeRoom(gang, bound)
        let displaced =
            own.map { DisplacedJob($0.key, .placedByOthers) }
            + gone.filter { !$0.isFollowed }.map { DisplacedJob($0.key, .overtaken) }
        defer { for job in gone { look(at: job.gang) } }
        guard adopt(gang, bound, inPlaceOf: displaced), let key = jobsOfGang[gang.key]?.last
        else {
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

    /// Takes jobs out of the model until there are devices for pods that really stand there, and
    /// returns them.
    private mutating func makeRoom(
        _ gang: ClusterGang, _ bound: [[ClusterPod]]
    ) -> [ClusterJob] {
        var wanted: [NodeID: Int] = [:]
        for (role, pods) in zip(gang.roles, bound) {
            for pod in pods {
                guard let accelerator = role.request.accelerator, let node = pod.node,
                    let part = nodes.part(node: node, resource: accelerator.name)
                else { continue }
                wanted[part, default: 0] += Int(accelerator.count)
            }
        }
        var taken: [ClusterJob] = []
        for (part, count) in wanted.sorted(by: { $0.key < $1.key }) {
            taken += overtake(on: part) { $0.nodes.freeDevices(part, count: count) == nil }
        }
        return taken
    }

    /// Takes what is on a node in the model alone out of it, as long as it is in the way, and
    /// returns it.
    private mutating func overtake(
        on part: NodeID, while isInTheWay: (ClusterState) -> Bool
    ) -> [ClusterJob] {
        var taken: [ClusterJob] = []
        while isInTheWay(self), let job = lastAbsentee(on: part) {
            overtake(job)
            taken.append(job)
        }
        return taken
    }

    /// Something real stands where a job has devices in the model alone. The driver hears of a
    /// shadow that goes with what stands there; its gang is looked at by the caller.
    private mutating func overtake(_ job: ClusterJob) {
        guard !job.isFollowed else { return reduce(job) }
        remove(job.key)
        decide(job.gang)
    }

    /// The driver did not take a gang where it stands: something in its model is in the way. Says
    /// whether that is tried again, in place of what is only in the model there, or else when those
    /// have had time to go that the driver does not know to be over.
    mutating func followsAgain(_ job: ClusterJob) -> Bool {
        guard job.isFollowed, dry.refusals[job.gang, default: 0] < DryRun.mostRefusals else {
            return false
        }
        dry.refusals[job.gang, default: 0] += 1
        let parts = Set(job.seats.compactMap(\.hold?.part)).sorted()
        remove(job.key)
        guard let gang = gangs[job.gang], parts.contains(where: { lastAbsentee(on: $0) != nil })
        else {
            standAside(job.gang)
            return true
        }
        let bound = bound(live(gang))
        if isWhole(gang, bound) {
            follow(gang, bound, over: parts)
        } else {
            decide(gang.key)
            look(at: gang.key)
        }
        return true
    }

    /// What is to be told before how nodes are now: gangs that are followed, and all that was
    /// reported before them but jobs that wait, which refer to news. Else the engine would give
    /// devices that go from use by others to such a gang to somebody else in between.
    static func takeFollowed(from reports: inout [BackendReport]) -> [BackendReport] {
        func stands(_ report: BackendReport) -> Bool? {
            guard case .found(let job) = report else { return nil }
            return !job.members.isEmpty
        }
        guard let last = reports.lastIndex(where: { stands($0) == true }) else { return [] }
        let first = reports[...last]
        reports = first.filter { stands($0) == false } + reports[(last + 1)...]
        return first.filter { stands($0) != false }
    }
}

extension ClusterJob {
    /// Whether it stands in the model; what Muster would stop goes on.
    fileprivate var isStanding: Bool {
        if case .stopping = phase { true } else { phase == .running }
    }
}
