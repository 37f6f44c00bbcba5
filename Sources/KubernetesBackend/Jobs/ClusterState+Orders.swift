import ControlPlane
import FleetModel
import KubernetesObjects

/// What became of the bindings of a job.
enum BindOutcome: Hashable {
    /// All of these pods are bound.
    case bound
    /// Some are not, in a sentence; those of these seats are.
    case failed(String, boundSeats: [Int])
    /// This replica does not lead any more, so that nothing was done or will be.
    case fenced
}

// What the driver wants, and what came of it.
extension ClusterState {
    mutating func carryOut(_ order: BackendOrder) {
        switch order {
        case .start(let launch): start(launch)
        case .stop(let job, let attempt, let reason): stop(job, attempt, reason)
        case .tell(let key, let news): take(news, of: key)
        case .sayRule(let name): ruleBook.say(name)
        case .tenants(let figures): take(figures)
        // Gangs are not elastic here, and no logs are kept.
        case .shrink, .grow, .forget: break
        }
    }

    // MARK: Start

    private mutating func start(_ launch: GangLaunch) {
        guard let key = launch.document.gangKey else {
            return report(
                .failed(
                    launch.job, launch.attempt, .start, suspect: nil, retry: .never, exits: [],
                    detail: "jobs of this fleet are pods of its cluster: create them there"))
        }
        guard var job = jobs[key], job.phase != .refused else {
            return report(.vanished(key: key))
        }
        number(&job, launch.job)
        switch job.phase {
        case .waiting: break
        case .running where job.attempt == launch.attempt:
            return report(.started(launch.job, launch.attempt))
        default: return
        }
        guard !rules.isDryRun else { return startDry(launch, key) }
        job.attempt = launch.attempt
        guard seat(launch.members, &job) else {
            unseat(&job)
            return refuse(launch, "its pods or its nodes are not what they were")
        }
        if let (conflict, part) = conflict(in: job) {
            unseat(&job)
            return evade(conflict, on: part, launch, job)
        }
        words.forget(key)
        job.phase = .starting
        jobs[key] = job
        bind(key, bindings(job))
    }

    mutating func refuse(_ launch: GangLaunch, _ detail: String, suspect: NodeID? = nil) {
        report(
            .failed(
                launch.job, launch.attempt, .start, suspect: suspect, retry: .byCause, exits: [],
                detail: detail))
    }

    /// Who else stands there now is against it: the rules of the next try know that, and it keeps
    /// off the node. Where others have come with wishes that the job's rules do not look at, it is
    /// found anew.
    private mutating func evade(
        _ conflict: String, on part: NodeID, _ launch: GangLaunch, _ job: ClusterJob
    ) {
        guard let gang = gangs[job.gang], hasOtherRules(job, gang) else {
            return refuse(launch, conflict, suspect: part)
        }
        withdraw(job.key)
        look(at: job.gang)
    }

    /// What keeps the pods of a job from the places that they were given, as far as others decide
    /// that who stand there; nil for nothing.
    private func conflict(in job: ClusterJob) -> (words: String, part: NodeID)? {
        for seat in job.seats {
            guard let pod = seat.pod, let hold = seat.hold,
                let facts = nodes.node(of: hold.part).flatMap({ nodes.facts($0) })
            else { continue }
            if let words = nodes.neighbours.conflict(of: pod, on: facts) {
                return (words, hold.part)
            }
        }
        return nil
    }

    mutating func unseat(_ job: inout ClusterJob) {
        for seat in job.seats.indices {
            if let pod = job.seats[seat].pod { nodes.setHold(pod, nil) }
            job.seats[seat].hold = nil
        }
        jobs[job.key] = job
    }

    private mutating func number(_ job: inout ClusterJob, _ number: JobID) {
        job.number = number
        keys[number] = job.key
        jobs[job.key] = job
    }

    /// Gives each pod its node, role by role in the order of ranks.
    mutating func seat(_ members: [MemberLaunch], _ job: inout ClusterJob) -> Bool {
        guard members.count == job.seats.count else { return false }
        var places: [Int: [MemberLaunch]] = [:]
        for member in members.sorted(by: { $0.rank > $1.rank }) {
            guard nodes.isPresent(member.node) else { return false }
            places[member.role, default: []].append(member)
        }
        for seat in job.seats.indices {
            guard job.seats[seat].state == .waiting || rules.isDryRun,
                let pod = job.seats[seat].pod,
                let place = places[job.seats[seat].role]?.popLast()
            else { return false }
            let hold = DeviceHold(part: place.node, devices: place.devices)
            guard nodes.isFree(hold, for: pod) else { return false }
            job.seats[seat].hold = hold
            nodes.setHold(pod, hold)
        }
        return true
    }

