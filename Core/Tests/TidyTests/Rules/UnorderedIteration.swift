/// Iteration over `Dictionary` and `Set` in Core: their order differs from run to run.
///
/// Without the compiler's types this is a heuristic. It follows names that are declared with such a
/// type, through scopes, members, subscripts and copies; it does not follow calls into other files.
enum UnorderedIteration {
    static let rule = "unordered-iteration"
    private static let advice = "iterate over sorted keys or an array indexed by a dense id"

    /// Members that show the order, apart from `keys` and `values`.
    private static let ordered: Set<String> = [
        "forEach", "map", "flatMap", "compactMap", "reduce", "enumerated", "first", "popFirst",
        "makeIterator", "lazy", "prefix", "suffix", "dropFirst", "dropLast", "startIndex",
        "indices", "elementsEqual", "joined", "shuffled", "randomElement", "reversed",
    ]

    /// What may be asked of `keys` and `values`, because the order does not show in the answer.
    private static let orderFree: Set<String> = [
        "sorted", "contains", "count", "isEmpty", "min", "max", "allSatisfy",
    ]

    /// Functions whose answer does not depend on the order of their argument.
    private static let orderFreeCalls: Set<String> = [
        "Set", "union", "formUnion", "subtract", "subtracting", "intersection", "formIntersection",
    ]

    /// Functions whose answer shows the order of their argument.
    private static let orderedCalls: Set<String> = [
        "Array", "ContiguousArray", "zip", "AnySequence", "contentsOf",
    ]

    /// Breaches in one file of Core's sources.
    ///
    /// - Parameter foreign: what is known of members that other files of Core declare.
    static func check(_ source: SwiftSource, foreign: [String: Shape] = [:]) -> [Violation] {
        guard source.path.hasPrefix("Core/Sources/") else { return [] }
        let names = DeclaredNames(source, foreign: foreign)
        return source.tokens.indices.flatMap { index -> [Violation] in
            guard isChainStart(index, in: source) else { return [] }
            let chain = Chain(from: index, in: source, names: names)
            return violations(of: chain, in: source)
        }
    }

    private static func isChainStart(_ index: Int, in source: SwiftSource) -> Bool {
        source.isWord(index) && source.text(index - 1) != "." && source.text(index + 1) != ":"
    }

    private static func violations(of chain: Chain, in source: SwiftSource) -> [Violation] {
        var found: [Violation] = []
        for member in chain.members where exposesOrder(member, chain, in: source) {
            found.append(violation(at: member, source, ".\(source.text(member))"))
        }
        guard chain.shape.isUnordered else { return found }
        let before = source.text(chain.start - 1)
        let caller = source.text(chain.start - 2)
        if before == "in" && isLoop(chain, in: source) {
            found.append(violation(at: chain.start, source, "a `for` loop"))
        } else if before == "(" || before == ":", orderedCalls.contains(caller),
            [")", ","].contains(source.text(chain.end))
        {
            found.append(violation(at: chain.start, source, "`\(caller)`"))
        }
        return found
    }

    private static func violation(
        at index: Int, _ source: SwiftSource, _ what: String
    )
        -> Violation
    {
        source.violation(at: index, rule, "\(what) shows the order of a Dictionary or Set", advice)
    }

    private static func isLoop(_ chain: Chain, in source: SwiftSource) -> Bool {
        guard ["{", "where"].contains(source.text(chain.end)) else { return false }
        var at = chain.start - 2
        while at >= 0 && source.tokens[at].line >= source.tokens[chain.start].line - 3 {
            if source.text(at) == "for" { return true }
            if ["{", "}"].contains(source.text(at)) { return false }
            at -= 1
        }
        return false
    }

    private static func exposesOrder(_ member: Int, _ chain: Chain, in source: SwiftSource) -> Bool
    {
        let name = source.text(member)
        if name == "min" || name == "max" {
            // Without `by:` equal elements cannot be told apart, so that ties do not show.
            return source.text(member + 1) == "{" || source.text(member + 2) == "by"
        }
        guard name == "keys" || name == "values" else { return ordered.contains(name) }
        if source.text(member + 1) == ".", orderFree.contains(source.text(member + 2)) {
            return false
        }
        let isArgument = source.text(chain.start - 1) == "("
        return !(isArgument && orderFreeCalls.contains(source.text(chain.start - 2)))
    }
}

/// A row of member accesses, subscripts and calls: `self.jobs[id].names.keys`.
struct Chain {
    /// The first token.
    let start: Int
    /// The token behind the last one.
    private(set) var end: Int
    /// Members that are asked of something unordered.
    private(set) var members: [Int] = []
    /// What the whole row is.
    private(set) var shape: Shape

    /// Follows the row that starts with the name at `start`.
    init(from start: Int, in source: SwiftSource, names: DeclaredNames) {
        self.start = start
        end = start + 1
        shape = names.shape(ofLocal: start)
        if source.text(start + 1) == "(" { shape = names.results[source.text(start)] ?? .other }
        while end < source.tokens.count {
            switch source.text(end) {
            case ".":
                guard source.isWord(end + 1) else { return }
                if shape.isUnordered { members.append(end + 1) }
                shape = memberShape(at: end + 1, in: source, names: names)
                end += 2
            case "?", "!":
                guard [".", "["].contains(source.text(end + 1)) || source.text(end) == "!" else {
                    return
                }
                end += 1
            case "[":
                guard !source.tokens[end].startsLine else { return }
                shape = shape.element
                end = source.afterGroup(end)
            case "(":
                guard !source.tokens[end].startsLine else { return }
                end = source.afterGroup(end)
            default: return
            }
        }
    }

    private func memberShape(at index: Int, in source: SwiftSource, names: DeclaredNames) -> Shape {
        let name = source.text(index)
        // These give the same kind of collection back.
        let keeping: Set<String> = [
            "filter", "union", "subtracting", "intersection", "symmetricDifference", "mapValues",
            "compactMapValues", "merging",
        ]
        if shape.isUnordered { return keeping.contains(name) ? shape : .other }
        if source.text(index + 1) == "(" { return names.results[name] ?? .other }
        return names.shape(ofMember: name)
    }
}
