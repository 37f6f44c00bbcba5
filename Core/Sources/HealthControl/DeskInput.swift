import FleetModel
import Health
import HealthSignals
import Journal
import Stacks

/// What a ``HealthDesk`` is told. Everything that it knows came in as one of these.
public enum DeskInput: Hashable, Sendable {
    /// Something for the engine itself.
    case engine(HealthInput)
    /// Lines of a node's kernel log, or of a daemon beside it, in order.
    case kernelLog(NodeID, [LogLine])
    /// Lines of a node's kernel log that are too old for anything to follow from them.
    case pastLog(NodeID, [PastLine])
    /// Lines of the logs of processes that ran on a node.
    case frameworkLog(NodeID, [LogLine])
    /// Faults that an agent has read from a node's kernel log, in order.
    case faults(NodeID, [SeenFault])
    /// What asks a node's devices gives no answer any more: it was asking this one, if it is known.
    case devicesSilent(NodeID, device: Int32?)
    /// What the site decides otherwise than the published tables. The rules must be valid.
    case setRules(FaultRules)
    /// The kind of a node's accelerators, which rules may name.
    case kind(NodeID, String)
    /// Rules about a node's metrics that are met now, or no more, in order.
    case metrics(NodeID, [MetricMark])
    /// Something for the book of stacks.
    case stack(StackInput)
    /// What other tools say of a node now, and did not before, or say no more.
    case statements(NodeID, [StatementMark])
}

extension DeskInput {
    /// Whether it tells faults that rules can be tried on.
    public var isOfFaults: Bool {
        switch self {
        case .kernelLog, .pastLog, .faults, .metrics, .statements: true
        case .engine, .frameworkLog, .devicesSilent, .setRules, .kind, .stack: false
        }
    }
}

extension DeskInput {
    /// Whether an attempt may have ended for what this tells.
    public var mayExplainEnds: Bool {
        switch self {
        case .engine(.found), .devicesSilent: true
        default: isOfFaults
        }
    }
}

/// A fault, and when its line was written.
public struct SeenFault: Hashable, Sendable {
    /// The wall's time.
    public var at: Instant
    /// What the line told.
    public var fault: LogFault

    /// Pairs both.
    public init(at: Instant, _ fault: LogFault) {
        self.at = at
        self.fault = fault
    }
}

extension SeenFault: RecordValue {
    package static var blank: SeenFault { SeenFault(at: .zero, .blank) }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&at)
        coder.field(&fault)
    }
}

/// One line of a log, at most ``LogLine/most`` bytes of it.
public struct LogLine: Hashable, Sendable {
    /// The text.
    public private(set) var text: String

    /// Bytes that are kept: more are not looked at.
    public static let most = 4096

    /// Keeps the beginning of a line.
    public init(_ text: String) {
        guard text.utf8.count > LogLine.most else {
            self.text = text
            return
        }
        self.text = String(decoding: Array(text.utf8.prefix(LogLine.most - 4)), as: UTF8.self)
    }
}

/// One input with its time.
public struct DeskRecord: Hashable, Sendable {
    /// The wall's time.
    public var at: Instant
    /// What the desk was told.
    public var input: DeskInput

    /// Pairs an input with its time.
    public init(at: Instant, input: DeskInput) {
        self.at = at
        self.input = input
    }
}

extension LogLine: RecordValue {
    package static var blank: LogLine { LogLine("") }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.text(&text, limit: LogLine.most)
    }
}

private enum DeskTag: UInt8, CaseIterable {
    case engine, kernelLog, frameworkLog, faults, devicesSilent, setRules, kind, metrics, stack
    case statements, pastLog
}

extension DeskInput: RecordValue {
    package static var blank: DeskInput { .engine(.blank) }
    package mutating func pass(through coder: inout RecordCoder) {
        var (tag, input) = (DeskTag.engine, HealthInput?.none)
        var (node, lines) = (NodeID?.none, [LogLine]?.none)
        var (faults, device) = ([SeenFault]?.none, Int32?.none)
        var (rules, kind, marks) = (FaultRules?.none, String?.none, [MetricMark]?.none)
        var (stack, statements) = (StackInput?.none, [StatementMark]?.none)
        var past: [PastLine]?
        switch self {
        case .engine(let told): input = told
        case .kernelLog(let id, let told): (tag, node, lines) = (.kernelLog, id, told)
        case .frameworkLog(let id, let told): (tag, node, lines) = (.frameworkLog, id, told)
        case .faults(let id, let told): (tag, node, faults) = (.faults, id, told)
        case .devicesSilent(let id, let index): (tag, node, device) = (.devicesSilent, id, index)
        case .setRules(let told): (tag, rules) = (.setRules, told)
        case .kind(let id, let name): (tag, node, kind) = (.kind, id, name)
        case .metrics(let id, let told): (tag, node, marks) = (.metrics, id, told)
        case .stack(let told): (tag, stack) = (.stack, told)
        case .statements(let id, let told): (tag, node, statements) = (.statements, id, told)
        case .pastLog(let id, let told): (tag, node, past) = (.pastLog, id, told)
        }
        switch coder.tag(tag) {
        case .engine: self = .engine(coder.part(input))
        case .kernelLog: self = .kernelLog(coder.part(node), coder.part(lines))
        case .frameworkLog: self = .frameworkLog(coder.part(node), coder.part(lines))
        case .faults: self = .faults(coder.part(node), coder.part(faults))
        case .devicesSilent:
            let id = coder.part(node)
            coder.field(&device)
            self = .devicesSilent(id, device: device)
        case .setRules: self = .setRules(coder.part(rules))
        case .kind: self = .kind(coder.part(node), coder.part(kind))
        case .metrics: self = .metrics(coder.part(node), coder.part(marks))
        case .stack: self = .stack(coder.part(stack))
        case .statements: self = .statements(coder.part(node), coder.part(statements))
        case .pastLog: self = .pastLog(coder.part(node), coder.part(past))
        }
    }
}

extension DeskRecord: RecordValue {
    package static var blank: DeskRecord { DeskRecord(at: .zero, input: .blank) }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&at)
        coder.field(&input)
    }
}
