/// Why a text is not the JSON that was expected, and where.
public struct JSONFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong.
    public enum Reason: Hashable, Sendable {
        /// The text ends inside a value.
        case endsEarly
        /// Something else stands where this was expected.
        case expected(String)
        /// Objects and arrays are nested deeper than ``JSONScanner/maximumDepth``.
        case tooDeep
        /// A number that is not an integer of 64 bits.
        case notAnInteger
        /// A control character inside of a string.
        case controlCharacter
        /// Something follows the value.
        case trailing
        /// A value that is JSON, but not what its reader takes; in the words of the reader.
        case value(String)
    }

    /// What is wrong.
    public var reason: Reason
    /// Bytes before the place.
    public var offset: Int

    /// Gathers a fault.
    public init(_ reason: Reason, offset: Int) {
        self.reason = reason
        self.offset = offset
    }

    /// The fault in words, lower case and without a full stop.
    public var description: String {
        switch reason {
        case .endsEarly: "the JSON ends early, after byte \(offset)"
        case .expected(let what): "expected \(what) at byte \(offset)"
        case .tooDeep:
            "more than \(JSONScanner.maximumDepth) levels of objects and arrays at byte \(offset)"
        case .notAnInteger: "the number at byte \(offset) is not an integer of 64 bits"
        case .controlCharacter: "a control character inside of a string at byte \(offset)"
        case .trailing: "something follows the value at byte \(offset)"
        case .value(let words): "\(words), at byte \(offset)"
        }
    }
}
