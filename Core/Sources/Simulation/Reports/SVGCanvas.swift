/// Writes one SVG drawing as text. Coordinates have at most one decimal; all text is escaped.
struct SVGCanvas {
    /// The drawing's width in its own units; it scales to the room it gets.
    let width: Double
    /// The drawing's height in its own units.
    let height: Double
    private var body = ""

    /// Starts an empty drawing.
    init(width: Double, height: Double) {
        self.width = width
        self.height = height
    }

    /// The element, with its name and description for those who do not see it. `id` must be unique
    /// on the page.
    func element(id: String, title: String, description: String) -> String {
        """
        <svg viewBox="0 0 \(Self.number(width)) \(Self.number(height))" role="img" \
        aria-labelledby="\(id)-t \(id)-d">
        <title id="\(id)-t">\(HTMLText.escaped(title))</title>
        <desc id="\(id)-d">\(HTMLText.escaped(description))</desc>
        \(body)</svg>

        """
    }

    /// A straight line.
    mutating func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, style: String) {
        body += "<line class=\"\(style)\" x1=\"\(Self.number(x1))\" y1=\"\(Self.number(y1))\""
        body += " x2=\"\(Self.number(x2))\" y2=\"\(Self.number(y2))\"/>\n"
    }

    /// A rectangle; `title` is shown where the pointer rests on it.
    mutating func rectangle(
        x: Double, y: Double, width: Double, height: Double, style: String, title: String = ""
    ) {
        body += "<rect class=\"\(style)\" x=\"\(Self.number(x))\" y=\"\(Self.number(y))\""
        body += " width=\"\(Self.number(max(0, width)))\""
        body += " height=\"\(Self.number(max(0, height)))\""
        body += title.isEmpty ? "/>\n" : "><title>\(HTMLText.escaped(title))</title></rect>\n"
    }

    /// A dot.
    mutating func circle(x: Double, y: Double, radius: Double, style: String) {
        body += "<circle class=\"\(style)\" cx=\"\(Self.number(x))\" cy=\"\(Self.number(y))\""
        body += " r=\"\(Self.number(radius))\"/>\n"
    }

    /// A path of ready SVG path commands.
    mutating func path(_ commands: String, style: String) {
        guard !commands.isEmpty else { return }
        body += "<path class=\"\(style)\" d=\"\(commands)\"/>\n"
    }

    /// A line of text; `style` says how it is anchored.
    mutating func text(_ text: String, x: Double, y: Double, style: String) {
        body += "<text class=\"\(style)\" x=\"\(Self.number(x))\" y=\"\(Self.number(y))\">"
        body += "\(HTMLText.escaped(text))</text>\n"
    }

    /// A coordinate with one decimal, without a decimal that is zero.
    static func number(_ value: Double) -> String {
        let text = NumberText.fixed(value, decimals: 1)
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }

    /// Commands of a line through values that each hold for one `step` of x, the last for less.
    static func steps(_ values: [Double], x: Double, step: Double, end: Double) -> String {
        guard let first = values.first else { return "" }
        var commands = "M\(number(x)) \(number(first))"
        var last = number(first)
        for (index, value) in values.enumerated().dropFirst() {
            let y = number(value)
            guard y != last else { continue }
            commands += "H\(number(x + step * Double(index)))V\(y)"
            last = y
        }
        return commands + "H\(number(end))"
    }
}

/// Text in HTML.
enum HTMLText {
    /// `text` so that HTML shows it as it is, in elements and in quoted attributes. Characters that
    /// HTML does not allow, and those that reorder text, become U+FFFD.
    static func escaped(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result.append(contentsOf: "&amp;".unicodeScalars)
            case "<": result.append(contentsOf: "&lt;".unicodeScalars)
            case ">": result.append(contentsOf: "&gt;".unicodeScalars)
            case "\"": result.append(contentsOf: "&quot;".unicodeScalars)
            case "'": result.append(contentsOf: "&#39;".unicodeScalars)
            case "\t", "\n": result.append(scalar)
            case _ where isForbidden(scalar): result.append("\u{FFFD}")
            default: result.append(scalar)
            }
        }
        return String(result)
    }

    private static func isForbidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0...0x1F, 0x7F...0x9F, 0x200E...0x200F, 0x202A...0x202E, 0x2066...0x2069: true
        default: scalar.value & 0xFFFE == 0xFFFE
        }
    }
}
