import FleetModel
import HealthSignals
import KubernetesJSON

extension NodeFacts {
    /// What other tools say of the node by conditions, labels and taints: by what is known of
    /// these, and nothing by what is not.
    public var statements: [ToolStatement] {
        var sayings: [NodeSaying] = []
        for condition in conditions where StatementTable.knows(condition.type) {
            sayings.append(
                NodeSaying(
                    .condition, condition.type, condition.status, reason: condition.reason,
                    message: condition.message, since: condition.since))
        }
        for key in StatementTable.labels {
            guard let value = labels[key] else { continue }
            sayings.append(NodeSaying(.label, key, value))
        }
        for taint in taints where StatementTable.knows(taint.key) {
            sayings.append(NodeSaying(.taint, taint.key, taint.value))
        }
        return StatementTable.statements(sayings)
    }
}

extension NodeFacts.Condition {
    /// Reads a condition's fields. Messages may be long and times change often: both are kept only
    /// of what says something about hardware.
    init(_ fields: LabelSet) {
        self.init(
            fields["type"] ?? "", fields["status"] ?? "", reason: fields["reason"] ?? "")
        guard StatementTable.knows(type) else { return }
        message = String((fields["message"] ?? "").prefix(FaultLimits.textBytes))
        since = fields["lastTransitionTime"].flatMap { Timestamp($0.utf8) }.flatMap { time in
            let (product, overflow) = time.microseconds.multipliedReportingOverflow(by: 1000)
            return overflow ? nil : Instant(nanoseconds: product)
        }
    }
}
