/// How long jobs of each size waited, as bars on a logarithmic scale.
struct WaitChart {
    /// The runs, with their names and the classes of their colours.
    var runs: [(report: RunReport, label: String, style: String)]

    private static let title = "Wait by gang size"

    /// The chart with its table.
    var figure: HTMLFigure {
        HTMLFigure(
            title: Self.title,
            note: "From submission to first start, on a logarithmic scale. Half of the jobs waited "
                + "no longer than the solid bar, 90 % no longer than the pale one.",
            drawing: drawing,
            legend: runs.count > 1 ? runs.map { ($0.label, $0.style) } : [], table: table)
    }

    private var drawing: String {
        var canvas = SVGCanvas(width: ChartFrame.width, height: ChartFrame.height)
        let longest = runs.flatMap(\.report.waitBySize).map(\.p90).max() ?? 0
        let vertical = ChartAxis.logarithmicTime(
            seconds: longest, from: ChartFrame.bottom, to: ChartFrame.top)
        ChartFrame.draw(vertical, unit: "wait", on: &canvas)
        let sizes = GangSizeClass.allCases
        let room = (ChartFrame.right - ChartFrame.left) / Double(sizes.count)
        let bar = min(26, (room - 16) / Double(max(1, runs.count)))
        for size in sizes {
            let middle = ChartFrame.left + room * (Double(size.rawValue) + 0.5)
            let name = size == .one ? size.label : size.name
            canvas.text(name, x: middle, y: ChartFrame.bottom + 18, style: "tick middle")
            let first = middle - bar * Double(runs.count) / 2
            for (index, run) in runs.enumerated() {
                let wait = run.report.waitBySize[size.rawValue]
                guard wait.count > 0 else { continue }
                drawBars(
                    wait, x: first + bar * Double(index), width: bar, on: &canvas, vertical,
                    name: "\(run.label), \(size.label)", style: run.style)
            }
        }
        return canvas.element(id: "wait", title: Self.title, description: description)
    }

    private func drawBars(
        _ wait: Distribution, x: Double, width: Double, on canvas: inout SVGCanvas,
        _ axis: ChartAxis, name: String, style: String
    ) {
        let half = NumberText.duration(seconds: wait.p50)
        let most = NumberText.duration(seconds: wait.p90)
        let title =
            "\(name): half of \(NumberText.grouped(wait.count)) jobs waited at most "
            + "\(half), 90 % at most \(most)"
        let inset = min(1, width * 0.1)
        for (value, part) in [(wait.p90, "pale"), (wait.p50, "bar")] {
            let top = min(axis.place(value), ChartFrame.bottom - 1)
            canvas.rectangle(
                x: x + inset, y: top, width: width - 2 * inset, height: ChartFrame.bottom - top,
                style: "\(part) \(style)", title: title)
        }
        if runs.count == 1 {
            canvas.text(
                most, x: x + width / 2, y: axis.place(wait.p90) - 5, style: "value middle")
        }
    }

    private var description: String {
        let parts = runs.map { run in
            let sizes = GangSizeClass.allCases.compactMap { size -> String? in
                let wait = run.report.waitBySize[size.rawValue]
                guard wait.count > 0 else { return nil }
                return "\(size.label) \(NumberText.duration(seconds: wait.p50))"
            }
            return "\(run.label): median wait " + sizes.joined(separator: ", ")
        }
        return "Bar chart. " + parts.joined(separator: "; ") + "."
    }

    private var table: HTMLTable {
        var rows: [[String]] = []
        for size in GangSizeClass.allCases {
            for run in runs {
                let wait = run.report.waitBySize[size.rawValue]
                guard wait.count > 0 else { continue }
                let figures = [wait.mean, wait.p50, wait.p90, wait.p99, wait.maximum]
                rows.append(
                    [size.label, run.label, NumberText.grouped(wait.count)]
                        + figures.map { NumberText.duration(seconds: $0) })
            }
        }
        return HTMLTable(
            caption: Self.title,
            heads: ["size", "run", "jobs", "mean", "median", "90 %", "99 %", "longest"],
            rows: rows)
    }
}
