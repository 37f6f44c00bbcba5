/// The names that a file declares, each with its scope and shape.
struct DeclaredNames {
    private struct Declaration {
        var name: String
        var shape: Shape
        var scope: Range<Int>
        var isMember: Bool
        var isPrivate: Bool
    }

    private let source: SwiftSource
    private let foreign: [String: Shape]
    private var declarations: [String: [Declaration]] = [:]
    private var aliases: [String: Shape] = [:]
    private var typeBodies: Set<Int> = []
    private var enclosing: [Int] = []
    /// What the file's functions return, where that is a collection.
    private(set) var results: [String: Shape] = [:]

    /// Reads a file's declarations. O(tokens).
    init(_ source: SwiftSource, foreign: [String: Shape] = [:]) {
        self.source = source
        self.foreign = foreign
        findBlocks()
        for index in source.tokens.indices where source.text(index) == "typealias" {
            if let equals = (index..<min(index + 20, source.tokens.count))
                .first(where: { source.text($0) == "=" })
            {
                aliases[source.text(index + 1)] = type(at: equals + 1)
            }
        }
        for index in source.tokens.indices { declare(at: index) }
    }

    /// What other files may know: members that are not private; `other` when they disagree.
    var visibleMembers: [String: Shape] {
        var visible: [String: Shape] = [:]
        for (name, all) in declarations {
            for declaration in all where declaration.isMember && !declaration.isPrivate {
                let isSame = visible[name] == nil || visible[name] == declaration.shape
                visible[name] = isSame ? declaration.shape : .other
            }
        }
        return visible
    }

    /// The members of many files; a name that two files give different shapes counts as `other`.
    static func members(of sources: [SwiftSource]) -> [String: Shape] {
        var members: [String: Shape] = [:]
        for source in sources {
            members.merge(DeclaredNames(source).visibleMembers) { $0 == $1 ? $0 : .other }
        }
        return members
    }

    /// The shape of the name at a token that is not behind a dot.
    func shape(ofLocal index: Int) -> Shape {
        let name = source.text(index)
        let inner = (declarations[name] ?? [])
            .filter { $0.scope.contains(index) }
            .max { $0.scope.lowerBound < $1.scope.lowerBound }
        return inner?.shape ?? shape(ofMember: name)
    }

    /// The shape of a member of that name, whatever has it.
    func shape(ofMember name: String) -> Shape {
        let members = (declarations[name] ?? []).filter(\.isMember)
        guard let first = members.first else { return foreign[name] ?? .other }
        return members.allSatisfy { $0.shape == first.shape } ? first.shape : .other
    }

    private mutating func findBlocks() {
        let kinds: Set<String> = ["struct", "class", "enum", "extension", "protocol"]
        enclosing = Array(repeating: -1, count: source.tokens.count)
        var open: [Int] = []
        for index in source.tokens.indices {
            if kinds.contains(source.text(index)), source.isWord(index + 1),
                let body = source.bodyOpening(of: index)
            {
                typeBodies.insert(body)
            }
            if source.text(index) == "}" { _ = open.popLast() }
            enclosing[index] = open.last ?? -1
            if source.text(index) == "{" { open.append(index) }
        }
    }

    private func type(at index: Int) -> Shape {
        Shape.ofType(at: index, in: source, aliases: aliases)
    }

    private mutating func add(
        _ name: String, _ shape: Shape, at index: Int, scope: Range<Int>? = nil
    ) {
        let block = enclosing[index]
        let close = block >= 0 ? max(source.partner[block], index) : source.tokens.count
        let isMember = scope == nil && typeBodies.contains(block)
        let start = isMember ? block : index
        let isPrivate = (1...4).contains {
            ["private", "fileprivate"].contains(source.text(index - $0))
                && source.text(index - $0 + 1) != "("
        }
        declarations[name, default: []].append(
            Declaration(
                name: name, shape: shape, scope: scope ?? start..<max(close, start),
                isMember: isMember, isPrivate: isPrivate))
    }

    private mutating func declare(at index: Int) {
        switch source.text(index) {
        case "let", "var": declareValue(at: index)
        case "func": declareFunction(at: index, parameters: parameters(after: index + 1))
        case "init", "subscript":
            guard source.text(index - 1) != "." else { return }
            declareFunction(at: index, parameters: parameters(after: index))
        case "for": declareLoop(at: index)
        case "{": declareClosure(at: index)
        default: break
        }
    }

