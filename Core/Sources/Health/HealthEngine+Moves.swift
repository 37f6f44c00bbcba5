import FleetModel

/// What a decision rested on, beside its rule.
struct Grounds {
    var cause: CauseID?
    var catalogueRule: RuleID?
    var catalogueVersion: Int32 = 0
    var inputs: [Int64] = []

    /// Nothing but the rule.
    static let none = Grounds()

    init() {}

    init(_ finding: Finding?) {
        guard let finding else { return }
        cause = finding.cause
        catalogueRule = finding.rule
        catalogueVersion = finding.version
        inputs = Array(finding.inputs.prefix(Decision.inputsKept))
    }

    init(_ operation: OperationID, of track: HealthTrack) {
        self.init(track.kept.first?.finding)
        inputs = [operation.rawValue]
    }
}

extension HealthEngine {
    /// Moves a node or device to another state, if the table has that move; says whether it has.
    @discardableResult
    mutating func move(
        _ id: NodeID, _ device: Int32? = nil, to state: HealthState, _ rule: DecisionRule,
        _ grounds: Grounds = .none
    ) -> Bool {
        guard var node = self[id] else { return false }
        var track = device.map { node.devices[Int($0)] } ?? node.track
        guard TransitionTable.allows(track.state, state) else {
            counters.refusedMoves += 1
            return false
        }
        let decision = Decision(
            number: nextDecision, at: moment, node: id, device: device, from: track.state,
            to: state, rule: rule, cause: grounds.cause, catalogueRule: grounds.catalogueRule,
            catalogueVersion: grounds.catalogueVersion, policyVersion: policyVersion,
            inputs: grounds.inputs)
        let from = track.state
        track.state = state
        track.since = moment
        if !state.takesWork, track.outSince == nil { track.outSince = moment }
        if state.takesWork, !from.takesWork { track.outSince = nil }
        track.decisions.append(decision)
        if track.decisions.count > HealthTrack.keptDecisions { track.decisions.removeFirst() }
        if let device {
            node.devices[Int(device)] = track
        } else {
            node.track = track
            if state != .qualifying, state != .proving { node.network = nil }
            if state.takesWork { node.wasInService = true }
            if from.takesWork != state.takesWork { losses.inService += state.takesWork ? 1 : -1 }
        }
        nodes[id.index] = node
        recount(id)
        record(decision)
        tell(.moved(id, device: device, from: from, to: state, decision))
        return true
    }

    private mutating func record(_ decision: Decision) {
        nextDecision += 1
        decisions.append(decision)
        // A quarter more than is kept, so that not every decision moves all others.
        let kept = Int(policy.decisionsKept)
        if decisions.count > kept + kept / 4 { decisions.removeFirst(decisions.count - kept) }
    }

    /// Notes what keeps the next step from being done, and proposes the step, once.
    mutating func hold(
        _ id: NodeID, _ device: Int32?, _ action: ProposedAction, why: HoldReason
    ) {
        let held =
            device.map { nodes[id.index]?.devices[Int($0)].held } ?? nodes[id.index]?.track.held
        guard held != why else { return }
        if let device {
            nodes[id.index]?.devices[Int(device)].held = why
        } else {
            nodes[id.index]?.track.held = why
        }
        counters.proposals += 1
        if why == .concurrentRepairs { enqueue(id, device) }
        if case .breaker(let breaker) = why { breakers.noteBlocked(by: breaker) }
        output.append(.propose(id, action, why: why))
    }

    /// Lets the backend follow: cordons of Muster's own, and devices that are out.
    mutating func reconcile(_ id: NodeID) {
        guard let node = self[id] else { return }
        let wantsCordon =
            node.hold != nil || !node.track.state.takesWork || node.lentTo != nil
        if wantsCordon, !node.isCordoned {
            nodes[id.index]?.isCordoned = true
            output.append(.cordon(id))
        }
        if node.unhealthyDevices != node.toldUnhealthy {
            nodes[id.index]?.toldUnhealthy = node.unhealthyDevices
            output.append(.setDevices(id, unhealthy: node.unhealthyDevices))
        }
        guard !wantsCordon, node.isCordoned else { return }
        nodes[id.index]?.isCordoned = false
        output.append(.uncordon(id))
        if !node.cordonedBy.isEmpty { tell(.cordonedByOthers(id, node.cordonedBy)) }
    }

    /// The fault domain of a node for breakers.
    func faultDomain(of node: NodeHealth) -> DomainID? {
        let place = node.domains.count - 1 - Int(policy.breakers.domainLevel)
        return node.domains.indices.contains(place) ? node.domains[place] : nil
    }

    /// Keeps the book of capacity up to date, after anything that may have changed what is out.
    mutating func recount(_ id: NodeID) { capacity.set(id, capacityEntry(of: id)) }

    func capacityEntry(of id: NodeID) -> CapacityBook.Entry? {
        guard let node = self[id], node.wasInService, node.hold == nil else { return nil }
        return CapacityBook.Entry(
            units: node.units, out: node.unitsOut, domain: faultDomain(of: node))
    }

    /// Asks the breakers for leave to take devices out, and charges them; nil when they allow it.
    mutating func objection(
        toTaking devices: Int32, of node: NodeHealth, alreadyOut: Int32 = 0, isForced: Bool = false
    ) -> BreakerID? {
        // What never was in service takes nothing out of the fleet.
        guard node.wasInService, devices > 0 else { return nil }
        let domain = faultDomain(of: node)
        if !isForced {
            var figures = capacity.figures(for: domain)
            figures.out -= Int64(alreadyOut)
            if let (breaker, isNew) = breakers.objection(
                to: devices, in: domain, figures, policy: policy.breakers, at: moment)
            {
                if isNew { tell(.tripped(breaker)) }
                return breaker
            }
        }
        breakers.charge(devices, in: domain, at: moment)
        ledger.machines[node.machine.index].history.counts.outages += 1
        ledger.machines[node.machine.index].signals.note(.outages, at: clock.engine)
        return nil
    }
}