    /// The pods of a job that are not bound yet.
    func bindings(_ job: ClusterJob) -> [PodBinding] {
        job.seats.enumerated().compactMap { index, seat in
            guard seat.state == .waiting, let pod = seat.pod, let hold = seat.hold,
                let node = nodes.node(of: hold.part)
            else { return nil }
            return PodBinding(
                seat: index, pod: pod, node: node,
                mark: PodMark(job: job.key, devices: hold.devices),
                ticket: job.ticket(seat: index, sights[pod]))
        }
    }

    /// Asks for bindings of a job.
    mutating func bind(_ key: String, _ bindings: [PodBinding]) {
        guard let job = jobs[key] else { return }
        jobs[key]?.unanswered += 1
        call(.bind(job: key, job.attempt, bindings))
    }

    /// Takes in what became of bindings that were asked for.
    mutating func bindEnded(
        job key: String, _ attempt: Attempt, _ asked: [PodBinding], _ outcome: BindOutcome
    ) {
        jobs[key]?.unanswered -= 1
        conclude(key, attempt, asked, outcome)
    }

    private mutating func conclude(
        _ key: String, _ attempt: Attempt, _ asked: [PodBinding], _ outcome: BindOutcome
    ) {
        guard var job = jobs[key], job.attempt == attempt else { return }
        let bound: [Int]
        switch outcome {
        case .bound: bound = asked.map(\.seat)
        case .failed(_, let seats): bound = seats
        case .fenced:
            // Either the process ends, or it was only late to renew its lease and leads again.
            unsettled[key] = attempt
            return
        }
        // A seat may have another pod by now, which has its own answer coming.
        let asked = asked.filter {
            job.seats.indices.contains($0.seat) && job.seats[$0.seat].pod == $0.pod
        }
        for binding in asked where bound.contains(binding.seat) {
            if job.seats[binding.seat].state == .waiting { job.seats[binding.seat].state = .bound }
        }
        jobs[key] = job
        switch (job.phase, outcome) {
        case (.starting, .bound):
            jobs[key]?.phase = .running
            if let number = job.number { report(.started(number, attempt)) }
            look(at: job.gang)
        case (.starting, .failed(let detail, _)): giveUp(job, detail)
        case (.stopping(let reason), _):
            evict(job, reason)
            settle(key)
        case (.running, .failed(let detail, _)):
            // Pods that were to take the seats of others stay where they are, and wait.
            for binding in asked where !bound.contains(binding.seat) {
                nodes.setHold(binding.pod, nil)
                jobs[key]?.seats[binding.seat].pod = nil
                jobs[key]?.seats[binding.seat].state = .gone
                jobs[key]?.seats[binding.seat].hold = nil
            }
            // Those of which nobody knows come again; a pod that is bound already stays so.
            for binding in asked where bound.contains(binding.seat) {
                guard let sight = sights[binding.pod], sight.node == nil
                else { continue }
                jobs[key]?.seats[binding.seat].state = .waiting
                unsettled[key] = attempt
            }
            call(
                .event(
                    EventText(
                        subject: job.subject, isWarning: true, reason: "FailedBinding",
                        action: "Binding", note: detail)))
            look(at: job.gang)
        default: break
        }
    }

    /// Asks again for what was not done because this replica did not seem to lead, and for what
    /// nobody could say whether it was done.
    mutating func repeatUnsettled() {
        let keys = unsettled.sorted { $0.key < $1.key }
        unsettled = [:]
        for (key, attempt) in keys {
            guard let job = jobs[key], job.attempt == attempt else { continue }
            let missing = bindings(job)
            switch job.phase {
            case .starting, .running:
                if !missing.isEmpty {
                    bind(key, missing)
                } else {
                    conclude(key, attempt, [], .bound)
                }
            case .stopping: conclude(key, attempt, [], .bound)
            case .waiting, .undoing, .reading, .refused: break
            }
        }
    }

