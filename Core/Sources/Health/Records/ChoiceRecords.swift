import FleetModel
import Journal

// Enumerations with associated values: a number for the case, then its values. Numbers are never
// given out twice.

private enum StatementTag: UInt8, CaseIterable {
    case cordoned, uncordoned, liftedOurs, repairedByHand, test, accept, identitiesAreShared
    case cleared, retire, reinstate, forgiveAttempts, restack, restacked, withdrawRestack
    case withdrawn, proceed
}

extension Statement: RecordValue {
    package static var blank: Statement { .test }

    private var tag: StatementTag {
        switch self {
        case .cordoned: .cordoned
        case .uncordoned: .uncordoned
        case .liftedOurs: .liftedOurs
        case .repairedByHand: .repairedByHand
        case .test: .test
        case .accept: .accept
        case .identitiesAreShared: .identitiesAreShared
        case .cleared: .cleared
        case .retire: .retire
        case .reinstate: .reinstate
        case .forgiveAttempts: .forgiveAttempts
        case .restack: .restack
        case .restacked: .restacked
        case .withdrawRestack: .withdrawRestack
        case .withdrawn: .withdrawn
        case .proceed: .proceed
        }
    }

    private var who: ActorID? {
        switch self {
        case .cordoned(let other), .uncordoned(let other), .liftedOurs(let other): other
        default: nil
        }
    }

    package mutating func pass(through coder: inout RecordCoder) {
        switch coder.tag(tag) {
        case .cordoned: self = .cordoned(by: coder.part(who))
        case .uncordoned: self = .uncordoned(by: coder.part(who))
        case .liftedOurs: self = .liftedOurs(by: coder.part(who))
        case .repairedByHand: self = .repairedByHand
        case .test: self = .test
        case .accept: self = .accept
        case .identitiesAreShared: self = .identitiesAreShared
        case .cleared: self = .cleared
        case .retire: self = .retire
        case .reinstate: self = .reinstate
        case .forgiveAttempts: self = .forgiveAttempts
        case .restack:
            var order: RestackOrder?
            if case .restack(let it) = self { order = it }
            self = .restack(coder.part(order))
        case .restacked: self = .restacked
        case .withdrawRestack: self = .withdrawRestack
        case .withdrawn:
            var cause: CauseID?
            if case .withdrawn(let it) = self { cause = it }
            self = .withdrawn(coder.part(cause))
        case .proceed: self = .proceed
        }
    }
}

private enum BreakerTag: UInt8, CaseIterable {
    case fleetWindow, fleetHeld, domain, machine, cause
}

extension BreakerID: RecordValue {
    package static var blank: BreakerID { .fleetWindow }

    package mutating func pass(through coder: inout RecordCoder) {
        var (tag, domain, machine, cause) = (
            BreakerTag.fleetWindow, DomainID?.none, MachineID?.none, CauseID?.none
        )
        switch self {
        case .fleetWindow: break
        case .fleetHeld: tag = .fleetHeld
        case .domain(let id): (tag, domain) = (.domain, id)
        case .machine(let id): (tag, machine) = (.machine, id)
        case .cause(let id, let code): (tag, machine, cause) = (.cause, id, code)
        }
        switch coder.tag(tag) {
        case .fleetWindow: self = .fleetWindow
        case .fleetHeld: self = .fleetHeld
        case .domain: self = .domain(coder.part(domain))
        case .machine: self = .machine(coder.part(machine))
        case .cause: self = .cause(coder.part(machine), coder.part(cause))
        }
    }
}

private enum HoldTag: UInt8, CaseIterable {
    case breaker, concurrentRepairs, exhausted, noProof, policy, byHand
}

extension HoldReason: RecordValue {
    package static var blank: HoldReason { .policy }

    package mutating func pass(through coder: inout RecordCoder) {
        var (tag, breaker) = (HoldTag.policy, BreakerID?.none)
        switch self {
        case .breaker(let id): (tag, breaker) = (.breaker, id)
        case .concurrentRepairs: tag = .concurrentRepairs
        case .exhausted: tag = .exhausted
        case .noProof: tag = .noProof
        case .policy: break
        case .byHand: tag = .byHand
        }
        switch coder.tag(tag) {
        case .breaker: self = .breaker(coder.part(breaker))
        case .concurrentRepairs: self = .concurrentRepairs
        case .exhausted: self = .exhausted
        case .noProof: self = .noProof
        case .policy: self = .policy
        case .byHand: self = .byHand
        }
    }
}

private enum OperationTag: UInt8, CaseIterable {
    case qualify, repair, restack, pair
}

extension OperationKind: RecordValue {
    package static var blank: OperationKind { .repair(.nothing) }

