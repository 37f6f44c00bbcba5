/// Writes JSON text (RFC 8259) with two spaces of indentation; lists of numbers stay on one line.
struct JSONWriter {
    /// The text so far.
    private(set) var text = ""
    private var elementCounts: [Int] = []

    /// Writes `{…}` with the members that `body` writes.
    mutating func object(_ body: (inout JSONWriter) -> Void) { enclose("{", "}", body) }

    /// Writes `[…]` with the elements that `body` writes.
    mutating func array(_ body: (inout JSONWriter) -> Void) { enclose("[", "]", body) }

    /// Begins an element of the innermost list; its value must follow.
    mutating func element() {
        guard let last = elementCounts.indices.last else { return }
        if elementCounts[last] > 0 { text += "," }
        elementCounts[last] += 1
        indent()
    }

    /// Begins a member of the innermost object; its value must follow.
    mutating func key(_ name: String) {
        element()
        string(name)
        text += ": "
    }

    /// A member that is a string.
    mutating func member(_ name: String, _ value: String) {
        key(name)
        string(value)
    }

    /// A member that is a whole number.
    mutating func member(_ name: String, _ value: Int) {
        key(name)
        text += String(value)
    }

    /// A member with a fixed count of decimals; null when it is absent or not finite.
    mutating func member(_ name: String, _ value: Double?, decimals: Int) {
        key(name)
        number(value, decimals: decimals)
    }

    /// A member that is a list of numbers, on one line.
    mutating func member(_ name: String, _ values: [Double], decimals: Int) {
        key(name)
        text += "["
        for (index, value) in values.enumerated() {
            if index > 0 { text += ", " }
            number(value, decimals: decimals)
        }
        text += "]"
    }

    /// A member that is an object.
    mutating func member(_ name: String, _ body: (inout JSONWriter) -> Void) {
        key(name)
        object(body)
    }

    /// The value of a member or element that is a whole number without a sign.
    mutating func unsigned(_ value: UInt64) { text += String(value) }

    private mutating func number(_ value: Double?, decimals: Int) {
        if let value, value.isFinite {
            text += NumberText.fixed(value, decimals: decimals)
        } else {
            text += "null"
        }
    }

    private mutating func string(_ value: String) {
        text += "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }

    private mutating func enclose(
        _ opening: String, _ closing: String, _ body: (inout JSONWriter) -> Void
    ) {
        text += opening
        elementCounts.append(0)
        body(&self)
        let wrote = elementCounts.removeLast() > 0
        if wrote { indent() }
        text += closing
    }

    private mutating func indent() {
        text += "\n" + String(repeating: "  ", count: elementCounts.count)
    }
}
