/// Runs as a table for people: one column per run where the terminal is wide enough, else one block
/// per run.
public struct ReportTable: Sendable {
    /// Columns of the terminal.
    public var width: Int
    /// Whether to use ANSI colours.
    public var isColoured: Bool
    /// Whether the terminal shows Unicode; otherwise only ASCII is used for drawing.
    public var isUnicode: Bool

    private static let indent = 2
    private static let gap = 2
    private static let sparklineLimit = 72
    /// From this width on a single run shows its distributions side by side.
    private static let matrixWidth = 72

    /// Sets the form.
    public init(width: Int = 80, isColoured: Bool = false, isUnicode: Bool = true) {
        self.width = max(20, width)
        self.isColoured = isColoured
        self.isUnicode = isUnicode
    }

    /// The whole table, with a line break at its end; empty without runs.
    public func text(_ runs: [RunReport]) -> String {
        guard let first = runs.first else { return "" }
        let labels = RunReport.labels(of: runs).map(TerminalText.clean)
        var lines = introduction(first)
        if fits(runs, labels) {
            lines += block(runs, labels)
        } else {
            for (run, label) in zip(runs, labels) { lines += block([run], [label]) }
        }
        lines += overTime(runs, labels)
        lines += hashes(runs, labels)
        return lines.map { line in drawn(line) + "\n" }.joined()
    }

    private func heading(_ text: String) -> String {
        styled(TerminalText.truncated(text, to: width), .bold)
    }

    private func introduction(_ run: RunReport) -> [String] {
        var workload = TerminalText.clean(run.identity.workload)
        if workload.isEmpty { workload = "workload" }
        let size = "\(NumberText.grouped(run.nodes)) nodes, \(NumberText.grouped(run.devices)) GPUs"
        let fleet = TerminalText.clean(run.identity.fleet)
        let place = fleet.isEmpty ? size : "\(fleet): \(size)"
        let line = "\(workload) on \(place)"
        if TerminalText.width(line) <= width { return [styled(line, .bold)] }
        return [workload, place].map(heading)
    }

    private func labelWidth(_ sections: [ReportFigures.Section]) -> Int {
        let labels = sections.flatMap(\.figures).map { TerminalText.width($0.label) }
        return Self.indent + (labels.max() ?? 0)
    }

    private func columnWidths(
        _ sections: [ReportFigures.Section], _ labels: [String]
    ) -> [Int] {
        let figures = sections.flatMap(\.figures)
        return labels.indices.map { run in
            let values = figures.map { TerminalText.width(TerminalText.clean($0.values[run])) }
            return max(TerminalText.width(labels[run]), values.max() ?? 0)
        }
    }

    private func fits(_ runs: [RunReport], _ labels: [String]) -> Bool {
        guard runs.count > 1 else { return true }
        let sections = ReportFigures(runs: runs).sections
        let columns = columnWidths(sections, labels).map { $0 + Self.gap }
        return labelWidth(sections) + columns.reduce(0, +) <= width
    }

    private func block(_ runs: [RunReport], _ labels: [String]) -> [String] {
        let figures = ReportFigures(runs: runs)
        let hasMatrix = runs.count == 1 && width >= Self.matrixWidth
        let sections = hasMatrix ? figures.plainSections : figures.sections
        let columns = columnWidths(sections, labels)
        let labelWidth = labelWidth(sections)
        let isAligned = labelWidth + columns.reduce(0) { $0 + $1 + Self.gap } <= width
        func row(_ label: String, _ values: [String], style: (Int) -> Style?) -> [String] {
            guard isAligned else { return stacked(label, values[0]) }
            var line = TerminalText.left(label, labelWidth)
            for (index, value) in values.enumerated() {
                let shown = TerminalText.clean(value)
                let padding = Self.gap + columns[index] - TerminalText.width(shown)
                line += String(repeating: " ", count: padding)
                line += style(index).map { styled(shown, $0) } ?? shown
            }
            return [line]
        }
        var lines = [""] + row(Self.indented("policy"), labels) { _ in .bold }
        for section in sections {
            lines.append(heading(section.title))
            for figure in section.figures {
                let label = Self.indented(TerminalText.clean(figure.label))
                lines += row(label, figure.values) { figure.best.contains($0) ? .green : nil }
            }
        }
        return hasMatrix ? lines + matrix(figures) : lines
    }

