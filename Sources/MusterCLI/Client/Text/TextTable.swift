import Simulation

/// A table for a terminal, made to fit its width: text columns are cut first, then columns of
/// lesser weight are left out.
struct TextTable {
    /// One column.
    struct Column {
        var title: String
        var isRight = false
        /// Whether its text may be cut.
        var isFlexible = false
        /// Columns with a higher rank are left out first; those of rank 0 never.
        var rank = 0

        /// Text at the left.
        static func left(_ title: String, rank: Int = 0) -> Column {
            Column(title: title, rank: rank)
        }

        /// Numbers at the right.
        static func right(_ title: String, rank: Int = 0) -> Column {
            Column(title: title, isRight: true, rank: rank)
        }

        /// Text that may be cut.
        static func flexible(_ title: String, rank: Int = 0) -> Column {
            Column(title: title, isFlexible: true, rank: rank)
        }
    }

    private let columns: [Column]
    private(set) var rows: [[String]] = []

    /// The narrowest that a text column is cut to: names, which stay, are worth more room.
    private func least(_ column: Int) -> Int { columns[column].rank == 0 ? 16 : 10 }

    private static let gap = 2

    init(_ columns: [Column]) { self.columns = columns }

    /// Adds a row with a cell for each column.
    mutating func add(_ cells: [String]) {
        precondition(cells.count == columns.count, "a row with another count of cells")
        rows.append(cells.map(TerminalText.clean))
    }

    /// The lines, the titles first.
    func lines(width: Int, isColoured: Bool) -> [String] {
        var widths = columns.indices.map { column in
            rows.reduce(TerminalText.width(columns[column].title)) {
                max($0, TerminalText.width($1[column]))
            }
        }
        let shown = fit(&widths, width)
        let titles = line(columns.map { $0.title.uppercased() }, shown, widths, width) { text, _ in
            isColoured ? "\u{1B}[1m\(text)\u{1B}[0m" : text
        }
        let body = rows.map { row in
            line(row, shown, widths, width) { text, cell in
                guard isColoured, let colour = TextTable.colours[cell] else { return text }
                return "\u{1B}[\(colour)m\(text)\u{1B}[0m"
            }
        }
        return [titles] + body
    }

    /// The whole table for standard output, with a line break at its end.
    func text(width: Int = Console.width, isColoured: Bool = Console.isColoured) -> String {
        lines(width: width, isColoured: isColoured).map { $0 + "\n" }.joined()
    }

    /// Cuts text columns and leaves columns out until the rest fits; gives those that are left.
    private func fit(_ widths: inout [Int], _ width: Int) -> [Int] {
        var shown = Array(columns.indices)
        func excess() -> Int {
            shown.reduce(0) { $0 + widths[$1] + TextTable.gap } - TextTable.gap - width
        }
        let natural = widths
        while true {
            for column in shown { widths[column] = natural[column] }
            while excess() > 0,
                let widest = shown.filter({ columns[$0].isFlexible && widths[$0] > least($0) })
                    .max(by: { widths[$0] < widths[$1] })
            {
                let others = shown.filter { columns[$0].isFlexible && $0 != widest }
                let second = others.map { widths[$0] }.max() ?? 0
                let step = max(1, min(excess(), widths[widest] - second))
                widths[widest] = max(least(widest), widths[widest] - step)
            }
            guard excess() > 0,
                let least = shown.filter({ columns[$0].rank > 0 })
                    .max(by: { (columns[$0].rank, $0) < (columns[$1].rank, $1) })
            else { return shown }
            shown.removeAll { $0 == least }
        }
    }

    private func line(
        _ cells: [String], _ shown: [Int], _ widths: [Int], _ width: Int,
        _ style: (String, String) -> String
    ) -> String {
        var line = ""
        var room = width
        for (place, column) in shown.enumerated() {
            if place > 0 {
                line += String(repeating: " ", count: TextTable.gap)
                room -= TextTable.gap
            }
            guard room > 0 else { break }
            let size = min(widths[column], room)
            let cell = TerminalText.truncated(cells[column], to: size)
            let isLast = place == shown.count - 1
            let padded =
                columns[column].isRight
                ? TerminalText.right(cell, size) : isLast ? cell : TerminalText.left(cell, size)
            line += style(padded, cells[column])
            room -= size
        }
        return String(line.reversed().drop { $0 == " " }.reversed())
    }

    /// Words with a colour of their own.
    private static let colours: [String: Int] = [
        "running": 32, "starting": 36, "stopping": 33, "queued": 33, "blocked": 33,
        "succeeded": 32, "failed": 31, "timedOut": 31, "dependencyFailed": 31, "cancelled": 35,
        "preempted": 35,
        "ready": 32, "cordoned": 33, "draining": 33, "lost": 31,
    ]
}
