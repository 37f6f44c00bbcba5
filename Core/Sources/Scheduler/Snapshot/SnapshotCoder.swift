import FleetModel

/// State that a snapshot holds.
///
/// One list of fields serves for writing and for reading, so the two cannot differ. It stands
/// beside the type's declaration; `SnapshotCoverageTests` compares it with the stored properties.
protocol SnapshotValue {
    /// Some value, to read another one into.
    static var blank: Self { get }
    /// Passes every stored property to the coder, once each, in the order of declaration.
    mutating func pass(through coder: inout SnapshotCoder)
}

/// Takes state through bytes, field by field and without names: out of the engine, back into one,
/// or nowhere, to learn which types have how many fields.
///
/// What is wrong with the bytes is remembered, not thrown: from then on every number reads as zero
/// and every list as empty, so that state needs no `try` per field and reading ends soon.
struct SnapshotCoder {
    /// What becomes of a field.
    enum Mode {
        /// It is appended to the bytes.
        case writing
        /// It is taken from the bytes.
        case reading
        /// It is counted.
        case surveying
    }

    /// A type that was met in a survey.
    struct Surveyed {
        /// The type.
        var type: any SnapshotValue.Type
        /// How many stored properties it passes, or says that it leaves out.
        var fields: Int
    }

    /// What becomes of fields.
    let mode: Mode
    /// What was written, or is read.
    private(set) var bytes: [UInt8] = []
    /// The next byte to read.
    private(set) var position = 0
    /// The first thing that was wrong with the bytes.
    private(set) var fault: SnapshotFault?
    /// Types met in a survey, those that others consist of first.
    private(set) var surveyed: [Surveyed] = []
    private var fields = 0
    private var met: Set<ObjectIdentifier> = []
    private var end = 0
    /// The version of the bytes.
    private let version: UInt32

    /// Starts to write, or to survey.
    init(_ mode: Mode) {
        precondition(mode != .reading, "nothing to read from")
        self.mode = mode
        version = SnapshotFrame.version
    }

    /// Starts to read a range of bytes of a version.
    init(
        reading bytes: [UInt8], in range: Range<Int>, version: UInt32 = SnapshotFrame.version
    ) {
        mode = .reading
        self.version = version
        self.bytes = bytes
        position = range.lowerBound
        end = range.upperBound
    }

    /// Whether all bytes were read and made sense.
    var isDone: Bool { fault == nil && position == end }

    /// Bytes that are left to read.
    var remaining: Int { end - position }

    /// Passes a stored property.
    @inline(__always)
    mutating func field<Value: SnapshotValue>(_ value: inout Value) {
        if mode == .surveying {
            survey(Value.self)
        } else {
            value.pass(through: &self)
        }
    }

    /// Passes a stored property that snapshots have since a version; in older ones it is as in a
    /// blank value.
    mutating func field<Value: SnapshotValue>(_ value: inout Value, since first: UInt32) {
        guard mode != .reading || version >= first else { return fields += 1 }
        field(&value)
    }

    /// Says that a stored property is not in the snapshot on purpose; the place says why.
    mutating func leaveOut() { fields += 1 }

    /// Remembers what is wrong, if it is the first thing.
    mutating func fail(_ message: String, expected: String) {
        guard fault == nil else { return }
        fault = SnapshotFault(message: message, expected: expected, byteOffset: position)
        position = end
    }

    /// Counts a field and, the first time, the fields of its type.
    mutating func survey<Value: SnapshotValue>(_ type: Value.Type) {
        defer { fields += 1 }
        guard met.insert(ObjectIdentifier(type)).inserted else { return }
        let outer = fields
        fields = 0
        var blank = Value.blank
        blank.pass(through: &self)
        surveyed.append(Surveyed(type: type, fields: fields))
        fields = outer
    }
}

