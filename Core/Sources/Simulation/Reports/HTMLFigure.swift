/// One chart of the page with its heading, legend, and the figures behind it as a table.
struct HTMLFigure {
    /// The heading.
    var title: String
    /// A sentence on how to read it.
    var note: String
    /// The drawing, ready.
    var drawing: String
    /// Names with the classes of their colours; none where there is only one.
    var legend: [(name: String, style: String)] = []
    /// The figures behind it.
    var table: HTMLTable

    /// The element; `id` must be unique on the page.
    func element(id: String) -> String {
        var text = "<figure class=\"card\" aria-labelledby=\"\(id)-h\">\n"
        text += "<h2 id=\"\(id)-h\">\(HTMLText.escaped(title))</h2>\n"
        text += "<p class=\"note\">\(HTMLText.escaped(note))</p>\n" + drawing
        if !legend.isEmpty {
            text += "<ul class=\"legend\">\n"
            for entry in legend {
                text += "<li><span class=\"swatch \(entry.style)\"></span>"
                text += HTMLText.escaped(entry.name) + "</li>\n"
            }
            text += "</ul>\n"
        }
        text += "<details><summary>Figures<span class=\"hidden\"> of: "
        text += "\(HTMLText.escaped(title))</span></summary>\n\(table.element)</details>\n"
        return text + "</figure>\n"
    }
}

/// A table; its first column names the rows.
struct HTMLTable {
    /// What the table holds, for those who do not see its surroundings.
    var caption: String
    /// Heads of all columns.
    var heads: [String]
    /// Rows of as many cells as there are heads.
    var rows: [[String]]

    /// The element, in a region that scrolls by itself when it is too wide.
    var element: String {
        let name = HTMLText.escaped(caption)
        var text = "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"\(name)\">"
        text += "<table><caption class=\"hidden\">\(name)</caption>\n<thead><tr>"
        for head in heads { text += "<th scope=\"col\">\(HTMLText.escaped(head))</th>" }
        text += "</tr></thead>\n<tbody>\n"
        for row in rows {
            text += "<tr>"
            for (index, cell) in row.enumerated() {
                let shown = HTMLText.escaped(cell)
                text += index == 0 ? "<th scope=\"row\">\(shown)</th>" : "<td>\(shown)</td>"
            }
            text += "</tr>\n"
        }
        return text + "</tbody></table></div>\n"
    }
}
