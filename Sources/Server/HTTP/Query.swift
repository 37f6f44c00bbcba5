import FleetModel

/// The parameters after the question mark, each read with its type checked.
struct Query: Sendable {
    private let values: [(name: String, value: String)]

    /// Throws `M0601` for what does not decode, and for a parameter given twice.
    init(_ text: String) throws(OperatingError) {
        var values: [(name: String, value: String)] = []
        for part in text.split(separator: "&", maxSplits: 100) {
            let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = PercentCoding.decode(sides[0], isForm: true),
                let value = PercentCoding.decode(sides.count > 1 ? sides[1] : "", isForm: true)
            else { throw OperatingError(.malformedRequest, "the query does not decode") }
            guard !values.contains(where: { $0.name == name }) else {
                throw OperatingError(
                    .malformedRequest, "the parameter '\(name.prefix(100))' is given twice")
            }
            values.append((name, value))
        }
        self.values = values
    }

    /// Throws `M0601` unless all parameters are known.
    func check(_ known: [String]) throws(OperatingError) {
        for (name, _) in values where !known.contains(name) {
            throw OperatingError(
                .malformedRequest, "unknown parameter '\(name.prefix(100))'",
                detail: known.isEmpty
                    ? "there are no parameters here" : "known: " + known.joined(separator: ", "))
        }
    }

    private func mismatch(_ name: String, _ expected: String) -> OperatingError {
        OperatingError(.malformedRequest, "the parameter '\(name)' is not \(expected)")
    }

    /// The text of a parameter; nil when it is absent.
    func text(_ name: String) -> String? { values.first { $0.name == name }?.value }

    /// A name, or a part of one.
    func name(_ name: String) throws(OperatingError) -> String? {
        guard let text = text(name) else { return nil }
        guard (1...253).contains(text.unicodeScalars.count) else {
            throw mismatch(name, "1 to 253 characters long")
        }
        return text
    }

    /// The largest number that every reader of JSON takes exactly (RFC 8259, section 6).
    static let exactInteger: Int64 = (1 << 53) - 1

    /// A number as we write them ourselves; nil for any other text.
    static func number(_ text: String, _ range: ClosedRange<Int64>) -> Int64? {
        let digits = text.hasPrefix("-") ? text.dropFirst() : Substring(text)
        guard digits.utf8.allSatisfy({ (48...57).contains($0) }), let number = Int64(text),
            range.contains(number)
        else { return nil }
        return number
    }

    /// A whole number within a range.
    func integer(_ name: String, _ range: ClosedRange<Int64>) throws(OperatingError) -> Int64? {
        guard let text = text(name) else { return nil }
        guard let number = Query.number(text, range) else {
            throw mismatch(
                name, "a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// `true` or `false`.
    func boolean(_ name: String) throws(OperatingError) -> Bool {
        switch text(name) {
        case nil, "false": return false
        case "true": return true
        default: throw mismatch(name, "true or false")
        }
    }

    /// An instant in UTC.
    func time(_ name: String) throws(OperatingError) -> Instant? {
        guard let text = text(name) else { return nil }
        guard let instant = Instant(utcText: text) else {
            throw mismatch(name, "a time such as 2026-11-27T09:00:00Z")
        }
        return instant
    }

    /// One of some tokens, several of them separated by commas.
    func tokens<Value>(
        _ name: String, _ read: (String) -> [Value]?
    ) throws(OperatingError) -> [Value]? {
        guard let text = text(name) else { return nil }
        guard !text.isEmpty else { throw mismatch(name, "one value or more") }
        var found: [Value] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let values = read(String(part)) else {
                throw OperatingError(
                    .malformedRequest, "the parameter '\(name)' has an unknown value",
                    detail: String(part.prefix(100)))
            }
            found += values
        }
        return found
    }
}

/// Percent-encoding of URIs (RFC 3986).
enum PercentCoding {
    /// Decodes text; nil when it is not well formed or not UTF-8. In forms `+` is a space.
    static func decode(_ text: Substring, isForm: Bool = false) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "%"):
                guard let high = rest.popFirst().flatMap(digit),
                    let low = rest.popFirst().flatMap(digit)
                else { return nil }
                bytes.append(high << 4 | low)
            case UInt8(ascii: "+") where isForm: bytes.append(UInt8(ascii: " "))
            default: bytes.append(byte)
            }
        }
        guard !bytes.contains(0) else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
