import FleetModel
import Journal

// The life of nodes and devices.

extension KeptFinding: RecordValue {
    package static var blank: KeptFinding { KeptFinding(finding: .blank, at: .zero) }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&finding)
        coder.field(&at)
    }
}

extension Decision: RecordValue {
    package static var blank: Decision {
        Decision(
            number: 0, at: .zero, node: .blank, from: .blank, to: .blank, rule: .blank,
            catalogueVersion: 0, policyVersion: 0, inputs: [])
    }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&number)
        coder.field(&at)
        coder.field(&node)
        coder.field(&device)
        coder.field(&from)
        coder.field(&to)
        coder.field(&rule)
        coder.field(&cause)
        coder.field(&catalogueRule)
        coder.field(&catalogueVersion)
        coder.field(&policyVersion)
        coder.field(&inputs)
    }
}

extension HealthTrack: RecordValue {
    package static var blank: HealthTrack { HealthTrack(state: .unqualified, since: .zero) }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&state)
        coder.field(&since)
        coder.field(&outSince)
        coder.field(&wanted)
        coder.field(&wantedAt)
        coder.field(&urgency)
        coder.field(&components)
        coder.field(&performed)
        coder.field(&rung)
        coder.field(&tries)
        coder.field(&operation)
        coder.field(&fruitlessTests)
        coder.field(&testNotBefore)
        coder.field(&testedFrom)
        coder.field(&retires)
        coder.field(&isFaultedInProof)
        coder.field(&kept)
        coder.field(&findingCount)
        coder.field(&held)
        coder.field(&decisions)
    }
}

extension Suspicion: RecordValue {
    package static var blank: Suspicion { Suspicion(since: .zero, until: .zero, count: 0) }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&since)
        coder.field(&until)
        coder.field(&cause)
        coder.field(&count)
        // What can be taken back came with the third version.
        if coder.version >= 3 { coder.field(&causes) }
    }
}

extension RestackOrder: RecordValue {
    package static var blank: RestackOrder {
        RestackOrder(stack: StackID(0), level: .seconds)
    }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&stack)
        coder.field(&phase)
        coder.field(&level)
        coder.field(&grace)
        coder.field(&tries)
    }
}

extension NodeHealth: RecordValue {
    package static var blank: NodeHealth {
        NodeHealth(
            id: .blank, machine: .blank, report: .blank, domains: [], parts: [], answering: 0,
            standing: .new, track: .blank, devices: [])
    }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&id)
        coder.field(&machine)
        coder.field(&report)
        coder.field(&domains)
        coder.field(&parts)
        coder.field(&answering)
        coder.field(&hold)
        coder.field(&isContested)
        coder.field(&standing)
        coder.field(&track)
        coder.field(&devices)
        coder.field(&wasInService)
        coder.field(&isCordoned)
        coder.field(&toldUnhealthy)
        coder.field(&cordonedBy)
        coder.field(&isBusy)
        coder.field(&busyDevices)
        coder.field(&lastHeard)
        coder.field(&silenceTold)
        coder.field(&suspicion)
        coder.field(&peerLosses)
        coder.field(&idleTestedAt)
        coder.field(&isTestWanted)
        coder.field(&drainUntil)
        coder.field(&isOverdueTold)
        coder.field(&isLemonTold)
        // Stacks came with the second version of what desks keep.
        if coder.version >= 2 { coder.field(&restack) }
        // Tests between nodes came with the fourth.
        guard coder.version >= 4 else { return }
        coder.field(&pool)
        coder.field(&network)
        coder.field(&lentTo)
    }
}

extension NetworkTest: RecordValue {
    package static var blank: NetworkTest {
        NetworkTest(own: .blank, outcome: .blank, until: .zero)
    }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&own)
        coder.field(&outcome)
        coder.field(&until)
        coder.field(&silent)
        coder.field(&bad)
        coder.field(&guest)
        coder.field(&isWaitTold)
        // Nodes that cannot be reached came with the sixth version.
        guard coder.version >= 6 else { return }
        coder.field(&unreached)
        coder.field(&controls)
    }
}

extension NetworkMiss: RecordValue {
    package static var blank: NetworkMiss { NetworkMiss(partner: .blank, isDialled: false) }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&partner)
        coder.field(&isDialled)
        coder.field(&isRefuted)
        coder.field(&isRepeated)
    }
}

extension PoolReach: RecordValue {
    package static var blank: PoolReach { PoolReach(pool: nil) }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&pool)
        coder.field(&failed)
        coder.field(&isMute)
        coder.field(&mutedUntil)
    }
}

extension Operation: RecordValue {
    package static var blank: Operation {
        Operation(
            id: .blank, node: .blank, kind: .repair(.nothing), begunAt: .zero, askedAt: .zero,
            asks: 0)
    }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&id)
        coder.field(&node)
        coder.field(&device)
        coder.field(&kind)
        coder.field(&begunAt)
        coder.field(&askedAt)
        coder.field(&asks)
    }
}

extension TrippedBreaker: RecordValue {
    package static var blank: TrippedBreaker {
        TrippedBreaker(id: .fleetWindow, at: .zero, blocked: 0)
    }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&id)
        coder.field(&at)
        coder.field(&blocked)
    }
}

extension OutageCharge: RecordValue {
    package static var blank: OutageCharge { OutageCharge(at: .zero, devices: 0, domain: nil) }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&at)
        coder.field(&devices)
        coder.field(&domain)
    }
}

extension BreakerPanel: RecordValue {
    package static var blank: BreakerPanel { BreakerPanel() }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&tripped)
        coder.field(&charges)
    }
}

extension HealthCounters: RecordValue {
    package static var blank: HealthCounters { HealthCounters() }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&refusedMoves)
        coder.field(&ignoredInputs)
        coder.field(&lateAnswers)
        coder.field(&staleFindings)
        coder.field(&unknownFindings)
        coder.field(&clockJumps)
        coder.field(&proposals)
        coder.field(&boundsReached)
    }
}

extension LossEntry: RecordValue {
    package static var blank: LossEntry { LossEntry() }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&attempts)
        coder.field(&attributed)
        coder.field(&gpuSeconds)
        coder.field(&lostGPUSeconds)
    }
}

extension HealthSnapshot: RecordValue {
    package static var blank: HealthSnapshot {
        HealthSnapshot(
            policy: .blank, policyVersion: 1, clock: .blank, machines: [], parts: [],
            sharedIdentities: [], nodes: [], operations: [], breakers: .blank, decisions: [],
            counters: .blank, losses: .blank, nextOperation: 1, nextDecision: 1,
            dues: [])
    }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&version)
        coder.field(&policy)
        coder.field(&policyVersion)
        coder.field(&clock)
        coder.field(&machines)
        coder.field(&parts)
        coder.field(&sharedIdentities)
        coder.field(&nodes)
        coder.field(&operations)
        coder.field(&breakers)
        coder.field(&decisions)
        coder.field(&counters)
        coder.field(&losses)
        coder.field(&nextOperation)
        coder.field(&nextDecision)
        coder.field(&askedWake)
        coder.field(&dues)
        // Nodes that cannot be reached came with the sixth version.
        if coder.version >= 6 { coder.field(&reaches) }
    }
}
