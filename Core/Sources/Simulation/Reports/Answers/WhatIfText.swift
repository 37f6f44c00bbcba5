import FleetModel
import Scheduler

/// What would be different, for a terminal.
public struct WhatIfText {
    private let names: AnswerNames
    private let width: Int
    /// Jobs that are named in one line.
    private static let named = 12

    /// Lines are broken at `width` columns.
    public init(names: AnswerNames, width: Int) {
        self.names = names
        self.width = max(40, width)
    }

    /// The difference.
    public func text(_ answer: WhatIfAnswer) -> String {
        var lines = ["With these changes, now:"]
        func row(_ label: String, _ text: String) {
            lines.append(
                TerminalText.hanging("  " + TerminalText.left(label, 8) + " ", text, to: width))
        }
        row(
            "starts",
            answer.started.isEmpty ? "nothing more" : list(answer.started.map(names.job)))
        if !answer.stopped.isEmpty {
            row("stops", list(answer.stopped.map { "\(names.job($0.job)) (\($0.reason.name))" }))
        }
        row("waiting", "\(answer.waitingBefore), then \(answer.waitingAfter)")
        for (place, comparison) in answer.comparisons.enumerated() {
            row(
                place == 0 ? "moves" : "",
                "\(names.job(comparison.job)): \(outlook(comparison.before)), then "
                    + outlook(comparison.after))
        }
        if answer.isCutOff { row("", "the consequences go on; they were cut off") }
        return lines.joined(separator: "\n") + "\n"
    }

    private func list(_ items: [String]) -> String {
        let more = items.count - WhatIfText.named
        return items.prefix(WhatIfText.named).joined(separator: ", ")
            + (more > 0 ? " and \(NumberText.grouped(more)) more" : "")
    }

    private func outlook(_ outlook: WaitComparison.Outlook) -> String {
        switch outlook {
        case .runs: "runs"
        case .absent: "is not there"
        case .waits(nil): "waits"
        case .waits(.some(let estimate)):
            "waits until " + names.time(estimate.earliest) + " – "
                + (estimate.latest == .never ? "no bound" : names.time(estimate.latest))
        }
    }
}

extension StopReason {
    /// The token used in output.
    var name: String {
        switch self {
        case .cancelled: "cancelled"
        case .timeLimit: "timeLimit"
        case .hardware: "hardware"
        case .preemption: "preemption"
        case .maintenance: "maintenance"
        }
    }
}
