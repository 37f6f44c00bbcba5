import FleetModel

extension HealthEngine {
    /// Takes in how an attempt of a job ended.
    mutating func note(_ end: AttemptEnd) {
        losses.note(end)
        var seen: Set<NodeID> = []
        for id in end.nodes.prefix(FleetLimits.nodes) where seen.insert(id).inserted {
            // A node that is lost has often gone before the end that it caused is told.
            guard let machine = self[id]?.machine ?? ledger.machine(lastOf: id) else { continue }
            let isSuspect = end.suspect == id
            ledger.machines[machine.index].history.note(
                JobEndRecord(job: end.job, cause: end.cause, isSuspect: isSuspect, at: moment),
                keeps: ledger.kept)
            ledger.hand(
                ledger.machines[machine.index].history.jobs.last.map { .job($0, id) }, of: machine)
            let isAlone = end.nodes.count == 1
            let isFailure =
                switch end.cause {
                case .hardware, .network: true
                // A program that hangs or cannot be started is mostly its own fault.
                case .hang, .start, .unknown: isSuspect
                case .application, .preemption, .done: false
                }
            if isAlone { count(.soloJobs, of: machine) }
            if isAlone, isFailure { count(.soloFailures, of: machine) }
            if !isAlone, isSuspect, isFailure { count(.gangFailures, of: machine) }
            guard isSuspect || isAlone && isFailure, let node = self[id] else { continue }
            judge(node)
        }
        for id in end.excluded.prefix(64) {
            guard let node = self[id] else { continue }
            count(.exclusions, of: node.machine)
            judge(node)
        }
    }

    private mutating func count(_ count: LemonSignals.Count, of machine: MachineID) {
        ledger.machines[machine.index].signals.note(count, at: clock.engine)
    }

    /// The points of a machine now.
    public func lemonScore(of machine: MachineID) -> Int32 {
        ledger.machines[machine.index].signals.score(policy.suspicion.lemon, at: clock.engine)
    }

    /// The machines with the most points, worst first; at most `count`. O(machines).
    public func lemons(_ count: Int) -> [(machine: MachineID, score: Int32)] {
        let scored = ledger.machines.map { (machine: $0.id, score: lemonScore(of: $0.id)) }
        let worst = scored.filter { $0.score > 0 }.sorted {
            $0.score != $1.score ? $0.score > $1.score : $0.machine < $1.machine
        }
        return Array(worst.prefix(max(0, count)))
    }

    private mutating func judge(_ node: NodeHealth) {
        let score = lemonScore(of: node.machine)
        guard score >= policy.suspicion.lemon.threshold else { return }
        if !node.isLemonTold {
            nodes[node.id.index]?.isLemonTold = true
            tell(.lemon(node.id, node.machine, score: score))
        }
        suspect(node.id, .suspicion, .none)
        tend(node.id)
    }

    /// Compares the nodes of a job with each other.
    mutating func compare(_ samples: [PeerSample], of job: JobID) {
        var seen: Set<NodeID> = []
        let present = samples.prefix(FleetLimits.nodes).filter {
            isHere($0.node) && seen.insert($0.node).inserted
        }
        guard let comparison = PeerComparison(present, policy: policy.suspicion) else { return }
        let limit = Int(policy.suspicion.peerLosses)
        for sample in comparison.slow {
            guard var node = self[sample.node] else { continue }
            node.peerLosses.removeAll { clock.engine - $0 > policy.suspicion.lifetime }
            node.peerLosses.append(clock.engine)
            if node.peerLosses.count > limit {
                node.peerLosses.removeFirst(node.peerLosses.count - limit)
            }
            nodes[node.id.index] = node
            guard node.peerLosses.count >= limit else { continue }
            if node.suspicion == nil {
                tell(
                    .slowerThanPeers(
                        node.id, job, cost: sample.cost, median: comparison.median))
            }
            suspect(node.id, .suspicion, .none)
            tend(node.id)
        }
    }

    /// Whether a node shall be tested as soon as nothing runs there.
    func wantsIdleTest(_ node: NodeHealth) -> Bool {
        guard node.track.state.takesWork, node.hold == nil, node.lentTo == nil else { return false }
        return node.isTestWanted
            || node.suspicion != nil && policy.suspicion.testsIdleSuspects
            || isTestDue(node)
    }

    /// Whether the last proof of a node is too old.
    func isTestDue(_ node: NodeHealth) -> Bool {
        idleTestDue(of: node).map { $0 <= clock.engine } ?? false
    }

    /// When a node that nothing is suspected of is to be tested, once it idles; nil when never.
    func idleTestDue(of node: NodeHealth) -> Instant? {
        guard let period = policy.suspicion.idleTestPeriod else { return nil }
        // What was taken in without a proof has worked for as long as it has been here.
        let proof = ledger.machines[node.machine.index].history.lastProof?.at.engine
        return (proof ?? node.track.since.engine) + period
    }

    /// Ends suspicions whose time is over, and tells of agents that are silent.
    mutating func tendSuspicion(_ id: NodeID) {
        guard let node = self[id] else { return }
        if let suspicion = node.suspicion, suspicion.until <= clock.engine {
            endSuspicion(id)
        }
        guard let heard = node.lastHeard, node.track.state.takesWork else { return }
        let silence = clock.engine - heard
        if silence >= policy.suspicion.silence, node.silenceTold == 0 {
            nodes[id.index]?.silenceTold = 1
            tell(.silent(id, since: clock.wallTime(ofEngine: heard)))
            suspect(id, .suspicion, .none)
        }
        if silence >= policy.suspicion.longSilence, nodes[id.index]?.silenceTold == 1 {
            nodes[id.index]?.silenceTold = 2
            counters.proposals += 1
            output.append(.propose(id, .lookAfterAgent, why: .policy))
        }
    }

    /// Nothing is suspected of a node any more.
    mutating func endSuspicion(_ id: NodeID) {
        guard let node = self[id] else { return }
        nodes[id.index]?.suspicion = nil
        nodes[id.index]?.peerLosses = []
        nodes[id.index]?.isLemonTold = false
        if node.track.state == .suspect, !node.track.wanted.takesOut {
            move(id, to: .inService, .suspicionEnded)
        }
    }

    /// Ends a suspicion that rests on one fault alone, which is no more; what else is suspected,
    /// and what was taken out for it, stays. Nothing is proved by that.
    mutating func withdraw(_ cause: CauseID, of node: NodeHealth) {
        guard var suspicion = node.suspicion, var causes = suspicion.causes,
            let index = causes.firstIndex(of: cause)
        else { return }
        causes.remove(at: index)
        guard !causes.isEmpty else { return endSuspicion(node.id) }
        suspicion.causes = causes
        if suspicion.cause == cause { suspicion.cause = causes.first }
        nodes[node.id.index]?.suspicion = suspicion
    }
}

extension Suspicion {
    /// Something adds to it: a fault, or nil for anything else.
    mutating func rest(on cause: CauseID?) {
        guard var known = causes, let cause else { return causes = nil }
        guard !known.contains(cause) else { return }
        known.append(cause)
        causes = known.count <= Suspicion.causesKept ? known : nil
    }
}