    private mutating func declareValue(at index: Int) {
        if source.text(index + 1) == "(" {
            for at in index + 2..<max(source.partner[index + 1], index + 2) where source.isWord(at)
            {
                add(source.text(at), .other, at: index)
            }
            return
        }
        guard source.isWord(index + 1) else { return }
        let name = source.text(index + 1)
        switch source.text(index + 2) {
        case ":": add(name, type(at: index + 3), at: index)
        case "=": add(name, value(at: index + 3), at: index + 1)
        // `if let jobs {` names what is declared further out.
        case _ where ["if", "guard", "while"].contains(source.text(index - 1)): break
        default: add(name, .other, at: index)
        }
    }

    /// The shape of an expression, as far as its first tokens tell it.
    private func value(at index: Int) -> Shape {
        switch source.text(index) {
        case "[":
            let after = source.afterGroup(index)
            if source.text(after) == "." { return .other }
            if source.text(after) == "(" { return endsExpression(after) ? type(at: index) : .other }
            return Shape.colon(inGroup: index, of: source) == nil
                ? .array(.other) : .unordered(values: .other)
        case "Set", "Dictionary":
            var call = index + 1
            while call < source.tokens.count, source.text(call) != "(",
                source.tokens[call].line == source.tokens[index].line
            {
                call += 1
            }
            guard source.text(call) == "(" else { return .other }
            return endsExpression(call) ? type(at: index) : .other
        default:
            guard source.isWord(index) else { return .other }
            let chain = Chain(from: index, in: source, names: self)
            let ends = chain.end >= source.tokens.count || source.tokens[chain.end].startsLine
            return ends ? chain.shape : .other
        }
    }

    private func endsExpression(_ call: Int) -> Bool {
        source.text(source.afterGroup(call)) != "."
    }

    private func parameters(after index: Int) -> Int? {
        (index..<min(index + 60, source.tokens.count)).first { source.text($0) == "(" }
    }

    private mutating func declareFunction(at index: Int, parameters open: Int?) {
        guard let open, source.partner[open] > open else { return }
        let close = source.partner[open]
        let body = source.bodyOpening(of: index)
        var arrow = close + 1
        while arrow < (body ?? close), source.text(arrow) != ">" || source.text(arrow - 1) != "-" {
            arrow += 1
        }
        if let body, arrow < body, source.text(index) == "func" {
            let shape = type(at: arrow + 1)
            let name = source.text(index + 1)
            results[name] = results[name] == nil || results[name] == shape ? shape : .other
        }
        guard let body, source.partner[body] > body else { return }
        var at = open + 1
        while at < close {
            if source.text(at) == ":", source.isWord(at - 1) {
                add(
                    source.text(at - 1), type(at: at + 1), at: at,
                    scope: body..<source.partner[body])
            }
            at = source.afterGroup(at)
        }
    }

    private mutating func declareLoop(at index: Int) {
        guard source.text(index - 1) != "." else { return }
        var at = index + 1
        var names: [Int] = []
        while at < source.tokens.count, source.text(at) != "in", source.text(at) != "{" {
            if source.isWord(at) { names.append(at) }
            at += 1
        }
        guard source.text(at) == "in" else { return }
        let chain = Chain(from: at + 1, in: source, names: self)
        guard let body = (chain.end..<source.tokens.count).first(where: { source.text($0) == "{" }),
            source.partner[body] > body
        else { return }
        let shape = names.count == 1 ? chain.shape.element : Shape.other
        for name in names {
            add(source.text(name), shape, at: name, scope: body..<source.partner[body])
        }
    }

    private mutating func declareClosure(at index: Int) {
        guard source.partner[index] > index else { return }
        let scope = index..<source.partner[index]
        var at = index + 1
        var names: [(String, Shape)] = []
        if source.text(at) == "(" {
            for inner in at..<max(source.partner[at], at) where source.isWord(inner) {
                let isTyped = source.text(inner + 1) == ":"
                if isTyped || ["(", ","].contains(source.text(inner - 1)) {
                    names.append((source.text(inner), isTyped ? type(at: inner + 2) : .other))
                }
            }
            at = source.afterGroup(at)
            while at < scope.upperBound, source.text(at) != "in", at < index + 60,
                !source.tokens[at].startsLine
            {
                at += 1
            }
        } else {
            while source.isWord(at) && source.text(at) != "in" {
                names.append((source.text(at), .other))
                at += source.text(at + 1) == "," ? 2 : 1
                if source.text(at - 1) != "," { break }
            }
        }
        guard source.text(at) == "in" else { return }
        for (name, shape) in names { add(name, shape, at: index, scope: scope) }
    }
}
