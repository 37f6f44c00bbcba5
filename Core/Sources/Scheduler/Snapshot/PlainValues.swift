import FleetModel

// Numbers and what is made of them, of the standard library.

extension Int64: SnapshotValue {
    static var blank: Int64 { 0 }
    @inline(__always)
    mutating func pass(through coder: inout SnapshotCoder) { coder.number(&self) }
}

extension SnapshotValue where Self: FixedWidthInteger {
    static var blank: Self { 0 }
    @inline(__always)
    mutating func pass(through coder: inout SnapshotCoder) { coder.number(narrow: &self) }
}

extension Int: SnapshotValue {}
extension Int32: SnapshotValue {}
extension Int16: SnapshotValue {}
extension UInt8: SnapshotValue {}

extension UInt64: SnapshotValue {
    static var blank: UInt64 { 0 }
    /// As a number with a sign, so that sets of all bits stay short.
    @inline(__always)
    mutating func pass(through coder: inout SnapshotCoder) {
        var word = Int64(bitPattern: self)
        coder.number(&word)
        self = UInt64(bitPattern: word)
    }
}

extension Bool: SnapshotValue {
    static var blank: Bool { false }
    @inline(__always)
    mutating func pass(through coder: inout SnapshotCoder) {
        var word: Int64 = self ? 1 : 0
        coder.number(&word)
        guard coder.mode == .reading else { return }
        guard word == 0 || word == 1 else {
            return coder.fail("\(word) is not a flag", expected: "0 or 1")
        }
        self = word == 1
    }
}

/// Enumerations without associated values.
extension SnapshotValue where Self: RawRepresentable, RawValue == UInt8 {
    static var blank: Self {
        guard let first = Self(rawValue: 0) else {
            preconditionFailure("an enumeration that does not begin at 0")
        }
        return first
    }
    @inline(__always)
    mutating func pass(through coder: inout SnapshotCoder) {
        var raw = rawValue
        coder.number(narrow: &raw)
        guard coder.mode == .reading else { return }
        guard let known = Self(rawValue: raw) else {
            return coder.fail("\(raw) is no \(Self.self)", expected: "a known one")
        }
        self = known
    }
}

extension String: SnapshotValue {
    static var blank: String { "" }
    mutating func pass(through coder: inout SnapshotCoder) { coder.text(&self) }
}

extension Range: SnapshotValue where Bound == Int {
    static var blank: Range<Int> { 0..<0 }
    mutating func pass(through coder: inout SnapshotCoder) {
        var (lower, upper) = (lowerBound, upperBound)
        coder.field(&lower)
        coder.field(&upper)
        guard coder.mode == .reading else { return }
        guard lower <= upper else {
            return coder.fail("a range from \(lower) to \(upper)", expected: "an end at the end")
        }
        self = lower..<upper
    }
}

extension InlineArray: SnapshotValue where Element == Int32 {
    static var blank: InlineArray { InlineArray(repeating: 0) }
    mutating func pass(through coder: inout SnapshotCoder) {
        for place in indices { coder.number(narrow: &self[place]) }
    }
}

extension Optional: SnapshotValue where Wrapped: SnapshotValue {
    static var blank: Wrapped? { nil }
    @inline(__always)
    mutating func pass(through coder: inout SnapshotCoder) {
        guard coder.mode != .surveying else { return coder.survey(Wrapped.self) }
        var isThere = self != nil
        isThere.pass(through: &coder)
        guard isThere else { return self = nil }
        var value = self ?? Wrapped.blank
        value.pass(through: &coder)
        if coder.mode == .reading { self = value }
    }
}

extension Array: SnapshotValue where Element: SnapshotValue {
    static var blank: [Element] { [] }
    mutating func pass(through coder: inout SnapshotCoder) {
        guard coder.mode != .surveying else { return coder.survey(Element.self) }
        let number = coder.count(count)
        if coder.mode == .writing {
            for index in indices {
                var element = self[index]
                element.pass(through: &coder)
            }
            return
        }
        self = []
        reserveCapacity(coder.reserve(number, of: Element.self))
        for _ in 0..<number where coder.fault == nil {
            var element = Element.blank
            element.pass(through: &coder)
            append(element)
        }
    }
}

/// In the order of keys, so that the same state is the same bytes.
extension Dictionary: SnapshotValue where Key: SnapshotValue & Comparable, Value: SnapshotValue {
    static var blank: [Key: Value] { [:] }
    mutating func pass(through coder: inout SnapshotCoder) {
        guard coder.mode != .surveying else {
            coder.survey(Key.self)
            return coder.survey(Value.self)
        }
        let number = coder.count(count)
        if coder.mode == .writing {
            for known in keys.sorted() {
                var (key, value) = (known, self[known] ?? Value.blank)
                key.pass(through: &coder)
                value.pass(through: &coder)
            }
            return
        }
        self = [:]
        reserveCapacity(coder.reserve(number, of: (Key, Value).self))
        for _ in 0..<number where coder.fault == nil {
            var (key, value) = (Key.blank, Value.blank)
            key.pass(through: &coder)
            value.pass(through: &coder)
            self[key] = value
        }
    }
}
