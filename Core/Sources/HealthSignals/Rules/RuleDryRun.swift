import FleetModel

/// A fault of the past: where and when it came.
public struct RecordedFault: Hashable, Sendable {
    /// The node.
    public var node: NodeID
    /// The kind of the node's accelerators.
    public var model: String
    /// When.
    public var at: Instant
    /// What.
    public var fault: LogFault

    /// Gathers a record.
    public init(node: NodeID, model: String = "", at: Instant, fault: LogFault) {
        self.node = node
        self.model = model
        self.at = at
        self.fault = fault
    }
}

/// What rules would have decided otherwise on faults of the past.
public struct RuleDryRun: Hashable, Sendable {
    /// A burst that would have ended otherwise.
    public struct Difference: Hashable, Sendable {
        /// The node.
        public var node: NodeID
        /// What was decided.
        public var before: FaultVerdict
        /// What would have been.
        public var after: FaultVerdict
    }

    /// All bursts of the past.
    public private(set) var bursts = 0
    /// Bursts that took hardware out of service.
    public private(set) var outOfServiceBefore = 0
    /// Bursts that would have.
    public private(set) var outOfServiceAfter = 0
    /// Bursts that would have ended otherwise, in order of their ends.
    public private(set) var differences: [Difference] = []

    /// Runs the history under both sets of rules. It need not be sorted by time.
    public init(
        history: [RecordedFault], before: FaultRules, after: FaultRules,
        settings: BurstSettings = BurstSettings()
    ) {
        let order = history.indices.sorted {
            history[$0].at == history[$1].at ? $0 < $1 : history[$0].at < history[$1].at
        }
        var runs: [(node: NodeID, before: FaultBursts, after: FaultBursts)] = []
        var places: [NodeID: Int] = [:]
        for index in order {
            let record = history[index]
            let place = places[record.node] ?? runs.count
            if place == runs.count {
                places[record.node] = place
                runs.append(
                    (
                        record.node,
                        FaultBursts(
                            catalogue: FaultCatalogue(rules: before), settings: settings,
                            model: record.model),
                        FaultBursts(
                            catalogue: FaultCatalogue(rules: after), settings: settings,
                            model: record.model)
                    ))
            }
            var old: [FaultVerdict] = []
            var new: [FaultVerdict] = []
            runs[place].before.note(record.fault, at: record.at, into: &old)
            runs[place].after.note(record.fault, at: record.at, into: &new)
            compare(record.node, old, new)
        }
        for place in runs.indices {
            var old: [FaultVerdict] = []
            var new: [FaultVerdict] = []
            runs[place].before.advance(to: .never, into: &old)
            runs[place].after.advance(to: .never, into: &new)
            compare(runs[place].node, old, new)
        }
    }

    /// Rules do not change where bursts end, so that final verdicts come in pairs.
    private mutating func compare(_ node: NodeID, _ old: [FaultVerdict], _ new: [FaultVerdict]) {
        for (before, after) in zip(
            old.filter { $0.stage == .final }, new.filter { $0.stage == .final })
        {
            bursts += 1
            if before.takesOutOfService { outOfServiceBefore += 1 }
            if after.takesOutOfService { outOfServiceAfter += 1 }
            let isSame =
                before.severity == after.severity && before.action == after.action
                && before.parts.map(\.severity) == after.parts.map(\.severity)
                && before.parts.map(\.action) == after.parts.map(\.action)
            if !isSame {
                differences.append(Difference(node: node, before: before, after: after))
            }
        }
    }
}
