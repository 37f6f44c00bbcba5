import FleetModel
import Foundation

/// The fields of a small JSON object, each read with its type checked.
struct Fields {
    private let values: [String: Any]

    /// Throws `M0601` for a field that is not known.
    init(_ values: [String: Any], known: [String]) throws {
        for name in values.keys.sorted() where !known.contains(name) {
            throw OperatingError(
                .malformedRequest, "unknown field '\(name.prefix(100))'",
                detail: known.isEmpty
                    ? "there are no fields here" : "known: " + known.joined(separator: ", "))
        }
        self.values = values
    }

    /// Whether it is there, and not null.
    func has(_ name: String) -> Bool { values[name].map { !($0 is NSNull) } ?? false }

    private func mismatch(_ name: String, _ expected: String) -> OperatingError {
        OperatingError(.malformedRequest, "the field '\(name)' is not \(expected)")
    }

    /// Text; nil when it is absent or null.
    func text(_ name: String, limit: Int = 1000) throws -> String? {
        guard let value = values[name], !(value is NSNull) else { return nil }
        guard let text = value as? String, text.utf8.count <= limit,
            !text.unicodeScalars.contains(where: { $0.value == 0 })
        else { throw mismatch(name, "text of at most \(limit) bytes") }
        return text
    }

    /// A list of texts, such as lines of a log; empty when it is absent or null.
    func texts(_ name: String, most: Int) throws -> [String] {
        guard let value = values[name], !(value is NSNull) else { return [] }
        guard let list = value as? [Any], list.count <= most else {
            throw mismatch(name, "a list of at most \(most) texts")
        }
        return try list.map { item in
            guard let text = item as? String else {
                throw mismatch(name, "a list of at most \(most) texts")
            }
            return text
        }
    }

    /// A whole number; nil when it is absent or null.
    func integer(_ name: String, _ range: ClosedRange<Int64>) throws -> Int64? {
        guard let value = values[name], !(value is NSNull) else { return nil }
        let expected = "a whole number from \(range.lowerBound) to \(range.upperBound)"
        guard let number = value as? NSNumber, !Fields.isBoolean(number),
            let whole = Int64(exactly: number.doubleValue.rounded()),
            number.doubleValue == Double(whole), range.contains(whole)
        else { throw mismatch(name, expected) }
        return whole
    }

    /// GPUs with three decimals, in thousandths. The outer nil is an absent field, the inner null.
    func gpus(_ name: String) throws -> Int64?? {
        guard let value = values[name] else { return nil }
        if value is NSNull { return .some(nil) }
        guard let number = value as? NSNumber, !Fields.isBoolean(number),
            (0...1e9).contains(number.doubleValue)
        else { throw mismatch(name, "a number of GPUs") }
        return .some(Int64((number.doubleValue * 1000).rounded()))
    }

    private static func isBoolean(_ number: NSNumber) -> Bool {
        // On Linux a boolean of JSON is a number with this encoding.
        String(cString: number.objCType) == "c"
    }
}