    package mutating func pass(through coder: inout RecordCoder) {
        var (level, devices, components) = (
            QualificationLevel?.none, UInt64?.none, ComponentSet?.none
        )
        var (tag, action, stack) = (OperationTag.qualify, FaultAction?.none, StackID?.none)
        var partner: NodeID?
        switch self {
        case .qualify(let a, let b, let c): (level, devices, components) = (a, b, c)
        case .repair(let what): (tag, action) = (.repair, what)
        case .restack(let what): (tag, stack) = (.restack, what)
        case .pair(let other, let a): (tag, partner, level) = (.pair, other, a)
        }
        switch coder.tag(tag) {
        case .qualify:
            self = .qualify(
                coder.part(level), devices: coder.part(devices), components: coder.part(components))
        case .repair: self = .repair(coder.part(action))
        case .restack: self = .restack(coder.part(stack))
        case .pair: self = .pair(with: coder.part(partner), coder.part(level))
        }
    }
}

private enum ReasonTag: UInt8, CaseIterable {
    case retiredMachine, retiredDevice, openFault, openDeviceFault
}

extension BadReason: RecordValue {
    package static var blank: BadReason { .retiredMachine }

    package mutating func pass(through coder: inout RecordCoder) {
        var (tag, part, fault) = (ReasonTag.retiredMachine, PartID?.none, OpenFault?.none)
        switch self {
        case .retiredMachine: break
        case .retiredDevice(let id): (tag, part) = (.retiredDevice, id)
        case .openFault(let open): (tag, fault) = (.openFault, open)
        case .openDeviceFault(let id, let open):
            (tag, part, fault) = (.openDeviceFault, id, open)
        }
        switch coder.tag(tag) {
        case .retiredMachine: self = .retiredMachine
        case .retiredDevice: self = .retiredDevice(coder.part(part))
        case .openFault: self = .openFault(coder.part(fault))
        case .openDeviceFault: self = .openDeviceFault(coder.part(part), coder.part(fault))
        }
    }
}

private enum StandingTag: UInt8, CaseIterable {
    case new, knownGood, knownBad, contradictory
}

extension Standing: RecordValue {
    package static var blank: Standing { .new }

    package mutating func pass(through coder: inout RecordCoder) {
        var (tag, proved) = (StandingTag.new, Moment?.none)
        var (reasons, isRenamed) = ([BadReason]?.none, Bool?.none)
        var contradictions: [Contradiction]?
        switch self {
        case .new: break
        case .knownGood(let at): (tag, proved) = (.knownGood, at)
        case .knownBad(let why, let renamed):
            (tag, reasons, isRenamed) = (.knownBad, why, renamed)
        case .contradictory(let all): (tag, contradictions) = (.contradictory, all)
        }
        switch coder.tag(tag) {
        case .new: self = .new
        case .knownGood: self = .knownGood(provedAt: coder.part(proved))
        case .knownBad: self = .knownBad(coder.part(reasons), isRenamed: coder.part(isRenamed))
        case .contradictory: self = .contradictory(coder.part(contradictions))
        }
    }
}

private enum ContradictionTag: UInt8, CaseIterable {
    case repeatedInReport, sharedChassis, sharedDevice, otherDevices, movedDevice, otherChassis
    case missingDevice, tooFewDevices
}

extension Contradiction: RecordValue {
    package static var blank: Contradiction { .tooFewDevices(have: 0, expected: 0) }

    private var tag: ContradictionTag {
        switch self {
        case .repeatedInReport: .repeatedInReport
        case .sharedChassis: .sharedChassis
        case .sharedDevice: .sharedDevice
        case .otherDevices: .otherDevices
        case .movedDevice: .movedDevice
        case .otherChassis: .otherChassis
        case .missingDevice: .missingDevice
        case .tooFewDevices: .tooFewDevices
        }
    }

    package mutating func pass(through coder: inout RecordCoder) {
        var (identity, part) = (IdentityID?.none, PartID?.none)
        var (machine, node) = (MachineID?.none, NodeID?.none)
        var (count, expected) = (Int32?.none, Int32?.none)
        switch self {
        case .repeatedInReport(let id): identity = id
        case .sharedChassis(let id, let other): (identity, node) = (id, other)
        case .sharedDevice(let id, let other): (part, node) = (id, other)
        case .otherDevices(let id, let number): (machine, count) = (id, number)
        case .movedDevice(let id, let from): (part, machine) = (id, from)
        case .otherChassis(let id, let other): (machine, identity) = (id, other)
        case .missingDevice(let id): part = id
        case .tooFewDevices(let have, let most): (count, expected) = (have, most)
        }
        switch coder.tag(tag) {
        case .repeatedInReport: self = .repeatedInReport(coder.part(identity))
        case .sharedChassis: self = .sharedChassis(coder.part(identity), with: coder.part(node))
        case .sharedDevice: self = .sharedDevice(coder.part(part), with: coder.part(node))
        case .otherDevices: self = .otherDevices(coder.part(machine), count: coder.part(count))
        case .movedDevice: self = .movedDevice(coder.part(part), from: coder.part(machine))
        case .otherChassis: self = .otherChassis(coder.part(machine), coder.part(identity))
        case .missingDevice: self = .missingDevice(coder.part(part))
        case .tooFewDevices:
            self = .tooFewDevices(have: coder.part(count), expected: coder.part(expected))
        }
    }
}
