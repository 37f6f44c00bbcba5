import FleetModel
import Journal

// A site's rules, as a health desk is told them.

extension RepetitionPlace: RecordValue {}

extension FaultThreshold: RecordValue {
    package static var blank: FaultThreshold { FaultThreshold(count: 1, window: .zero) }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&count)
        coder.field(&window)
        coder.field(&place)
        coder.field(&countsLines)
    }
}

extension FaultRule: RecordValue {
    package static var blank: FaultRule { FaultRule(name: "", codes: []) }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&name)
        coder.field(&codes)
        coder.field(&unit)
        coder.field(&link)
        coder.field(&models)
        coder.field(&declared)
        coder.field(&threshold)
        coder.field(&severity)
        coder.field(&action)
    }
}

extension FaultRules: RecordValue {
    package static var blank: FaultRules { FaultRules() }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&version)
        coder.list(&rules, limit: FaultLimits.rules, of: "fault rules")
        // What was written had been checked; other rules would decide what nobody meant.
        if coder.isReading, let mistake = mistakes().first {
            coder.fail(mistake.diagnostic.message, expected: mistake.diagnostic.expected)
        }
    }
}
