import FleetModel

/// How many jobs were told to wait for which reason, as bars that lie on their side.
struct WaitReasonChart {
    /// The runs, with their names and the classes of their colours.
    var runs: [(report: RunReport, label: String, style: String)]

    private static let title = "Why jobs waited"
    /// Room for the reasons' names.
    private static let left = 104.0
    private static let top = 12.0
    private static let gap = 10.0

    /// Whether no job of any run was told to wait.
    var isEmpty: Bool { codes.isEmpty }

    /// The chart with its table.
    var figure: HTMLFigure {
        HTMLFigure(
            title: Self.title,
            note: "Jobs by the first reason that they were told. Jobs that started at once are in "
                + "none.",
            drawing: drawing,
            legend: runs.count > 1 ? runs.map { ($0.label, $0.style) } : [], table: table)
    }

    /// The reasons that some job was told.
    private var codes: [RefusalCode] {
        RefusalCode.allCases.filter { code in
            runs.contains { $0.report.jobsWaiting(for: code) > 0 }
        }
    }

    private var drawing: String {
        let codes = codes
        let bar = max(3, min(16, 40 / Double(max(1, runs.count))))
        let row = bar * Double(runs.count) + Self.gap
        let bottom = Self.top + row * Double(codes.count)
        var canvas = SVGCanvas(width: ChartFrame.width, height: bottom + 30)
        let most = codes.flatMap { code in runs.map { $0.report.jobsWaiting(for: code) } }.max()
        let axis = ChartAxis.linear(
            maximum: Double(max(5, most ?? 0)), from: Self.left, to: ChartFrame.right)
        for tick in axis.ticks {
            let x = axis.place(tick.value)
            canvas.line(x, Self.top, x, bottom, style: tick.value == 0 ? "axis" : "grid")
        }
        ChartFrame.drawBelow(axis, at: bottom, on: &canvas)
        for (index, code) in codes.enumerated() {
            let start = Self.top + row * Double(index) + Self.gap / 2
            let middle = start + bar * Double(runs.count) / 2
            canvas.text(code.name, x: Self.left - 7, y: middle + 4, style: "tick end")
            for (position, run) in runs.enumerated() {
                let jobs = run.report.jobsWaiting(for: code)
                guard jobs > 0 else { continue }
                canvas.rectangle(
                    x: Self.left, y: start + bar * Double(position) + 0.5,
                    width: max(1, axis.place(Double(jobs)) - Self.left), height: bar - 1,
                    style: "bar \(run.style)", title: title(of: code, jobs, run.label))
            }
        }
        return canvas.element(id: "reasons", title: Self.title, description: description)
    }

    private func title(of code: RefusalCode, _ jobs: Int, _ label: String) -> String {
        let kueue = code.kueueReason.map { " (Kueue: \($0))" } ?? ""
        let count = NumberText.grouped(jobs) + (jobs == 1 ? " job" : " jobs")
        return "\(label), \(code.name)\(kueue): \(count)"
    }

    private var description: String {
        let parts = runs.map { run in
            let reasons = codes.compactMap { code -> String? in
                let jobs = run.report.jobsWaiting(for: code)
                return jobs > 0 ? "\(code.name) \(NumberText.grouped(jobs))" : nil
            }
            return "\(run.label): " + (reasons.isEmpty ? "none" : reasons.joined(separator: ", "))
        }
        return "Bar chart of jobs by reason. " + parts.joined(separator: "; ") + "."
    }

    private var table: HTMLTable {
        let rows = codes.map { code in
            [code.name, code.kueueReason ?? "–"]
                + runs.map { NumberText.grouped($0.report.jobsWaiting(for: code)) }
        }
        return HTMLTable(
            caption: Self.title, heads: ["reason", "in Kueue"] + runs.map(\.label), rows: rows)
    }
}
