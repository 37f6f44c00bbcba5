/// The laws of Core about time, concurrency, randomness and floating point (docs/STYLE.md).
enum CoreLaws {
    static let rule = "core-law"

    /// Where floating point is allowed: what people read, and nothing that decides.
    static let floatFolders = [
        "Core/Sources/Simulation/Reports/", "Core/Sources/Health/Reports/",
    ]

    /// Names that Core must not use, whatever follows, with the replacement.
    static let bannedWords: [String: String] = [
        "ContinuousClock": "take `now: Instant` as an argument",
        "SuspendingClock": "take `now: Instant` as an argument",
        "Task": "return a directive and let the driver do the work",
        "TaskGroup": "return a directive and let the driver do the work",
        "withTaskGroup": "return a directive and let the driver do the work",
        "AsyncStream": "return a directive and let the driver do the work",
        "async": "return a directive and let the driver wait",
        "await": "return a directive and let the driver wait",
        "actor": "use a struct with mutating methods, owned by one writer",
        "SystemRandomNumberGenerator": "use `SplitMix` with a seed",
        "Hasher": "use `StateHasher`, or let the compiler write `Hashable`",
        "hashValue": "use `StateHasher`",
        "print": "return text and let the command print it",
        "debugPrint": "return text and let the command print it",
        "dump": "return text and let the command print it",
    ]

    /// Names that Core must not use when a sign of `followers` comes next.
    static let bannedTypes: [String: String] = [
        "Date": "take `now: Instant` as an argument",
        "UUID": "use a dense id, or `SplitMix` with a seed",
    ]

    /// Members of the standard library that draw numbers; the label tells them from a `case`.
    static let bannedDraws: [String: (followers: Set<String>, replacement: String)] = [
        "random": (["in", "using", ")"], "use `SplitMix.below(_:)`"),
        "shuffled": ([")", "using"], "swap along a row of `SplitMix.below(_:)`"),
        "shuffle": ([")", "using"], "swap along a row of `SplitMix.below(_:)`"),
        "randomElement": ([")", "using"], "index with `SplitMix.below(_:)`"),
    ]

    private static let floatTypes: Set<String> = [
        "Double", "Float", "Float16", "Float32", "Float64", "Float80", "CGFloat",
    ]

    /// Breaches in one file; files outside of Core's sources have none.
    static func check(_ source: SwiftSource) -> [Violation] {
        guard source.path.hasPrefix("Core/Sources/") else { return [] }
        let allowsFloat = floatFolders.contains { source.path.hasPrefix($0) }
        return source.tokens.indices.compactMap { index in
            word(at: index, in: source)
                ?? (allowsFloat ? nil : floatingPoint(at: index, in: source))
        }
    }

    private static func word(at index: Int, in source: SwiftSource) -> Violation? {
        let text = source.text(index)
        let isMember = source.text(index - 1) == "."
        let isDeclared = ["func", "case"].contains(source.text(index - 1))
        // An argument label (`print:`) and a type's own member are other things of the same name.
        let isLabel = source.text(index + 1) == ":"
        if let replacement = bannedWords[text], !isMember || text == "hashValue" {
            let isCallOnly = ["print", "debugPrint", "dump"].contains(text)
            if isLabel || isDeclared || (isCallOnly && source.text(index + 1) != "(") {
                return nil
            }
            return source.violation(at: index, rule, "`\(text)` in Core", replacement)
        }
        if let replacement = bannedTypes[text], ["(", "."].contains(source.text(index + 1)),
            !isMember, !isDeclared
        {
            return source.violation(at: index, rule, "`\(text)` in Core", replacement)
        }
        if let draw = bannedDraws[text], isMember, source.text(index + 1) == "(",
            draw.followers.contains(source.text(index + 2))
        {
            return source.violation(at: index, rule, "`.\(text)(` in Core", draw.replacement)
        }
        return nil
    }

    private static func floatingPoint(at index: Int, in source: SwiftSource) -> Violation? {
        let token = source.tokens[index]
        guard token.kind == .float || floatTypes.contains(token.text) else { return nil }
        return source.violation(
            at: index, rule, "floating point (`\(token.text)`) outside of reports",
            "use integers or fixed point")
    }
}
