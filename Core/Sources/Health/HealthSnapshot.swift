import FleetModel

/// The whole state of a health engine as plain values. What follows from it is not in it.
public struct HealthSnapshot: Hashable, Sendable {
    /// The version of this form.
    public var version: Int32 = HealthSnapshot.currentVersion
    /// The limits.
    public var policy: HealthPolicy
    /// How often they were set.
    public var policyVersion: Int32
    /// The clock.
    public var clock: HealthClock
    /// All machines.
    public var machines: [MachineRecord]
    /// All devices.
    public var parts: [PartRecord]
    /// Identities that name nothing.
    public var sharedIdentities: [IdentityID]
    /// The nodes that are here.
    public var nodes: [NodeHealth?]
    /// What has no answer yet.
    public var operations: [Operation]
    /// The breakers.
    public var breakers: BreakerPanel
    /// The last decisions.
    public var decisions: [Decision]
    /// What was passed over.
    public var counters: HealthCounters
    /// What failures cost.
    public var losses: LossBook
    /// The next operation's number.
    public var nextOperation: Int64
    /// The next decision's number.
    public var nextDecision: Int64
    /// The wake that is outstanding.
    public var askedWake: Instant?
    /// When each node is looked at next, by id: what is due for a reason that is gone is looked at
    /// all the same, and may find something else.
    public var dues: [Instant?]
    /// Pools in which nodes could not reach each other.
    public var reaches: [PoolReach] = []

    /// The version that this build writes and reads.
    public static let currentVersion: Int32 = 1
}

extension HealthEngine {
    /// The whole state.
    public var snapshot: HealthSnapshot {
        HealthSnapshot(
            policy: policy, policyVersion: policyVersion, clock: clock, machines: ledger.machines,
            parts: ledger.parts, sharedIdentities: ledger.shared, nodes: nodes,
            operations: operations, breakers: breakers, decisions: decisions, counters: counters,
            losses: losses, nextOperation: nextOperation, nextDecision: nextDecision,
            askedWake: askedWake, dues: queuedDue, reaches: reaches)
    }

    /// Restores an engine. A snapshot of another version, with limits that are not well formed, or
    /// that breaks an invariant is refused with everything that is wrong with it.
    public static func restored(
        from snapshot: HealthSnapshot
    ) throws(DiagnosticList)
        -> HealthEngine
    {
        guard snapshot.version == HealthSnapshot.currentVersion else {
            throw DiagnosticList([
                Diagnostic(
                    .snapshot, message: "a health snapshot of version \(snapshot.version)",
                    expected: "version \(HealthSnapshot.currentVersion)")
            ])
        }
        let mistakes = snapshot.policy.mistakes() + HealthEngine.misplaced(snapshot)
        guard mistakes.isEmpty else { throw DiagnosticList(mistakes) }
        var engine = HealthEngine(policy: snapshot.policy)
        engine.policyVersion = snapshot.policyVersion
        engine.clock = snapshot.clock
        engine.ledger = HardwareLedger(
            machines: snapshot.machines, parts: snapshot.parts, shared: snapshot.sharedIdentities,
            kept: snapshot.policy.historyKept)
        engine.nodes = snapshot.nodes
        engine.operations = snapshot.operations
        engine.breakers = snapshot.breakers
        engine.decisions = snapshot.decisions
        engine.counters = snapshot.counters
        engine.losses = snapshot.losses
        engine.nextOperation = snapshot.nextOperation
        engine.nextDecision = snapshot.nextDecision
        engine.askedWake = snapshot.askedWake
        engine.reaches = snapshot.reaches
        engine.rebuild(snapshot.dues)
        let broken = engine.checkInvariants()
        guard broken.isEmpty else {
            throw DiagnosticList(
                broken.map { Diagnostic(.snapshot, message: "a health snapshot: \($0)") })
        }
        return engine
    }

    /// Ids that lead nowhere, which would trap before any invariant could be checked.
    private static func misplaced(_ snapshot: HealthSnapshot) -> [Diagnostic] {
        var found: [String] = []
        let (machines, parts) = (snapshot.machines.count, snapshot.parts.count)
        if snapshot.dues.count > snapshot.nodes.count { found.append("dues of no nodes") }
        for (index, machine) in snapshot.machines.enumerated() {
            let isOff =
                machine.id.index != index
                || machine.parts.contains { $0.map { !(0..<parts).contains($0.index) } ?? false }
            if isOff { found.append("machine \(index) names what is not there") }
        }
        for (index, part) in snapshot.parts.enumerated() {
            let isOff =
                part.id.index != index
                || part.machine.map { !(0..<machines).contains($0.index) } ?? false
            if isOff { found.append("device \(index) names what is not there") }
        }
        for (index, slot) in snapshot.nodes.enumerated() {
            guard let node = slot else { continue }
            let isOff =
                node.parts.contains { $0.map { !(0..<parts).contains($0.index) } ?? false }
                || node.parts.count > node.devices.count
                || node.devices.count > FleetLimits.devicesPerNode
                || !(0..<machines).contains(node.machine.index)
            if isOff { found.append("node \(index) names what is not there") }
            if let test = node.network,
                test.own.device != nil || test.own.node != node.id
                    || (node.track.state != .qualifying && node.track.state != .proving)
            {
                found.append("node \(index) has the network test of another")
            }
        }
        for operation in snapshot.operations {
            guard snapshot.nodes.indices.contains(operation.node.index),
                let node = snapshot.nodes[operation.node.index],
                operation.device.map({ node.devices.indices.contains(Int($0)) }) ?? true
            else {
                found.append("operation \(operation.id.rawValue) names what is not there")
                continue
            }
        }
        return found.map { Diagnostic(.snapshot, message: "a health snapshot: \($0)") }
    }

