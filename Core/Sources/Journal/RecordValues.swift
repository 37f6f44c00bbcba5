import FleetModel

// Numbers and what is made of them, and the vocabulary of the fleet model.

/// The most that a list may have unless its type says otherwise: what a record of the largest size
/// could hold.
private let mostElements = Int(Int32.max)

extension Int64: RecordValue {
    package static var blank: Int64 { 0 }
    package mutating func pass(through coder: inout RecordCoder) { coder.signed(&self) }
}

extension RecordValue where Self: FixedWidthInteger {
    package static var blank: Self { 0 }
    package mutating func pass(through coder: inout RecordCoder) { coder.narrow(&self) }
}

extension Int: RecordValue {}
extension Int32: RecordValue {}
extension UInt8: RecordValue {
    package mutating func pass(through coder: inout RecordCoder) { coder.byte(&self) }
}
extension UInt16: RecordValue {}
extension UInt32: RecordValue {}

extension UInt64: RecordValue {
    package static var blank: UInt64 { 0 }
    /// As a number with a sign, so that sets of all bits stay short.
    package mutating func pass(through coder: inout RecordCoder) {
        var word = Int64(bitPattern: self)
        coder.signed(&word)
        self = UInt64(bitPattern: word)
    }
}

extension Bool: RecordValue {
    package static var blank: Bool { false }
    package mutating func pass(through coder: inout RecordCoder) {
        var byte: UInt8 = self ? 1 : 0
        coder.byte(&byte)
        if byte > 1 { coder.fail("\(byte) is not a flag", expected: "0 or 1") }
        self = byte == 1
    }
}

/// Enumerations without associated values, by their numbers.
extension RecordValue where Self: RawRepresentable & CaseIterable, RawValue == UInt8 {
    package static var blank: Self {
        guard let first = allCases.first else {
            preconditionFailure("an enumeration without cases")
        }
        return first
    }
    package mutating func pass(through coder: inout RecordCoder) { self = coder.tag(self) }
}

/// Enumerations without associated values, by their names.
extension RecordValue where Self: RawRepresentable & CaseIterable, RawValue == String {
    package static var blank: Self {
        guard let first = allCases.first else {
            preconditionFailure("an enumeration without cases")
        }
        return first
    }
    package mutating func pass(through coder: inout RecordCoder) {
        var name = rawValue
        coder.text(&name, limit: JournalLimits.nameBytes)
        guard coder.isReading else { return }
        guard let known = Self(rawValue: name) else {
            return coder.fail("'\(name)' is no \(Self.self)", expected: "a known one")
        }
        self = known
    }
}

extension String: RecordValue {
    package static var blank: String { "" }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.text(&self, limit: JournalLimits.nameBytes)
    }
}

extension Optional: RecordValue where Wrapped: RecordValue {
    package static var blank: Wrapped? { nil }
    package mutating func pass(through coder: inout RecordCoder) {
        guard coder.part(self != nil) else { return self = nil }
        self = coder.part(self)
    }
}

extension Array: RecordValue where Element: RecordValue {
    package static var blank: [Element] { [] }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.list(&self, limit: mostElements)
    }
}

/// Ids that are below zero belong to nobody; they are kept as they were told.
extension RecordValue where Self: DenseID {
    package static var blank: Self { Self(rawValue: 0) }
    package mutating func pass(through coder: inout RecordCoder) {
        self = Self(rawValue: coder.part(rawValue))
    }
}

extension NodeID: RecordValue {}
extension JobID: RecordValue {}
extension DomainID: RecordValue {}

extension Instant: RecordValue {
    package static var blank: Instant { .zero }
    package mutating func pass(through coder: inout RecordCoder) { coder.signed(&nanoseconds) }
}

extension TimeSpan: RecordValue {
    package static var blank: TimeSpan { .zero }
    package mutating func pass(through coder: inout RecordCoder) { coder.signed(&nanoseconds) }
}
