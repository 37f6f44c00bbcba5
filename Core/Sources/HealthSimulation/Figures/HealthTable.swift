import FleetModel

/// The tables of docs/HEALTH.md.
public enum HealthTable {
    private static let columns = [
        "ETTR %", "gang stops", "back after, median s", "90 % s", "mean s", "work redone, mean min",
        "GPU-hours lost to faults", "to preemption", "wrong quarantines", "bad taken in",
        "bad hours in service",
        "bad at the end", "handed back", "of them refused", "restarts on a former suspect",
        "ends put down to nobody", "restarts on what broke it", "repairs", "hours out, mean",
        "out in the worst hour %", "out at most %",
    ]

    /// The head of a table.
    public static var head: String {
        "| | " + columns.joined(separator: " | ") + " |\n| ---"
            + String(repeating: " | --:", count: columns.count) + " |"
    }

    /// One row.
    public static func row(_ name: String, _ figures: HealthFigures) -> String {
        let span = figures.outages > 0 ? figures.outSeconds * 10 / 3600 / Int64(figures.outages) : 0
        let cells = [
            decimal(figures.effectiveBasisPoints, places: 2), grouped(Int64(figures.gangStops)),
            seconds(figures.downtime(percent: 50)), seconds(figures.downtime(percent: 90)),
            seconds(figures.meanDowntime),
            figures.meanCheckpointAge.map { decimal($0.wholeSeconds / 6, places: 1) } ?? "–",
            grouped(figures.lostGPUSeconds / 3600), grouped(figures.preemptedGPUSeconds / 3600),
            grouped(Int64(figures.wrongOutages)),
            grouped(Int64(figures.badEntries)), grouped(figures.badSeconds / 3600),
            grouped(Int64(figures.badAtEnd)), grouped(Int64(figures.handedBack)),
            grouped(Int64(figures.handedBackRefused)),
            grouped(Int64(figures.restartsOnFormerSuspect)),
            grouped(Int64(figures.unexplainedEnds)), grouped(Int64(figures.restartsOnCulprit)),
            grouped(Int64(figures.repairs)),
            decimal(span, places: 1), decimal(figures.worstHourMilli, places: 1),
            decimal(figures.mostOutMilli, places: 1),
        ]
        return "| \(name) | " + cells.joined(separator: " | ") + " |"
    }

    private static func seconds(_ span: TimeSpan?) -> String {
        span.map { grouped($0.wholeSeconds) } ?? "–"
    }

    /// A whole number with its last digits behind the point.
    static func decimal(_ value: Int64, places: Int) -> String {
        var unit: Int64 = 1
        for _ in 0..<places { unit *= 10 }
        let rest = String(value % unit)
        let zeros = String(repeating: "0", count: max(0, places - rest.utf8.count))
        return grouped(value / unit) + "." + zeros + rest
    }

    /// A whole number with commas between thousands.
    static func grouped(_ value: Int64) -> String {
        let digits = Array(String(value).utf8)
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text += "," }
            text.unicodeScalars.append(Unicode.Scalar(digit))
        }
        return text
    }
}