    /// A digest of the state: equal after equal inputs, on every machine. O(state). When it wants
    /// to be woken is left out.
    public func stateHash() -> UInt64 {
        var hasher = StateHasher()
        hasher.add(clock.engine.nanoseconds)
        hasher.add(clock.wall.nanoseconds)
        hasher.add(nextOperation)
        hasher.add(nextDecision)
        hasher.add(policyVersion)
        for count in [
            counters.refusedMoves, counters.ignoredInputs, counters.lateAnswers,
            counters.staleFindings, counters.unknownFindings, counters.clockJumps,
            counters.proposals, counters.boundsReached,
        ] { hasher.add(count) }
        ledger.fold(into: &hasher)
        breakers.fold(into: &hasher)
        losses.fold(into: &hasher)
        for operation in operations {
            hasher.add(operation.id.rawValue)
            hasher.add(operation.asks)
            hasher.add(operation.askedAt.engine.nanoseconds)
        }
        for case .some(let node) in nodes { HealthEngine.fold(node, into: &hasher) }
        for reach in reaches { reach.fold(into: &hasher) }
        return hasher.digest
    }

    private static func fold(_ node: NodeHealth, into hasher: inout StateHasher) {
        hasher.add(node.id.rawValue)
        hasher.add(node.machine.rawValue)
        hasher.add(Int32(node.hold.map { Int32($0.rawValue) + 1 } ?? 0))
        hasher.add(node.answering)
        hasher.add(node.busyDevices)
        hasher.add(node.toldUnhealthy)
        let flags: [Bool] = [
            node.isBusy, node.isCordoned, node.wasInService, node.isTestWanted,
            node.isOverdueTold, node.isLemonTold,
        ]
        hasher.add(flags.reduce(UInt64(0)) { $0 << 1 | ($1 ? 1 : 0) })
        hasher.add(Int32(node.silenceTold))
        hasher.add(node.lastHeard?.nanoseconds ?? -1)
        hasher.add(node.idleTestedAt?.nanoseconds ?? -1)
        hasher.add(node.drainUntil?.nanoseconds ?? -1)
        hasher.add(node.suspicion?.until.nanoseconds ?? -1)
        for loss in node.peerLosses { hasher.add(loss.nanoseconds) }
        for who in node.cordonedBy { hasher.add(who.rawValue) }
        if let order = node.restack {
            hasher.add(order.stack.rawValue)
            hasher.add(Int32(order.phase.rawValue))
            hasher.add(Int32(order.level.rawValue))
            hasher.add(order.grace?.nanoseconds ?? -1)
            hasher.add(order.tries)
        }
        hasher.add(node.pool?.rawValue ?? -1)
        hasher.add(node.lentTo?.rawValue ?? -1)
        if let test = node.network {
            hasher.add(test.own.id.rawValue)
            hasher.add(test.until.nanoseconds)
            hasher.add(test.guest?.rawValue ?? -1)
            hasher.add(Int32(test.silent.count))
            for partner in test.met { hasher.add(partner.rawValue) }
            for miss in test.unreached {
                hasher.add(miss.partner.rawValue)
                let flags = [miss.isDialled, miss.isRefuted, miss.isRepeated]
                hasher.add(flags.reduce(Int32(0)) { $0 << 1 | ($1 ? 1 : 0) })
            }
            for control in test.controls { hasher.add(control.rawValue) }
        }
        fold(node.track, into: &hasher)
        for device in node.devices { fold(device, into: &hasher) }
    }

    private static func fold(_ track: HealthTrack, into hasher: inout StateHasher) {
        for byte in [
            track.state.rawValue, track.wanted.rawValue, track.urgency.rawValue,
            track.performed.rawValue, track.rung.rawValue, track.testedFrom.rawValue,
            track.isFaultedInProof ? 1 : 0, track.retires ? 1 : 0, track.held == nil ? 0 : 1,
        ] { hasher.add(Int32(byte)) }
        hasher.add(Int32(track.components.rawValue))
        hasher.add(track.tries)
        hasher.add(track.fruitlessTests)
        hasher.add(track.findingCount)
        hasher.add(track.since.engine.nanoseconds)
        hasher.add(track.outSince?.engine.nanoseconds ?? -1)
        hasher.add(track.wantedAt.nanoseconds)
        hasher.add(track.testNotBefore.nanoseconds)
        hasher.add(track.operation?.rawValue ?? -1)
    }
}
