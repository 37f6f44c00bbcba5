import KubernetesJSON

/// A field of an object that could not be read. The rest of the object counts all the same.
public struct FieldProblem: Hashable, Sendable {
    /// The field, as `spec.containers[train].resources.requests[cpu]`.
    public var path: String
    /// What is wrong with it: lower case, no full stop.
    public var message: String

    /// Gathers a problem.
    public init(_ path: String, _ message: String) {
        self.path = path
        self.message = message
    }
}

extension JSONScanner {
    /// Reads a value that may be other than it should: then it is passed over, said in `problems`,
    /// and `fallback` stands in for it. Throws only when the text is not JSON.
    mutating func tolerating<T>(
        _ path: @autoclosure () -> String, _ problems: inout [FieldProblem], _ fallback: T,
        _ read: (inout JSONScanner) throws(JSONFault) -> T
    ) throws(JSONFault) -> T {
        let start = mark
        do throws(JSONFault) {
            return try read(&self)
        } catch {
            rewind(to: start)
            try skipValue()
            problems.append(FieldProblem(path(), FieldProblem.words(error.reason)))
            return fallback
        }
    }

    /// A string, or `fallback` with a problem.
    mutating func string(
        _ path: String, _ problems: inout [FieldProblem]
    ) throws(JSONFault) -> String {
        try tolerating(path, &problems, "") { scanner throws(JSONFault) in try scanner.string() }
    }

    /// A string, or nil when it is empty or not one.
    mutating func optionalString(
        _ path: String, _ problems: inout [FieldProblem]
    ) throws(JSONFault) -> String? {
        let text = try string(path, &problems)
        return text.isEmpty ? nil : text
    }

    /// An integer; nil for `null`, or with a problem.
    mutating func optionalInteger(
        _ path: String, _ problems: inout [FieldProblem]
    ) throws(JSONFault) -> Int64? {
        if takeIfNull() { return nil }
        return try tolerating(path, &problems, nil) { scanner throws(JSONFault) in
            try scanner.integer()
        }
    }

    /// A count: an integer from 0 to 2^31 - 1; nil for `null`, or with a problem.
    mutating func count(
        _ path: String, _ problems: inout [FieldProblem]
    ) throws(JSONFault) -> Int? {
        guard let value = try optionalInteger(path, &problems) else { return nil }
        guard (0...Int64(Int32.max)).contains(value) else {
            problems.append(FieldProblem(path, "\(value) is not a count"))
            return nil
        }
        return Int(value)
    }

    /// Each key of an object with its value, which `body` reads; whatever it cannot read is passed
    /// over and said.
    mutating func fields(
        of path: String, _ problems: inout [FieldProblem],
        _ body: (JSONText, inout JSONScanner, inout [FieldProblem]) throws(JSONFault) -> Void
    ) throws(JSONFault) {
        guard try kind() == .object else {
            if !takeIfNull() {
                try skipValue()
                problems.append(FieldProblem(path, "expected an object"))
            }
            return
        }
        try enterObject()
        while let key = try nextKey() {
            let start = mark
            do throws(JSONFault) {
                try body(key, &self, &problems)
            } catch {
                rewind(to: start)
                try skipValue()
                let place = path.isEmpty ? key.string : "\(path).\(key.string)"
                problems.append(FieldProblem(place, FieldProblem.words(error.reason)))
            }
        }
    }

    /// Each element of an array, which `body` reads; whatever it cannot read is passed over and
    /// said.
    mutating func elements(
        of path: String, _ problems: inout [FieldProblem],
        _ body: (Int, inout JSONScanner, inout [FieldProblem]) throws(JSONFault) -> Void
    ) throws(JSONFault) {
        guard try kind() == .array else {
            if !takeIfNull() {
                try skipValue()
                problems.append(FieldProblem(path, "expected an array"))
            }
            return
        }
        try enterArray()
        var index = 0
        while try nextElement() {
            let start = mark
            do throws(JSONFault) {
                try body(index, &self, &problems)
            } catch {
                rewind(to: start)
                try skipValue()
                problems.append(FieldProblem("\(path)[\(index)]", FieldProblem.words(error.reason)))
            }
            index += 1
        }
    }
}

extension FieldProblem {
    fileprivate static func words(_ reason: JSONFault.Reason) -> String {
        switch reason {
        case .expected(let what): "expected \(what)"
        case .notAnInteger: "expected an integer of 64 bits"
        case .value(let words): words
        case .tooDeep: "nested too deeply"
        case .controlCharacter: "a control character inside of a string"
        case .endsEarly, .trailing: "the text ends inside of it"
        }
    }
}
