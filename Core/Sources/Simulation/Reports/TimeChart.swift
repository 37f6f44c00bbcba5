/// One figure of several runs over time, as lines over one another.
struct TimeChart {
    /// One run's line.
    struct Line {
        /// The run.
        var label: String
        /// The class of its colour.
        var style: String
        /// Its values by bucket.
        var values: [Double]
        /// The series that the values are from, for its times.
        var series: RunSeries
    }

    /// Prefix of the ids in the drawing, unique on the page.
    var id: String
    /// The heading.
    var title: String
    /// A sentence on how to read it.
    var note: String
    /// What the vertical axis counts.
    var unit: String
    /// The lines.
    var lines: [Line]
    /// A line of reference, such as the GPUs in service.
    var reference: Line?
    /// The highest value that the vertical axis must reach.
    var maximum: Double
    /// Whether the axis ends at ``maximum`` itself.
    var isExact = false
    /// A value as text.
    var text: (Double) -> String = { NumberText.grouped($0) }

    private static let tableRows = 32

    /// The chart with its table.
    var figure: HTMLFigure {
        var legend = lines.map { (name: $0.label, style: $0.style) }
        if let reference { legend.append((reference.label, reference.style)) }
        return HTMLFigure(
            title: title, note: note, drawing: drawing,
            legend: legend.count > 1 ? legend : [], table: table)
    }

    private var length: Double { lines.map(\.series.lengthSeconds).max() ?? 0 }

    private var drawing: String {
        var canvas = SVGCanvas(width: ChartFrame.width, height: ChartFrame.height)
        let vertical = ChartAxis.linear(
            maximum: maximum, isRounded: !isExact, from: ChartFrame.bottom, to: ChartFrame.top,
            label: text)
        let horizontal = ChartAxis.time(
            seconds: length, from: ChartFrame.left, to: ChartFrame.right)
        ChartFrame.draw(vertical, unit: unit, on: &canvas)
        ChartFrame.drawBelow(horizontal, at: ChartFrame.bottom, on: &canvas)
        if let reference {
            canvas.path(
                Self.commands(reference, horizontal, vertical), style: "line \(reference.style)")
        }
        for line in lines {
            let commands = Self.commands(line, horizontal, vertical)
            if lines.count == 1, !commands.isEmpty {
                let bottom = SVGCanvas.number(ChartFrame.bottom)
                let left = SVGCanvas.number(ChartFrame.left)
                canvas.path(commands + "V\(bottom)H\(left)Z", style: "area \(line.style)")
            }
            canvas.path(commands, style: "line \(line.style)")
        }
        let peaks = lines.map { "\($0.label): at most \(text($0.values.max() ?? 0))" }
        return canvas.element(
            id: id, title: title,
            description: "Line chart over \(NumberText.duration(seconds: length)), in \(unit). "
                + peaks.joined(separator: "; ") + ".")
    }

    /// Path commands of one line.
    static func commands(_ line: Line, _ horizontal: ChartAxis, _ vertical: ChartAxis) -> String {
        let start = horizontal.place(0)
        let step = horizontal.place(line.series.bucketSeconds) - start
        return SVGCanvas.steps(
            line.values.map(vertical.place), x: start, step: step,
            end: horizontal.place(line.series.lengthSeconds))
    }

    private var table: HTMLTable {
        let all = lines + (reference.map { [$0] } ?? [])
        let longest = lines.max { $0.series.lengthSeconds < $1.series.lengthSeconds }
        guard let times = longest?.series, times.count > 0 else {
            return HTMLTable(caption: title, heads: ["time"], rows: [])
        }
        let count = min(Self.tableRows, times.count)
        let rows = (0..<count).map { row in
            let time = Double(row) * length / Double(count)
            let cells = all.map { line in
                let bucket = Int(time / max(line.series.bucketSeconds, 1e-9) + 1e-9)
                return bucket < line.values.count ? text(line.values[bucket]) : "–"
            }
            return [NumberText.duration(seconds: time)] + cells
        }
        return HTMLTable(
            caption: "\(title), in \(unit)", heads: ["from"] + all.map(\.label), rows: rows)
    }
}
