/// As much of a type as the rule about iteration needs.
indirect enum Shape: Hashable {
    /// A dictionary or set, with the shape of a dictionary's values.
    case unordered(values: Shape)
    /// An array, with the shape of its elements.
    case array(Shape)
    /// Anything else.
    case other

    /// Whether iteration over it has no fixed order.
    var isUnordered: Bool {
        if case .unordered = self { true } else { false }
    }

    /// What a subscript gives.
    var element: Shape {
        switch self {
        case .unordered(let values): values
        case .array(let element): element
        case .other: .other
        }
    }

    /// The shape of the type that is written at a token.
    static func ofType(at start: Int, in source: SwiftSource, aliases: [String: Shape]) -> Shape {
        var at = start
        while modifiers.contains(source.text(at)) { at += 1 }
        if source.text(at) == "Swift" && source.text(at + 1) == "." { at += 2 }
        switch source.text(at) {
        case "[":
            guard let colon = colon(inGroup: at, of: source) else {
                return .array(ofType(at: at + 1, in: source, aliases: aliases))
            }
            return .unordered(values: ofType(at: colon + 1, in: source, aliases: aliases))
        case "Dictionary", "Set":
            return .unordered(values: valueOfGeneric(at + 1, in: source, aliases: aliases))
        case "Array", "ContiguousArray":
            guard source.text(at + 1) == "<" else { return .array(.other) }
            return .array(ofType(at: at + 2, in: source, aliases: aliases))
        default: return aliases[source.text(at)] ?? .other
        }
    }

    /// The colon of a dictionary's type or literal, directly inside the brackets at `open`.
    static func colon(inGroup open: Int, of source: SwiftSource) -> Int? {
        let close = source.partner[open]
        var at = open + 1
        while at < close {
            let text = source.text(at)
            if text == ":" { return at }
            // A question mark that does not end a type or a chain begins `a ? b : c`.
            if text == "?" && ![":", ".", "]", ",", "[", "?"].contains(source.text(at + 1)) {
                return nil
            }
            at = source.afterGroup(at)
        }
        return nil
    }

    private static let modifiers: Set<String> = [
        "inout", "borrowing", "consuming", "sending", "some", "any", "(",
    ]

    /// The value of `<Key, Value>`.
    private static func valueOfGeneric(
        _ open: Int, in source: SwiftSource, aliases: [String: Shape]
    ) -> Shape {
        guard source.text(open) == "<" else { return .other }
        var depth = 0
        var at = open
        while at < source.tokens.count {
            switch source.text(at) {
            case "<": depth += 1
            case ">": depth -= 1
            case "," where depth == 1: return ofType(at: at + 1, in: source, aliases: aliases)
            default: break
            }
            if depth == 0 { return .other }
            at = source.afterGroup(at)
        }
        return .other
    }
}
