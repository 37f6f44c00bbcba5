import Simulation

/// Lines with a label, for the page of one thing.
struct LabelledLines {
    private var lines: [String] = []
    private let width: Int
    private static let label = 12

    init(width: Int = Console.width) { self.width = max(40, width) }

    /// A line by itself.
    mutating func heading(_ text: String) {
        lines.append(TerminalText.hanging("", TerminalText.clean(text), to: width))
    }

    /// A label with its text; none where there is no text.
    mutating func add(_ label: String, _ text: String?) {
        guard let text, !text.isEmpty else { return }
        lines.append(
            TerminalText.hanging(
                "  " + TerminalText.left(label, LabelledLines.label) + " ",
                TerminalText.clean(text), to: width))
    }

    /// An empty line and a title, then the lines of a table.
    mutating func add(_ title: String, _ table: TextTable) {
        guard !table.rows.isEmpty else { return }
        lines.append("")
        lines.append(title)
        lines += table.lines(width: width - 2, isColoured: Console.isColoured).map { "  " + $0 }
    }

    /// All lines, with a line break at the end.
    var text: String { lines.map { $0 + "\n" }.joined() }
}
