import ControlPlane
import Documents
import FleetModel
import KubernetesObjects

// What follows from how a gang is now.
extension ClusterState {
    /// Looks at a gang: what became of its jobs, and whether its pods make a new one.
    mutating func look(at key: GangKey) {
        guard let gang = gangs[key] else { return }
        guard !rules.isDryRun else { return lookDry(at: gang) }
        for job in jobsOfGang[key] ?? [] { see(job) }
        let taken = seated(key)
        var free = gang.roles.map { role in
            role.pods.filter { $0.isLive && !taken.contains($0.key) }
        }
        fillVacancies(gang, &free)
        countStrays(gang, free)
        let present = (jobsOfGang[key] ?? []).compactMap { jobs[$0] }.filter { !$0.isExtra }
        if let waiting = present.first(where: { $0.phase == .waiting || $0.phase == .refused }) {
            refresh(waiting, gang, free)
        } else if present.contains(where: \.isActive) {
            addExtras(gang, free)
        } else if present.isEmpty {
            begin(gang, free)
        }
    }

    /// Takes in how the pods of a job are; ends it when all of them are over.
    mutating func see(_ key: String) {
        guard var job = jobs[key] else { return }
        for seat in job.seats.indices {
            guard let pod = job.seats[seat].pod else { continue }
            let wasVacant = job.seats[seat].isVacant
            job.seats[seat].see(sights[pod])
            if job.seats[seat].isVacant, !wasVacant {
                let had = nodes.hold(of: pod)
                nodes.setHold(pod, nil)
                job.seats[seat].vacantAt = now
                if rules.isDryRun, let had { leaveBehind(job, seat, had) }
            }
        }
        jobs[key] = job
        settle(key)
    }

    /// A pod that comes in place of one that has ended takes its seat, and its node, while the
    /// others of the gang go on.
    private mutating func fillVacancies(_ gang: ClusterGang, _ free: inout [[ClusterPod]]) {
        for key in jobsOfGang[gang.key] ?? [] {
            guard var job = jobs[key], job.phase == .running, !job.isExtra, job.number != nil
            else { continue }
            var bindings: [PodBinding] = []
            for seat in job.seats.indices where job.seats[seat].isVacant {
                let name = job.seats[seat].roleName
                guard job.seats[seat].state != .succeeded,
                    let role = gang.roles.firstIndex(where: { $0.name == name }),
                    let hold = job.seats[seat].hold, nodes.isOpen(hold.part),
                    let node = nodes.node(of: hold.part),
                    let place = free[role].firstIndex(where: {
                        $0.node == nil && isSuccessor($0, of: seat, in: job)
                    }), nodes.isFree(hold, for: free[role][place].key)
                else { continue }
                let pod = free[role].remove(at: place)
                job.seats[seat].pod = pod.key
                job.seats[seat].state = .waiting
                job.seats[seat].end = nil
                nodes.setHold(pod.key, hold)
                bindings.append(
                    PodBinding(
                        seat: seat, pod: pod.key, node: node,
                        mark: PodMark(job: key, devices: hold.devices),
                        ticket: job.ticket(seat: seat, sights[pod.key])))
            }
            jobs[key] = job
            if !bindings.isEmpty { bind(key, bindings) }
        }
    }

    /// Whether a pod comes in place of the one that had a seat. Of a pod that went while nobody
    /// looked the index is not known: then it is one that nobody else has.
    private func isSuccessor(_ pod: ClusterPod, of seat: Int, in job: ClusterJob) -> Bool {
        if job.seats[seat].pod != nil || pod.index == nil {
            return pod.index == job.seats[seat].index
        }
        return !job.seats.contains {
            $0.roleName == job.seats[seat].roleName && $0.index == pod.index
        }
    }

    /// Pods of ours that stand on nodes without being in a job count like those of others.
    private mutating func countStrays(_ gang: ClusterGang, _ free: [[ClusterPod]]) {
        let strays = Set(free.joined().map(\.key))
        for role in gang.roles {
            for pod in role.pods {
                let isStray =
                    pod.node != nil && !pod.phase.isTerminal
                    && (strays.contains(pod.key) || nodes.hold(of: pod.key) == nil)
                if isStray { nodes.setHold(pod.key, nil) }
                nodes.setUse(pod.key, isStray ? use(of: pod, role, nil) : nil)
            }
        }
    }

    // MARK: Waiting

