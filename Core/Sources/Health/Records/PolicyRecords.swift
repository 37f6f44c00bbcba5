import FleetModel
import Journal

// The policy.

extension ArrivalPolicy: RecordValue {
    package static var blank: ArrivalPolicy { ArrivalPolicy() }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&new)
        coder.field(&knownGood)
        coder.field(&knownBad)
        coder.field(&knownBadRenamed)
        coder.field(&contradictory)
        coder.field(&level)
        coder.field(&proofLifetime)
    }
}

extension BreakerReset: RecordValue {
    package static var blank: BreakerReset { .manual }
    package mutating func pass(through coder: inout RecordCoder) {
        var span: TimeSpan? = if case .after(let span) = self { span } else { nil }
        coder.field(&span)
        self = span.map { .after($0) } ?? .manual
    }
}

extension BreakerPolicy: RecordValue {
    package static var blank: BreakerPolicy { BreakerPolicy() }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&window)
        coder.field(&fleetMilli)
        coder.field(&heldMilli)
        coder.field(&leastDevices)
        coder.field(&domainMilli)
        coder.field(&leastDomainDevices)
        coder.field(&domainLevel)
        coder.field(&reset)
        coder.field(&concurrentRepairs)
        coder.field(&attemptsPerMachine)
        coder.field(&attemptsPerCause)
        coder.field(&attemptWindow)
        coder.field(&attemptReset)
    }
}

extension RepairPolicy: RecordValue {
    package static var blank: RepairPolicy { RepairPolicy() }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&tries)
        coder.field(&levels)
        coder.field(&strongest)
        coder.field(&repeatWindow)
        coder.field(&testTimeouts)
        coder.field(&repairTimeouts)
        coder.field(&asks)
        coder.field(&fruitlessTests)
        coder.field(&testPause)
        coder.field(&afterFailedTest)
        coder.field(&drainGrace)
        coder.field(&drainPatience)
        coder.field(&shrinksNodes)
        coder.field(&resetsSingleDevices)
        coder.field(&shrunkPatience)
    }
}

extension SuspicionPolicy: RecordValue {
    package static var blank: SuspicionPolicy { SuspicionPolicy() }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&findingLifetime)
        coder.field(&lifetime)
        coder.field(&silence)
        coder.field(&longSilence)
        coder.field(&testsIdleSuspects)
        coder.field(&idleLevel)
        coder.field(&idleTestInterval)
        coder.field(&peerDeviationMilli)
        coder.field(&peerShareMilli)
        coder.field(&leastPeers)
        coder.field(&peerLosses)
        coder.field(&lemon)
        // Tests of idle nodes without a suspicion came with the second version.
        if coder.version >= 2 {
            coder.field(&idleTestPeriod)
        } else if coder.isReading {
            idleTestPeriod = nil
        }
    }
}

extension NetworkPolicy: RecordValue {
    package static var blank: NetworkPolicy { NetworkPolicy() }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&arrival)
        coder.field(&repair)
        coder.field(&idle)
        coder.field(&heldMilli)
        coder.field(&patience)
    }
}

extension LemonWeight: RecordValue {
    package static var blank: LemonWeight { LemonWeight(weight: 0, cap: 0) }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&weight)
        coder.field(&cap)
    }
}

extension LemonPolicy: RecordValue {
    package static var blank: LemonPolicy { LemonPolicy() }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&days)
        coder.field(&threshold)
        coder.field(&signals)
        coder.field(&leastSoloJobs)
    }
}

extension HealthPolicy: RecordValue {
    package static var blank: HealthPolicy { HealthPolicy() }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&arrival)
        coder.field(&breakers)
        coder.field(&repair)
        coder.field(&suspicion)
        coder.field(&historyKept)
        coder.field(&decisionsKept)
        // Tests between nodes came with the fourth version; before it nobody was paired.
        if coder.version >= 4 { coder.field(&network) }
    }
}

extension ArrivalAction: RecordValue {}
