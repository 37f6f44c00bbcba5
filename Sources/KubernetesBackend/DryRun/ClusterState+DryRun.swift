import ControlPlane
import FleetModel
import KubernetesObjects

// What follows from how a gang is now, while another scheduler binds its pods.
extension ClusterState {
    /// Looks at a gang: asks about it when it is complete, follows it when it is whole.
    mutating func lookDry(at gang: ClusterGang) {
        for job in jobsOfGang[gang.key] ?? [] { see(job) }
        let own = (jobsOfGang[gang.key] ?? []).compactMap { jobs[$0] }
        let live = live(gang)
        let bound = bound(live)
        if let real = own.first(where: \.isFollowed) {
            takeSeats(of: real.key, bound.joined().map { $0 })
            return countBound(gang)
        }
        let isWhole = isWhole(gang, bound)
        noteBound(gang, live, bound, isWhole: isWhole)
        if isWhole {
            if dry.wholeSince[gang.key] == nil { dry.wholeSince[gang.key] = now }
            if mayFollow(gang, own, live) { return follow(gang, bound) }
        } else {
            dry.wholeSince[gang.key] = nil
        }
        if let asked = own.first {
            refreshDry(asked, gang, live)
        } else if gang.isComplete, settling[gang.key] == nil, !isDecided(gang, live) {
            ask(gang, live)
        }
        countBound(gang)
    }

    /// The pods of each role that are not over.
    func live(_ gang: ClusterGang) -> [[ClusterPod]] {
        // Of a gang that is looked at because of another one, news may not have come in yet.
        gang.roles.map { role in
            role.pods.filter { $0.isLive && sights[$0.key]?.phase.isTerminal == false }
        }
    }

    /// Those of them that stand on nodes.
    func bound(_ live: [[ClusterPod]]) -> [[ClusterPod]] {
        live.map { $0.filter { $0.node != nil } }
    }

    /// Whether the other has started a gang.
    func isWhole(_ gang: ClusterGang, _ bound: [[ClusterPod]]) -> Bool {
        !bound.allSatisfy(\.isEmpty) && (gang.missing == 0 || dry.isBeginning)
            && zip(gang.roles, bound).allSatisfy { $0.minimum <= $1.count }
    }

    private func isDecided(_ gang: ClusterGang, _ live: [[ClusterPod]]) -> Bool {
        guard let pods = dry.decided[gang.key] else { return false }
        return live.joined().contains { pods.contains($0.key) }
    }

    /// Whether a gang that is whole is taken as it stands: Muster has decided, or had its time.
    private func mayFollow(
        _ gang: ClusterGang, _ own: [ClusterJob], _ live: [[ClusterPod]]
    ) -> Bool {
        if dry.isBeginning { return true }
        if own.contains(where: { $0.phase == .running }) { return true }
        if own.isEmpty, isDecided(gang, live) { return true }
        if own.isEmpty, gang.isComplete { return false }
        return now - (dry.wholeSince[gang.key] ?? now) >= DryRun.patience
    }

    private mutating func ask(_ gang: ClusterGang, _ live: [[ClusterPod]]) {
        dry.decided[gang.key] = nil
        if dry.wholeSince[gang.key] != nil { dry.wholeSince[gang.key] = now }
        let now = now
        dry.book.note(gang.key, at: now) { $0.completeAt = $0.completeAt ?? now }
        find(gang, live, isExtra: false)
        guard jobsOfGang[gang.key] == nil else { return }
        // No document can be made of it.
        dry.decided[gang.key] = Set(live.joined().map(\.key))
        let text = gang.problems.map(\.message).joined(separator: "; ")
        dry.book.note(gang.key, at: now) { record in
            record.refuses(text.isEmpty ? "it cannot be written as a job" : text)
        }
    }

    /// A job that waits, or stands only in the model, follows its gang.
    private mutating func refreshDry(
        _ job: ClusterJob, _ gang: ClusterGang, _ live: [[ClusterPod]]
    ) {
        guard job.phase == .waiting || job.phase == .refused, !job.isCancelled else { return }
        guard gang.isComplete else { return withdraw(job.key) }
        var problems: [GangProblem] = []
        guard text(of: gang).shape(live.map(\.count), problems: &problems) == job.text else {
            withdraw(job.key)
            return ask(gang, live)
        }
        var seats = seats(live, of: gang)
        for seat in seats.indices { seats[seat].see(seats[seat].pod.flatMap { sights[$0] }) }
        jobs[job.key]?.seats = seats
    }

