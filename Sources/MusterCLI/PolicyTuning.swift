import Documents
import FleetModel

/// Settings of a policy by name, as `--tune` takes them.
enum PolicyTuning {
    /// What a setting is.
    private enum Setting {
        case span(WritableKeyPath<TimelinePolicy, TimeSpan>)
        case count(WritableKeyPath<TimelinePolicy, Int32>)
        case flag(WritableKeyPath<TimelinePolicy, Bool>)
    }

    private static var settings: [(name: String, setting: Setting)] {
        [
            ("preempts", .flag(\.preempts)),
            ("consolidates", .flag(\.consolidates)),
            ("reservations", .count(\.reservations)),
            ("reservations-per-tenant", .count(\.reservationsPerTenant)),
            ("young-span", .span(\.youngSpan)),
            ("veteran-span", .span(\.veteranSpan)),
            ("young-wait", .span(\.youngWait)),
            ("minimum-run-time", .span(\.minimumRunTime)),
            ("loss-percent", .count(\.lossPercent)),
            ("gang-patience", .span(\.gangPatience)),
            ("single-patience", .span(\.singlePatience)),
            ("overdue-gang-percent", .count(\.overdueGangPercent)),
            ("overdue-single-percent", .count(\.overdueSinglePercent)),
            ("overdue-run-time", .span(\.overdueRunTime)),
            ("grace-time", .span(\.graceTime)),
            ("cheap-restart", .span(\.cheapRestart)),
            ("evictions-per-job", .count(\.evictionsPerJob)),
            ("victim-steps", .count(\.victimSteps)),
            ("prompt-steps", .count(\.promptSteps)),
            ("review-period", .span(\.reviewPeriod)),
            ("estimate-period", .span(\.estimatePeriod)),
        ]
    }

    /// Changes settings, each given as `name=value`; those that go together in any order.
    static func apply(_ texts: [String], to timeline: inout TimelinePolicy) throws(Failure) {
        for text in texts { try apply(text, to: &timeline) }
        guard timeline.isWellFormed else {
            // Some are refused only beside another one, so all are named.
            let list = texts.map { "'\($0)'" }.joined(separator: " with ")
            throw Failure(
                usage: "\(list) is beyond the limits of a policy",
                expected: "values within the limits, and no veteran younger than the young",
                hint: "the settings and their limits are in docs/FILES.md")
        }
    }

    private static func apply(
        _ text: String, to timeline: inout TimelinePolicy
    ) throws(Failure) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2,
            let setting = settings.first(where: { $0.name == parts[0] })?.setting
        else {
            throw Failure(
                usage: "'\(text)' is not a setting of a policy",
                expected: "name=value, with " + SimulateOptions.list(settings.map(\.name)))
        }
        let value = String(parts[1])
        switch setting {
        case .span(let path):
            guard let span = DurationText.parse(value) else {
                throw refusal(text, expected: DurationText.expected)
            }
            timeline[keyPath: path] = span
        case .count(let path):
            guard let count = Int32(value) else { throw refusal(text, expected: "a number") }
            timeline[keyPath: path] = count
        case .flag(let path):
            guard value == "on" || value == "off" else {
                throw refusal(text, expected: "on or off")
            }
            timeline[keyPath: path] = value == "on"
        }
    }

    private static func refusal(_ text: String, expected: String) -> Failure {
        Failure(usage: "'\(text)' has a value that will not do", expected: expected)
    }
}