    /// One figure on one line or, where it is too long, on two.
    private func stacked(_ label: String, _ value: String) -> [String] {
        let room = width - TerminalText.width(label)
        let shown = TerminalText.clean(value)
        if room >= TerminalText.width(shown) + Self.gap {
            return [label + TerminalText.right(shown, room)]
        }
        let cut = TerminalText.truncated(shown, to: width)
        return [TerminalText.truncated(label, to: width), TerminalText.right(cut, width)]
    }

    /// The distributions of a single run, one a line.
    private func matrix(_ figures: ReportFigures) -> [String] {
        let rows = figures.distributions
        let labels = rows.map { Self.indented(TerminalText.clean($0.label)) }
        let labelWidth = labels.map(TerminalText.width).max() ?? 0
        let cells = [ReportFigures.distributionHeads] + rows.map(\.values)
        let columns = ReportFigures.distributionHeads.indices.map { column in
            cells.map { TerminalText.width($0[column]) }.max() ?? 0
        }
        func line(_ label: String, _ values: [String]) -> String {
            zip(values, columns).reduce(TerminalText.left(label, labelWidth)) {
                $0 + TerminalText.right($1.0, $1.1 + Self.gap)
            }
        }
        return [styled(line("Times", ReportFigures.distributionHeads), .bold)]
            + zip(labels, rows).map { line($0, $1.values) }
    }

    private static func indented(_ text: String) -> String {
        String(repeating: " ", count: indent) + text
    }

    private func overTime(_ runs: [RunReport], _ labels: [String]) -> [String] {
        let top = runs.map(\.series.schedulableGPUs.peak).max() ?? 0
        let room = max(1, min(Self.sparklineLimit, width - Self.indent))
        let merged = runs.map { $0.series.merged(toAtMost: room) }
        guard top > 0 else { return [] }
        let waiting = merged.flatMap(\.waitingGPUs.means).max() ?? 0
        var lines = ["", heading("GPUs in use over time")]
        lines += sparklines(merged.map(\.allocatedGPUs.means), labels, merged, maximum: top)
        lines.append(heading("GPUs waited for over time"))
        lines += sparklines(merged.map(\.waitingGPUs.means), labels, merged, maximum: waiting)
        return lines
    }

    private func sparklines(
        _ values: [[Double]], _ labels: [String], _ series: [RunSeries], maximum: Double
    ) -> [String] {
        let indent = String(repeating: " ", count: Self.indent)
        return labels.indices.flatMap { run in
            let span = NumberText.duration(seconds: series[run].lengthSeconds)
            let scale = "\(labels[run]): 0 to \(NumberText.grouped(maximum)) GPUs, \(span)"
            let line = Sparkline.text(values[run], maximum: maximum, isUnicode: isUnicode)
            return [
                indent + TerminalText.truncated(scale, to: width - Self.indent),
                indent + styled(Self.trimmed(line), .cyan),
            ]
        }
    }

    private static func trimmed(_ line: String) -> String {
        var line = line[...]
        while line.last == " " { line.removeLast() }
        return String(line)
    }

    private func hashes(_ runs: [RunReport], _ labels: [String]) -> [String] {
        let room = labels.map(TerminalText.width).max() ?? 0
        let isStacked = 2 * Self.indent + room + 16 > width
        let lines = zip(runs, labels).flatMap { run, label in
            isStacked
                ? [TerminalText.truncated(label, to: width), Self.indented(run.stateHash)]
                : [Self.indented(TerminalText.left(label, room)) + "  " + run.stateHash]
        }
        return ["", heading("State hash")] + lines
    }

    private enum Style: String {
        case bold = "1"
        case green = "32"
        case cyan = "36"
    }

    private func styled(_ text: String, _ style: Style) -> String {
        isColoured && !text.isEmpty ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
    }

    /// The line as the terminal can show it: without the few characters of our own beyond ASCII.
    private func drawn(_ line: String) -> String {
        guard !isUnicode else { return line }
        return String(
            line.map { character in
                switch character {
                case "…": "~"
                case "–": "-"
                default: character
                }
            })
    }
}
