import ControlPlane
import FleetModel

/// What a member of a simulated gang would have written: made of what is known of its attempt, when
/// somebody reads it. Lines are only ever added at the end, and the oldest go.
struct SyntheticLog {
    /// The lines that are kept.
    let bytes: [UInt8]
    /// Bytes before those, which are not kept.
    let start: Int64
    /// Whether nothing more will come.
    let isComplete: Bool

    /// Every line about a checkpoint is as long, so that those that were dropped can be counted.
    private static let checkpointLine = text(of: 0, at: .zero).utf8.count

    /// The log of one member; nil when it never was one.
    init?(_ history: JobHistory, _ attempt: AttemptHistory, rank: Int, fleet: FleetDefinition) {
        guard let member = attempt.members.first(where: { $0.rank == rank }) else { return nil }
        let node = fleet.nodeNames[member.node]
        var head = SyntheticLog.line(
            attempt.startedAt,
            "\(history.name) attempt \(attempt.attempt.rawValue) rank \(rank) on \(node)"
                + SyntheticLog.devices(member.devices) + ", a simulated machine")
        if let instant = attempt.runsAt {
            let from = attempt.startStep > 0 ? ", resumed at step \(attempt.startStep)" : ""
            head += SyntheticLog.line(instant, "all \(attempt.size) members run" + from)
        }
        var rest = ""
        for checkpoint in attempt.checkpoints {
            rest += SyntheticLog.text(
                of: Int64(checkpoint.step),
                at: attempt.startedAt + .seconds(Int64(checkpoint.after)))
        }
        if let end = attempt.end { rest += SyntheticLog.line(end.at, end.detail) }
        if attempt.droppedCheckpoints > 0 {
            start = Int64(
                head.utf8.count + attempt.droppedCheckpoints * SyntheticLog.checkpointLine)
            bytes = Array(rest.utf8)
        } else {
            start = 0
            bytes = Array((head + rest).utf8)
        }
        isComplete = attempt.end != nil || member.hasLeft
    }

    private static func line(_ instant: Instant, _ text: String) -> String {
        instant.dateText + " " + text + "\n"
    }

    private static func text(of step: Int64, at instant: Instant) -> String {
        let digits = String(step)
        let padding = String(repeating: " ", count: max(0, 10 - digits.utf8.count))
        return line(instant, "step " + padding + digits + ", checkpoint written")
    }

    private static func devices(_ devices: UInt64) -> String {
        let list = (0..<64).filter { devices & (1 << UInt64($0)) != 0 }
        guard let first = list.first, let last = list.last else { return "" }
        if list.count == 1 { return " with device \(first)" }
        if last - first == list.count - 1 { return " with devices \(first)-\(last)" }
        return " with devices " + list.map { String($0) }.joined(separator: ",")
    }
}

extension Instant {
    /// The date and time in UTC, such as `2026-11-27T09:00:00Z`; for instants since 1970.
    var dateText: String {
        let seconds = max(0, nanoseconds / 1_000_000_000)
        let day = Instant.date(daysSince1970: seconds / 86_400)
        let second = seconds % 86_400
        func pad(_ number: Int64, _ width: Int = 2) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
        }
        return pad(day.year, 4) + "-" + pad(day.month) + "-" + pad(day.day) + "T"
            + pad(second / 3600) + ":" + pad(second / 60 % 60) + ":" + pad(second % 60) + "Z"
    }

    /// Hinnant, "chrono-compatible low-level date algorithms": years are counted from March, so
    /// that the leap day is the last of one.
    private static func date(
        daysSince1970 days: Int64
    ) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
    }
}
