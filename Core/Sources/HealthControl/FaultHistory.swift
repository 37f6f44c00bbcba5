import FleetModel
import HealthSignals

/// The faults of the past, gathered from what a desk was told: what rules are tried on.
public struct FaultHistory: Sendable {
    /// The faults, in the order in which they were told; at most ``most``.
    public private(set) var faults: [RecordedFault] = []
    /// Faults beyond the bound.
    public private(set) var omitted = 0
    /// The time of the first thing that was told, of whatever kind; nil before it.
    public private(set) var begin: Instant?

    /// Faults that are kept.
    public static let most = 200_000

    private var kindOf: [NodeID: String] = [:]
    private var parsers: [NodeID: KernelLogParser] = [:]

    /// A past without faults. What is known of the nodes' kinds comes from a desk.
    public init(kinds desk: HealthDesk) {
        for index in desk.kinds.indices where !desk.kinds[index].isEmpty {
            kindOf[NodeID(index)] = desk.kinds[index]
        }
    }

    /// Takes in what was told.
    public mutating func take(_ record: DeskRecord) {
        begin = begin ?? record.at
        switch record.input {
        case .faults(let node, let seen):
            for seen in seen { keep(seen.fault, of: node, at: seen.at) }
        case .metrics(let node, let marks):
            for seen in marks.compactMap(\.fault) { keep(seen.fault, of: node, at: seen.at) }
        case .statements(let node, let marks):
            for seen in marks.compactMap(\.fault) { keep(seen.fault, of: node, at: seen.at) }
        case .kernelLog(let node, let lines):
            var parser = parsers[node] ?? KernelLogParser()
            for line in lines {
                var found: [LogFault] = []
                parser.parse(line.text, into: &found)
                for fault in found { keep(fault, of: node, at: record.at) }
            }
            parsers[node] = parser
        case .pastLog(let node, let lines):
            var parser = KernelLogParser()
            for past in lines {
                var found: [LogFault] = []
                parser.parse(past.line.text, into: &found)
                for fault in found { keep(fault, of: node, at: past.at) }
            }
        case .kind(let node, let kind): kindOf[node] = kind
        case .engine, .frameworkLog, .devicesSilent, .setRules, .stack: break
        }
    }

    private mutating func keep(_ fault: LogFault, of node: NodeID, at time: Instant) {
        guard faults.count < FaultHistory.most else {
            omitted += 1
            return
        }
        faults.append(
            RecordedFault(node: node, model: kindOf[node] ?? "", at: time, fault: fault))
    }
}