    /// A start that cannot be completed: with nothing bound the driver may try again, else what was
    /// bound is taken back first.
    mutating func giveUp(_ job: ClusterJob, _ detail: String) {
        guard job.standing.isEmpty else {
            jobs[job.key]?.phase = .undoing(detail)
            call(
                .evict(
                    job: job.key, job.standing,
                    Eviction(
                        reason: "StartFailed",
                        message: "its gang could not be bound whole: "
                            + detail, mayDelete: true)))
            return
        }
        for seat in job.seats { if let pod = seat.pod { nodes.setHold(pod, nil) } }
        jobs[job.key]?.phase = .waiting
        if let number = job.number {
            report(
                .failed(
                    number, job.attempt, .start, suspect: nil, retry: .byCause, exits: [],
                    detail: detail))
        }
        look(at: job.gang)
    }

    // MARK: Stop

    private mutating func stop(_ number: JobID, _ attempt: Attempt, _ reason: StopReason) {
        guard let key = keys[number], let job = jobs[key], job.attempt == attempt else {
            return report(.stopped(number, attempt, []))
        }
        switch job.phase {
        case .starting, .running: break
        case .stopping, .undoing: return
        // It is over, whatever its logs say.
        case .reading: return endStopped(job, reason)
        case .waiting, .refused: return report(.stopped(number, attempt, []))
        }
        jobs[key]?.phase = .stopping(reason)
        // While pods are being bound the answer to that comes first.
        guard job.phase == .running else { return }
        guard !rules.isDryRun else { return stopDry(job, reason) }
        evict(job, reason)
        settle(key)
    }

    private mutating func evict(_ job: ClusterJob, _ reason: StopReason) {
        guard !job.standing.isEmpty else { return }
        let (word, message): (String, String) =
            switch reason {
            case .preemption: ("PreemptionByScheduler", "Muster needs its place for another gang")
            case .maintenance: ("Maintenance", "its node has to be empty by now")
            case .hardware: ("GangMemberLost", "a member of its gang lost its node or device")
            case .timeLimit: ("TimeLimit", "it ran as long as it may")
            case .cancelled: ("Cancelled", "it was cancelled in Muster")
            }
        call(
            .evict(
                job: job.key, job.standing,
                Eviction(reason: word, message: message, mayDelete: reason != .preemption)))
    }

    // MARK: News

    private mutating func take(_ news: FoundJobNews, of key: String) {
        guard var job = jobs[key] else {
            if case .accepted = news { report(.vanished(key: key)) }
            return
        }
        switch news {
        case .accepted(let id):
            if job.phase == .running, job.number == nil { hold(job) }
            dry.refusals[job.gang] = nil
            number(&job, id)
            settle(key)
        case .refused(let why):
            let now = now
            if rules.isDryRun {
                if followsAgain(job) { return }
                if !job.isFollowed { dry.book.note(job.gang, at: now) { $0.refuses(why) } }
            }
            jobs[key]?.phase = .refused
            // What has come since it was found was perhaps not known to who refused it. Of what
            // stands already, devices may be free again when others have left.
            let patience =
                job.standing.isEmpty
                ? rules.refusedMilliseconds : rules.standingMilliseconds
            refused[key] = now + (job.growth < growth ? 0 : patience)
            for seat in job.seats where seat.state == .bound {
                if let pod = seat.pod { nodes.setHold(pod, nil) }
            }
            tell(job, words.refused(key, why, at: now))
            look(at: job.gang)
        case .waits(let code, let sentence):
            guard job.phase == .waiting else { return }
            let now = now
            if rules.isDryRun { dry.book.note(job.gang, at: now) { $0.waits(code, sentence) } }
            tell(job, words.waits(key, code, sentence, at: now))
        case .planned(let place): take(place, of: job)
        case .ended(let outcome, let detail): take(outcome, detail, of: job)
        case .spent: renew(job)
        }
    }

    /// A job of the run before had the same key, and is over.
    private mutating func renew(_ job: ClusterJob) {
        guard job.phase == .waiting || job.number == nil else { return }
        remove(job.key)
        look(at: job.gang)
    }

    mutating func tell(_ job: ClusterJob, _ text: WordBook.Text?) {
        guard let text else { return }
        call(
            .condition(
                job.seats.filter { $0.state == .waiting }.compactMap(\.pod),
                reason: text.condition, message: text.message))
        if text.isForEvents {
            call(
                .event(
                    EventText(
                        subject: job.subject, isWarning: true, reason: text.event,
                        action: "Scheduling", note: text.message)))
        }
    }
}