extension SnapshotCoder {
    /// Passes a number: zigzag, then LEB128, so that small numbers of either sign take one byte.
    @inline(__always)
    mutating func number(_ value: inout Int64) {
        switch mode {
        case .writing: write(UInt64(bitPattern: (value << 1) ^ (value >> 63)))
        case .reading:
            let word = read()
            value = Int64(bitPattern: word >> 1) ^ -Int64(bitPattern: word & 1)
        case .surveying: break
        }
    }

    /// Passes a number of another width.
    @inline(__always)
    mutating func number<Value: FixedWidthInteger>(narrow value: inout Value) {
        var wide = Int64(truncatingIfNeeded: value)
        number(&wide)
        guard mode == .reading else { return }
        guard let narrow = Value(exactly: wide) else {
            return fail("\(wide) does not fit", expected: "a number of \(Value.bitWidth) bits")
        }
        value = narrow
    }

    /// Passes a count of things of which each takes a byte or more.
    @inline(__always)
    mutating func count(_ count: Int) -> Int {
        var value = Int64(count)
        number(&value)
        guard mode == .reading else { return count }
        guard value >= 0, value <= Int64(remaining) else {
            fail("\(value) elements in \(remaining) bytes", expected: "a count that the bytes hold")
            return 0
        }
        return Int(value)
    }

    /// How many elements to reserve memory for: bytes of a snapshot may not claim more than a
    /// small multiple of their own number, and a field of eight bytes may take one in a snapshot.
    func reserve<Value>(_ count: Int, of type: Value.Type) -> Int {
        min(count, remaining * 8 / max(1, MemoryLayout<Value>.stride))
    }

    private mutating func write(_ word: UInt64) {
        var rest = word
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    private mutating func read() -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while position < end {
            let byte = bytes[position]
            position += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
            guard shift < 70 else { break }
        }
        fail("a number without an end", expected: "LEB128 of at most 64 bits")
        return 0
    }
}

extension SnapshotCoder {
    /// Passes text.
    mutating func text(_ text: inout String) {
        let length = count(text.utf8.count)
        switch mode {
        case .writing: bytes.append(contentsOf: text.utf8)
        case .reading:
            guard let known = String(validating: bytes[position..<position + length], as: UTF8.self)
            else { return fail("a name that is not text", expected: "UTF-8") }
            position += length
            text = known
        case .surveying: break
        }
    }

    /// Passes a list whose elements are no type of their own.
    mutating func list<Element>(
        _ elements: inout [Element], blank: Element,
        _ pass: (inout Element, inout SnapshotCoder) -> Void
    ) {
        guard mode != .surveying else {
            defer { fields += 1 }
            let outer = fields
            var element = blank
            pass(&element, &self)
            fields = outer
            return
        }
        let number = count(elements.count)
        if mode == .writing {
            for index in elements.indices {
                var element = elements[index]
                pass(&element, &self)
            }
            return
        }
        elements = []
        elements.reserveCapacity(reserve(number, of: Element.self))
        for _ in 0..<number where fault == nil {
            var element = blank
            pass(&element, &self)
            elements.append(element)
        }
    }

    /// Passes a table that finds things by a key which they carry themselves: only the indexes are
    /// written, and `keys` are those of all things, already read.
    mutating func index<Key: Hashable, Index: FixedWidthInteger>(
        _ table: inout [Key: Index], keys: @autoclosure () -> [Key]
    ) {
        guard mode != .surveying else { return fields += 1 }
        var indexes = table.values.sorted()
        list(&indexes, blank: 0) { index, coder in coder.number(narrow: &index) }
        guard mode == .reading, fault == nil else { return }
        let keys = keys()
        table = [:]
        table.reserveCapacity(min(indexes.count, keys.count))
        for index in indexes {
            guard let place = Int(exactly: index), keys.indices.contains(place) else {
                return fail("\(index) finds nothing", expected: "0 to \(keys.count - 1)")
            }
            table[keys[place]] = index
        }
    }
}

/// The first thing that is wrong with the bytes of a snapshot.
struct SnapshotFault: Error {
    var message: String
    var expected: String
    var byteOffset: Int
}
