import FleetModel
import Health
import HealthSignals
import Journal

/// What a health desk is told when another tool says something of a node, or says it no more.
public struct StatementMark: Hashable, Sendable {
    /// What it says.
    public var event: FaultEvent
    /// Its words, and since when it says so; nil when it says so no more.
    public var fault: SeenFault?

    /// Pairs both.
    public init(_ event: FaultEvent, _ fault: SeenFault?) {
        self.event = event
        self.fault = fault
    }
}

extension HealthDesk {
    /// What is news in all that other tools say of a node now; nothing for a node that is not here.
    public func news(
        in said: [ToolStatement], of node: NodeID, at now: Instant
    ) -> [StatementMark] {
        guard engine[node] != nil else { return [] }
        let known = statements(of: node)
        var marks = known.filter { event in !said.contains { $0.event == event } }.map {
            StatementMark($0, nil)
        }
        for statement in said where !known.contains(statement.event) {
            var fault = LogFault(.event(statement.event))
            fault.text = statement.words
            // Clocks differ; nothing was said later than now.
            let seen = SeenFault(at: min(statement.since ?? now, now), fault)
            marks.append(StatementMark(statement.event, seen))
        }
        return marks
    }

    /// What other tools say of a node, as far as was told.
    public func statements(of node: NodeID) -> [FaultEvent] {
        statements.indices.contains(node.index) ? statements[node.index] : []
    }

    /// Takes in what other tools say. Each statement is judged alone and at once: what it is about
    /// is older than a burst of faults, and it may be taken back before one would be over.
    mutating func note(
        _ marks: [StatementMark], of node: NodeID, at told: Instant,
        _ output: inout [HealthDirective]
    ) {
        guard engine[node] != nil else { return }
        while statements.count <= node.index { statements.append([]) }
        for mark in marks {
            let known = statements[node.index].firstIndex(of: mark.event)
            if let seen = mark.fault, known == nil, seen.fault.code == .event(mark.event) {
                statements[node.index].append(mark.event)
                judge(seen, of: node, at: told, &output)
            } else if let known, mark.fault == nil {
                statements[node.index].remove(at: known)
                let cause = cause(mark.event.rawValue)
                engine.apply(.stated(node, .withdrawn(cause)), at: told, into: &output)
            }
        }
    }

    /// Nothing is known any more of what other tools say of a node.
    mutating func forgetStatements(of node: NodeID) {
        if statements.indices.contains(node.index) { statements[node.index] = [] }
    }

    private mutating func judge(
        _ seen: SeenFault, of node: NodeID, at told: Instant, _ output: inout [HealthDirective]
    ) {
        guard var watch = begin(node) else { return }
        watch.keep(seen.fault, nil, at: seen.at)
        let verdict = watch.bursts.judge(seen.fault, at: engine.clock.engine)
        watches[node.index] = watch
        for part in verdict.parts {
            find(
                FaultReading(part, device: nil), verdict.catalogueVersion, seenAt: seen.at,
                watch.numbers(of: part.root.text), of: node, at: told, &output)
        }
    }
}

extension StatementMark: RecordValue {
    package static var blank: StatementMark { StatementMark(.offTheBus, nil) }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&event)
        coder.field(&fault)
    }
}
