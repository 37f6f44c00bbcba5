import FleetModel
import Journal

// What faults mean, and by which rule.

extension LinkFinding: RecordValue {}

private enum RuleTag: UInt8, CaseIterable {
    case catalogue, unknownCode, recoveryVerdict, linkRegisters, linkDecode
    case memoryErrorWithRemapping, unexplainedRemoval, follows, repetition, repeatedRepairs, site
}

extension DecidingRule: RecordValue {
    package static var blank: DecidingRule { .unexplainedRemoval }

    private var tag: RuleTag {
        switch self {
        case .catalogue: .catalogue
        case .unknownCode: .unknownCode
        case .recoveryVerdict: .recoveryVerdict
        case .linkRegisters: .linkRegisters
        case .linkDecode: .linkDecode
        case .memoryErrorWithRemapping: .memoryErrorWithRemapping
        case .unexplainedRemoval: .unexplainedRemoval
        case .follows: .follows
        case .repetition: .repetition
        case .repeatedRepairs: .repeatedRepairs
        case .site: .site
        }
    }

    package mutating func pass(through coder: inout RecordCoder) {
        var (code, count, name) = (FaultCode?.none, Int?.none, String?.none)
        var (verdict, finding) = (RecoveryVerdict?.none, LinkFinding?.none)
        var status: UInt32?
        switch self {
        case .catalogue(let known), .unknownCode(let known), .follows(let known): code = known
        case .recoveryVerdict(let asked): verdict = asked
        case .linkRegisters(let found): finding = found
        case .linkDecode(let unit, let word): (name, status) = (unit, word)
        case .memoryErrorWithRemapping, .unexplainedRemoval: break
        case .repetition(let known, let times): (code, count) = (known, times)
        case .repeatedRepairs(let times): count = times
        case .site(let rule): name = rule
        }
        switch coder.tag(tag) {
        case .catalogue: self = .catalogue(coder.part(code))
        case .unknownCode: self = .unknownCode(coder.part(code))
        case .recoveryVerdict: self = .recoveryVerdict(coder.part(verdict))
        case .linkRegisters: self = .linkRegisters(coder.part(finding))
        case .linkDecode: self = .linkDecode(unit: coder.part(name), status: coder.part(status))
        case .memoryErrorWithRemapping: self = .memoryErrorWithRemapping
        case .unexplainedRemoval: self = .unexplainedRemoval
        case .follows: self = .follows(coder.part(code))
        case .repetition: self = .repetition(coder.part(code), count: coder.part(count))
        case .repeatedRepairs: self = .repeatedRepairs(count: coder.part(count))
        case .site: self = .site(coder.part(name))
        }
    }
}

extension FaultDecision: RecordValue {
    package static var blank: FaultDecision {
        FaultDecision(.info, .none, .none, .notice, by: .blank)
    }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&severity)
        coder.field(&action)
        coder.field(&followUp)
        coder.field(&nature)
        coder.field(&rule)
    }
}

private enum PartTag: UInt8, CaseIterable {
    case device, interface, fabricSwitch, node
}

extension PartKey: RecordValue {
    package static var blank: PartKey { .node }

    package mutating func pass(through coder: inout RecordCoder) {
        var (tag, device) = (PartTag.node, PCIAddress?.none)
        var (name, number) = (String?.none, Int32?.none)
        switch self {
        case .device(let address): (tag, device) = (.device, address)
        case .interface(let text): (tag, name) = (.interface, text)
        case .fabricSwitch(let index): (tag, number) = (.fabricSwitch, index)
        case .node: break
        }
        switch coder.tag(tag) {
        case .device: self = .device(coder.part(device))
        case .interface: self = .interface(coder.part(name))
        case .fabricSwitch: self = .fabricSwitch(coder.part(number))
        case .node: self = .node
        }
    }
}

extension FaultedPart: RecordValue {
    package static var blank: FaultedPart { FaultedPart() }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&device)
        coder.field(&identity)
        coder.field(&interface)
        coder.field(&fabricSwitch)
    }
}