    /// A job that waits follows its gang: other pods of the same shape take the seats, another
    /// shape is another job.
    private mutating func refresh(
        _ job: ClusterJob, _ gang: ClusterGang, _ free: [[ClusterPod]]
    ) {
        // Other pods in place of those that were cancelled are another job.
        guard !job.isCancelled else { return }
        let own = Set(job.seats.compactMap(\.pod) + free.joined().map(\.key))
        let pods = gang.roles.map { role in
            role.pods.filter { $0.isLive && $0.node == nil && own.contains($0.key) }
        }
        let isStanding = job.seats.contains { $0.state == .bound }
        guard !isStanding else { return }
        guard gang.isComplete else {
            forming[gang.key] = now
            return withdraw(job.key)
        }
        var problems: [GangProblem] = []
        let shape = text(of: gang).shape(pods.map(\.count), problems: &problems)
        guard shape == job.text, asks(gang, pods) == job.asks else {
            withdraw(job.key)
            return begin(gang, pods)
        }
        let seats = seats(pods, of: gang)
        jobs[job.key]?.seats = seats
        if let text = words.last(job.key) {
            let known = Set(job.seats.compactMap(\.pod))
            let new = seats.compactMap(\.pod).filter { !known.contains($0) }
            if !new.isEmpty {
                call(.condition(new, reason: text.condition, message: text.message))
            }
        }
        nominate(job.key)
    }

    /// The driver is to forget a job that never ran, or whose pods are gone.
    mutating func withdraw(_ key: String) {
        report(.vanished(key: key))
        remove(key)
    }

    // MARK: New jobs

    private mutating func begin(_ gang: ClusterGang, _ free: [[ClusterPod]]) {
        let bound = free.map { $0.filter { $0.node != nil } }
        let unbound = free.map { $0.filter { $0.node == nil } }
        guard bound.allSatisfy(\.isEmpty) else {
            let isEnough = zip(gang.roles, bound).allSatisfy { $0.minimum <= $1.count }
            if isEnough || unbound.allSatisfy(\.isEmpty) {
                if adopt(gang, bound) { look(at: gang.key) }
                return
            }
            if halfBound[gang.key] == nil { halfBound[gang.key] = now }
            return
        }
        halfBound[gang.key] = nil
        if let problem = gang.problems.first(where: \.isBlocking) {
            say(problem, to: unbound.joined().map(\.key))
        }
        forming[gang.key] = gang.isComplete ? nil : now
        guard gang.isComplete, settling[gang.key] == nil else { return }
        find(gang, unbound, isExtra: false)
    }

    private mutating func addExtras(_ gang: ClusterGang, _ free: [[ClusterPod]]) {
        let present = (jobsOfGang[gang.key] ?? []).compactMap { jobs[$0] }
        let seats = present.flatMap(\.seats)
        // Of pods with the same index the gang shows the latest; those of another Job are others.
        let shown = Set(gang.roles.flatMap { $0.pods.map(\.key) })
        // What comes in place of a pod that went has its seat once its gang runs and its node takes
        // it, or goes with its gang when that is stopped. When neither comes it is on its own.
        let empty = present.filter { $0.isActive && !$0.isExtra }.flatMap(\.seats).filter {
            $0.isVacant && $0.state != .succeeded
                && now - ($0.vacantAt ?? now) < rules.halfBoundMilliseconds
        }
        for (role, pods) in free.enumerated() {
            for pod in pods where pod.node == nil && pod.gates.isEmpty {
                // It waits for the seat of the one that it replaces.
                let isAwaited = seats.contains { seat in
                    seat.roleName == gang.roles[role].name && seat.index == pod.index
                        && seat.state == .bound
                        && (isLeaving(seat.pod, gang) || seat.pod.map(shown.contains) == false)
                }
                let isSeated = empty.contains {
                    $0.roleName == gang.roles[role].name && $0.index == pod.index
                }
                if isSeated { replaced[gang.key] = replaced[gang.key] ?? now }
                if isAwaited || isSeated { continue }
                var single = [[ClusterPod]](repeating: [], count: gang.roles.count)
                single[role] = [pod]
                find(gang, single, isExtra: true)
            }
        }
    }

    private func isLeaving(_ pod: PodKey?, _ gang: ClusterGang) -> Bool {
        gang.roles.contains { role in
            role.pods.contains { $0.key == pod && $0.isTerminating && !$0.phase.isTerminal }
        }
    }

    func text(of gang: ClusterGang) -> JobText {
        JobText(gang: gang, tenant: tenant(of: gang), topology: topology)
    }

    private func asks(_ gang: ClusterGang, _ pods: [[ClusterPod]]) -> [RoleAsk] {
        zip(gang.roles, pods).filter { !$0.1.isEmpty }
            .map { RoleAsk(request: $0.0.request, rules: $0.0.rules) }
    }

    func seats(_ pods: [[ClusterPod]], of gang: ClusterGang) -> [Seat] {
        // Roles without members are not in the document.
        let roles = zip(gang.roles, pods).filter { !$0.1.isEmpty }
        return roles.enumerated().flatMap { role, entry in
            entry.1.map { pod in
                Seat(role: role, roleName: entry.0.name, pod: pod.key, index: pod.index)
            }
        }
    }

