import FleetModel

/// Something that has a form as bytes, in the primitive values of the journal.
///
/// One list of fields serves for writing and for reading, so the two cannot differ. It stands in
/// the module of the type.
package protocol RecordValue {
    /// Some value, to read another one into.
    static var blank: Self { get }
    /// Passes every stored property to the coder, once each, in the order of declaration.
    mutating func pass(through coder: inout RecordCoder)
}

/// Takes values through bytes, field by field and without names: every value has one encoding, and
/// no count reserves memory that the bytes do not back.
///
/// What is wrong is remembered, not thrown: from then on every number reads as zero and every list
/// as empty, so that fields need no `try` and reading ends soon.
package struct RecordCoder {
    /// Whether values are taken from the bytes rather than appended to them.
    package let isReading: Bool
    /// The version of the record that the bytes are of; the newest where nobody says.
    package var version = UInt32.max
    /// The first thing that was wrong.
    package private(set) var fault: PayloadFault?
    private var writer = PayloadWriter()
    private var reader = PayloadReader([], in: 0..<0)

    /// Elements of a list for which memory is reserved at once.
    private static let reserved = 1024

    /// Starts to write.
    package init() { isReading = false }

    /// Starts to read a range of bytes.
    package init(reading bytes: [UInt8], in range: Range<Int>) {
        isReading = true
        reader = PayloadReader(bytes, in: range)
    }

    /// What was written.
    package var bytes: [UInt8] { writer.bytes }

    /// The next byte to read, or to write.
    package var position: Int { isReading ? reader.position : writer.bytes.count }

    /// Remembers what is wrong, if it is the first thing.
    package mutating func fail(_ message: String, expected: String) {
        if fault == nil { fault = PayloadFault(message, expected: expected) }
    }

    /// Says that all has been read; anything that is left is wrong.
    package mutating func finish() {
        guard isReading, fault == nil, reader.remaining > 0 else { return }
        fail("\(reader.remaining) bytes after the last value", expected: "none")
    }

    /// Passes a stored property.
    package mutating func field<Value: RecordValue>(_ value: inout Value) {
        value.pass(through: &self)
    }

    /// Passes a part of a value that is put together anew; `value` is nil when reading.
    package mutating func part<Value: RecordValue>(_ value: Value?) -> Value {
        var part = value ?? Value.blank
        part.pass(through: &self)
        return part
    }

    /// Passes the number that tells cases apart.
    package mutating func tag<Tag: RawRepresentable & CaseIterable>(_ tag: Tag) -> Tag
    where Tag.RawValue == UInt8 {
        var raw = tag.rawValue
        byte(&raw)
        guard isReading else { return tag }
        guard fault == nil, let known = Tag(rawValue: raw) else {
            fail("\(raw) is no \(Tag.self)", expected: "one of \(Tag.allCases.count)")
            return tag
        }
        return known
    }

    package mutating func byte(_ value: inout UInt8) {
        guard isReading else { return writer.byte(value) }
        value = read(0) { (reader) throws(PayloadFault) in try reader.byte() }
    }

    /// Passes a number with a sign: short when it is small.
    package mutating func signed(_ value: inout Int64) {
        guard isReading else { return writer.signed(value) }
        value = read(0) { (reader) throws(PayloadFault) in try reader.signed() }
    }

    /// Passes a number of another width.
    package mutating func narrow<Value: FixedWidthInteger>(_ value: inout Value) {
        var wide = Int64(truncatingIfNeeded: value)
        signed(&wide)
        guard isReading else { return }
        guard let known = Value(exactly: wide) else {
            return fail("\(wide) does not fit", expected: "a number of \(Value.bitWidth) bits")
        }
        value = known
    }

    /// Passes text of at most so many bytes.
    package mutating func text(_ text: inout String, limit: Int) {
        let length = count(text.utf8.count, limit: limit, "bytes of text")
        guard isReading else {
            for byte in text.utf8 { writer.byte(byte) }
            return
        }
        let bytes = read([UInt8]()) { (reader) throws(PayloadFault) in
            var bytes: [UInt8] = []
            for _ in 0..<length { bytes.append(try reader.byte()) }
            return bytes
        }
        guard let known = String(validating: bytes, as: UTF8.self) else {
            return fail("a text that is none", expected: "UTF-8")
        }
        text = known
    }

    /// Passes a count of things of which each takes a byte or more, and at most so many.
    package mutating func count(_ count: Int, limit: Int, _ what: String) -> Int {
        var value = Int64(count)
        if !isReading, count > limit { fail("\(count) \(what)", expected: "at most \(limit)") }
        signed(&value)
        guard isReading else { return count }
        guard value >= 0, value <= Int64(min(limit, reader.remaining)) else {
            fail("\(value) \(what)", expected: "0 to \(limit), and no more than the bytes hold")
            return 0
        }
        return Int(value)
    }

    /// Passes a list of at most so many elements.
    package mutating func list<Element: RecordValue>(
        _ elements: inout [Element], limit: Int, of what: String = "elements"
    ) {
        let count = count(elements.count, limit: limit, what)
        guard isReading else {
            for element in elements { _ = part(element) }
            return
        }
        elements = []
        elements.reserveCapacity(min(count, RecordCoder.reserved))
        for _ in 0..<count where fault == nil {
            elements.append(part(nil))
        }
    }

    private mutating func read<Value>(
        _ none: Value, _ body: (inout PayloadReader) throws(PayloadFault) -> Value
    ) -> Value {
        guard fault == nil else { return none }
        do throws(PayloadFault) {
            return try body(&reader)
        } catch {
            fault = error
            return none
        }
    }
}