    // MARK: The book

    private mutating func noteBound(
        _ gang: ClusterGang, _ live: [[ClusterPod]], _ bound: [[ClusterPod]], isWhole: Bool
    ) {
        let now = now
        guard !live.allSatisfy(\.isEmpty) else {
            return dry.book.note(gang.key, at: now) { $0.ends(at: now) }
        }
        // What ran before us is taken as it is.
        guard !(dry.isBeginning && isWhole) else { return }
        let isBegun = !bound.allSatisfy(\.isEmpty)
        if !dry.book.has(gang.key), isBegun || gang.isComplete, let record = record(of: gang) {
            dry.book.add(gang.key, record)
        }
        guard dry.book.has(gang.key) else { return }
        let gpus = zip(gang.roles, bound).reduce(into: Int64(0)) { sum, entry in
            sum += Int64(entry.1.count) * (entry.0.request.accelerator?.count ?? 0)
        }
        let wish = wish(of: gang)
        let place = isWhole ? place(bound.joined().compactMap(\.node), for: wish) : nil
        let all = record(of: gang)
        let problem = gang.isComplete ? nil : gang.problems.first { $0.isBlocking }?.message
        dry.book.note(gang.key, at: now) { record in
            if let all, record.wholeAt == nil { (record.pods, record.gpus) = (all.pods, all.gpus) }
            if isBegun { record.begun(at: now) }
            record.bound(gpus: gpus, at: now)
            if let place { record.whole(place, at: now) }
            if let problem { record.refuses(problem) }
        }
    }

    // MARK: Use

    /// Bound pods count where they stand, but for those of a gang that Muster has before it: it
    /// would not have bound them yet, or elsewhere.
    func isBeforeMuster(_ gang: GangKey) -> Bool {
        (jobsOfGang[gang] ?? []).contains { key in
            guard let job = jobs[key], !job.isFollowed else { return false }
            return job.phase == .waiting || job.phase == .running
        }
    }

    private mutating func countBound(_ gang: ClusterGang) {
        let isAsked = isBeforeMuster(gang.key)
        let seated = Set(
            (jobsOfGang[gang.key] ?? []).compactMap { jobs[$0] }
                .filter { $0.isFollowed && $0.phase != .refused }
                .flatMap(\.seats).filter { !$0.isVacant }.compactMap(\.pod))
        for role in gang.roles {
            for pod in role.pods {
                let isThere = pod.node != nil && !pod.phase.isTerminal
                let counts = isThere && !seated.contains(pod.key) && !(isAsked && pod.isLive)
                let use = pod.node.map { NodeUse(node: $0, request: role.request) }
                nodes.setUse(pod.key, counts ? use : nil)
            }
        }
    }

    /// A pod that the other has bound in place of one that has ended takes its seat.
    private mutating func takeSeats(of key: String, _ bound: [ClusterPod]) {
        guard var job = jobs[key], job.seats.contains(where: \.isVacant) else { return }
        let seated = Set(job.seats.compactMap(\.pod))
        for pod in bound where !seated.contains(pod.key) {
            guard
                let seat = job.seats.firstIndex(where: { seat in
                    seat.isVacant && seat.state != .succeeded && seat.index == pod.index
                        && seat.hold.flatMap { nodes.node(of: $0.part) } == pod.node
                })
            else { continue }
            if let leftover = job.seats[seat].leftover { nodes.setHold(leftover, nil) }
            job.seats[seat].pod = pod.key
            job.seats[seat].state = .bound
            nodes.setHold(pod.key, job.seats[seat].hold)
        }
        jobs[key] = job
    }

    // MARK: The clock

    /// Looks again at gangs whose time is up, and drops what stands only in the model where others
    /// stand by now.
    mutating func tickDry() {
        for gang in due(dry.wholeSince, after: DryRun.patience) { look(at: gang) }
        for part in Set(absentees.flatMap(absentParts)).sorted() {
            guard let devices = nodes.parts[part.index].reported?.devices else { continue }
            while nodes.held(part).nonzeroBitCount + nodes.usedByOthers(part) > devices,
                dropAbsentee(on: part)
            {}
        }
    }
}