    /// Pods of a gang become a job that waits.
    mutating func find(_ gang: ClusterGang, _ pods: [[ClusterPod]], isExtra: Bool) {
        var problems: [GangProblem] = []
        let writer = text(of: gang)
        let counts = pods.map(\.count)
        let shape = writer.shape(counts, problems: &problems)
        let subject = subject(of: gang, pods)
        for problem in problems { say(problem, about: subject) }
        if let problem = problems.first(where: \.isBlocking) {
            return say(problem, to: pods.joined().map(\.key))
        }
        let key = newKey(gang, pods, shape)
        var job = ClusterJob(
            key: key, gang: gang.key, text: shape, asks: asks(gang, pods), isExtra: isExtra,
            subject: subject, seats: seats(pods, of: gang))
        guard let found = foundJob(&job, gang, writer.text(counts, key: key), pods) else { return }
        add(job)
        report(.found(found))
    }

    /// Pods that run already become a job with its places, and others go that were believed to
    /// stand there. Says whether there is one now.
    mutating func adopt(
        _ gang: ClusterGang, _ pods: [[ClusterPod]], inPlaceOf displaced: [DisplacedJob] = []
    ) -> Bool {
        var problems: [GangProblem] = []
        let writer = text(of: gang)
        let shape = writer.shape(pods.map(\.count), problems: &problems)
        let marked = rules.isDryRun ? nil : pods.joined().compactMap { marks[$0.key]?.job }.first
        let isPast = marked.map { pastKeys[gang.key]?.contains($0) == true } ?? false
        let key =
            marked.flatMap { jobs[$0] == nil && !isPast ? $0 : nil } ?? newKey(gang, pods, shape)
        var job = ClusterJob(
            key: key, gang: gang.key, text: shape, isExtra: false,
            subject: subject(of: gang, pods), attempt: Attempt(1), phase: .running,
            seats: seats(pods, of: gang))
        for (seat, pod) in pods.joined().enumerated() {
            job.seats[seat].state = .bound
            job.seats[seat].hold = standingHold(pod, gang)
            // The next pod on this node has other devices.
            nodes.setUse(pod.key, nil)
            nodes.setHold(pod.key, job.seats[seat].hold)
        }
        guard var found = foundJob(&job, gang, writer.text(pods.map(\.count), key: key), pods)
        else {
            for other in displaced { report(.vanished(key: other.key, other.departure)) }
            countStrays(gang, pods)
            return false
        }
        found.displaced = displaced
        found.members = job.seats.compactMap { seat in
            seat.hold.map {
                MemberPlacement(node: $0.part, role: Int32(seat.role), devices: $0.devices)
            }
        }
        // It is use by others until the driver has taken it: who waits would else be given its
        // devices first. Without a place for each the driver could not take it.
        for (pods, role) in zip(pods, gang.roles) {
            for pod in pods {
                let hold = job.seats.first { $0.pod == pod.key }?.hold
                nodes.setHold(pod.key, nil)
                nodes.setUse(pod.key, use(of: pod, role, hold))
            }
        }
        // What a dry run decides of waiting gangs hinders nobody.
        if rules.isDryRun, found.members.count == job.seats.count { hold(job) }
        guard found.members.count == job.seats.count else {
            for other in displaced { report(.vanished(key: other.key, other.departure)) }
            job.phase = .refused
            add(job)
            refused[key] = now + rules.standingMilliseconds
            return true
        }
        add(job)
        report(.found(found))
        return true
    }

    /// What a pod takes of its node that the engine does not count for it, on devices that it is
    /// known to have.
    private func use(of pod: ClusterPod, _ role: ClusterRole, _ hold: DeviceHold?) -> NodeUse? {
        let devices = marks[pod.key]?.devices ?? hold?.devices ?? 0
        return pod.node.map { NodeUse(node: $0, request: role.request, devices: devices) }
    }

    /// The driver has taken a job where it stands: what its pods have is the engine's to count.
    mutating func hold(_ job: ClusterJob) {
        for seat in job.seats where seat.state == .bound {
            guard let pod = seat.pod, let hold = seat.hold, nodes.isPresent(hold.part) else {
                continue
            }
            nodes.setUse(pod, nil)
            nodes.setHold(pod, hold)
        }
    }

    /// Where a bound pod stands, by its mark or else on devices that are free.
    func standingHold(_ pod: ClusterPod, _ gang: ClusterGang) -> DeviceHold? {
        guard let node = pod.node,
            let role = gang.roles.first(where: { $0.pods.contains { $0.key == pod.key } })
        else { return nil }
        let wanted = role.request.accelerator
        guard let part = nodes.part(node: node, resource: wanted?.name) else { return nil }
        if !rules.isDryRun, let mark = marks[pod.key],
            Int64(mark.devices.nonzeroBitCount) == wanted?.count ?? 0
        {
            return DeviceHold(part: part, devices: mark.devices)
        }
        return nodes.freeDevices(part, count: Int(wanted?.count ?? 0))
            .map { DeviceHold(part: part, devices: $0) }
    }
}
