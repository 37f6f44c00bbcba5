import FleetModel
import Health
import Journal
import Qualification

// Stacks and what is known of them, as bytes.

/// Lists and texts of these records are at most so long.
private let mostText = 1000

extension StackPart: RecordValue {}
extension VersionSource: RecordValue {}

private enum RuleTag: UInt8, CaseIterable { case same, atLeast, below }

extension VersionRule: RecordValue {
    package static var blank: VersionRule { .same(Version("0")) }
    package mutating func pass(through coder: inout RecordCoder) {
        var (tag, text) = (RuleTag.same, "")
        switch self {
        case .same(let version): text = version.text
        case .atLeast(let version): (tag, text) = (.atLeast, version.text)
        case .below(let version): (tag, text) = (.below, version.text)
        }
        tag = coder.tag(tag)
        coder.text(&text, limit: mostText)
        switch tag {
        case .same: self = .same(Version(text))
        case .atLeast: self = .atLeast(Version(text))
        case .below: self = .below(Version(text))
        }
    }
}

extension StackDeclaration.Rule: RecordValue {
    package static var blank: StackDeclaration.Rule { .init(.kernel, .blank) }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&part)
        coder.field(&rule)
    }
}

extension StackDeclaration: RecordValue {
    package static var blank: StackDeclaration { StackDeclaration() }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.text(&name, limit: mostText)
        coder.field(&rules)
        coder.field(&deviceCount)
        coder.text(&deviceModel, limit: mostText)
        coder.field(&deviceECC)
        coder.field(&portCount)
        coder.field(&portGigabits)
    }
}

extension FoundVersion: RecordValue {
    package static var blank: FoundVersion { FoundVersion(.kernel, "", at: "") }
    package mutating func pass(through coder: inout RecordCoder) {
        var (part, text, place) = (part, version.text, place)
        coder.field(&part)
        coder.text(&text, limit: mostText)
        coder.text(&place, limit: mostText)
        self = FoundVersion(part, text, at: place)
    }
}

extension ToldVersions: RecordValue {
    package static var blank: ToldVersions { ToldVersions(at: .zero, []) }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&at)
        coder.list(&versions, limit: ToldVersions.most, of: "versions of a node")
    }
}

extension NodeVersions: RecordValue {
    package static var blank: NodeVersions { NodeVersions(pool: "") }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.text(&pool, limit: mostText)
        coder.field(&isHere)
        coder.field(&watcher)
        coder.field(&run)
    }
}

extension TupleVersion: RecordValue {
    package static var blank: TupleVersion { TupleVersion(.kernel, "") }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&part)
        coder.text(&text, limit: mostText)
    }
}

extension ObservedTuple: RecordValue {
    package static var blank: ObservedTuple { ObservedTuple(versions: []) }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&versions)
        coder.field(&gpuMilliSeconds)
        coder.field(&greenMilliSeconds)
        coder.field(&attempts)
        coder.field(&failures)
    }
}

extension ObservedTable: RecordValue {
    package static var blank: ObservedTable { ObservedTable() }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.list(&rows, limit: ObservedTable.most, of: "observed tuples")
        coder.field(&others)
    }
}

extension PoolStack: RecordValue {
    package static var blank: PoolStack { PoolStack(pool: "", stack: "") }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.text(&pool, limit: mostText)
        coder.text(&stack, limit: mostText)
    }
}

extension StackBook.Assignment: RecordValue {
    package static var blank: StackBook.Assignment { .init(pool: "", stack: StackID(0)) }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.text(&pool, limit: mostText)
        coder.field(&stack)
    }
}

extension StackBook: RecordValue {
    package static var blank: StackBook { StackBook() }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.list(&stacks, limit: StackBook.mostStacks, of: "stacks")
        coder.field(&assigned)
        coder.field(&declared)
        coder.field(&fileDigest)
        coder.list(&nodes, limit: FleetLimits.nodes, of: "nodes with versions")
        coder.field(&rollouts)
        coder.field(&observed)
        coder.field(&nextRollout)
        coder.field(&isToBeTended)
        coder.field(&tendedAt)
    }
}
