/// Reads JSON (RFC 8259) as a pull parser: the reader says what it wants next, and what it does not
/// want is passed over without being turned into anything.
///
/// ```swift
/// try scanner.enterObject()
/// while let key = try scanner.nextKey() {
///     switch key {
///     case "name": name = try scanner.string()
///     default: try scanner.skipValue()
///     }
/// }
/// ```
///
/// As in Kubernetes `null` stands for what is not there: it reads as an empty object, an empty
/// array, the empty string, 0 and false.
///
/// It never traps, on whatever input, and needs no memory beyond what it returns. It cannot be
/// copied, so that it cannot outlive the bytes that it reads.
public struct JSONScanner: ~Copyable {
    /// Levels of objects and arrays that may be nested.
    public static let maximumDepth = 128

    @usableFromInline let bytes: UnsafeRawBufferPointer
    @usableFromInline var position = 0
    @usableFromInline var depth = 0
    /// Whether an object or array was entered and nothing of it read yet.
    @usableFromInline var isFresh = false
    /// Whether what was entered is a `null`.
    @usableFromInline var isAbsent = false

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    /// Reads one value; throws as `body` does, and when something follows the value.
    @inlinable
    public static func read<T>(
        _ bytes: [UInt8], _ body: (inout JSONScanner) throws(JSONFault) -> T
    ) throws(JSONFault) -> T {
        let result: Result<T, JSONFault> = bytes.withUnsafeBytes { buffer in
            do throws(JSONFault) {
                return .success(try read(buffer, body))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// Reads one value of bytes that live at least as long as the call.
    public static func read<T>(
        _ bytes: UnsafeRawBufferPointer, _ body: (inout JSONScanner) throws(JSONFault) -> T
    ) throws(JSONFault) -> T {
        var scanner = JSONScanner(bytes)
        let value = try body(&scanner)
        scanner.skipBlanks()
        guard scanner.position == bytes.count else { throw scanner.fault(.trailing) }
        return value
    }

    // MARK: Objects and arrays

    /// Enters an object, or a `null` as an empty one; ``nextKey()`` follows until it says nil.
    @inlinable
    public mutating func enterObject() throws(JSONFault) {
        try enter(UInt8(ascii: "{"))
    }

    /// Enters an array, or a `null` as an empty one; ``nextElement()`` follows until it says false.
    @inlinable
    public mutating func enterArray() throws(JSONFault) {
        try enter(UInt8(ascii: "["))
    }

    /// The next key of the object that was entered last, whose value has to be read or skipped;
    /// nil when the object has ended.
    @inlinable
    public mutating func nextKey() throws(JSONFault) -> JSONText? {
        guard try advance(to: UInt8(ascii: "}")) else { return nil }
        let key = try takeText()
        skipBlanks()
        guard position < bytes.count, bytes[position] == UInt8(ascii: ":") else {
            throw missing("':'")
        }
        position += 1
        return key
    }

    /// Whether the array that was entered last has another element, to be read or skipped then.
    @inlinable
    public mutating func nextElement() throws(JSONFault) -> Bool {
        try advance(to: UInt8(ascii: "]"))
    }

    @usableFromInline
    mutating func enter(_ opening: UInt8) throws(JSONFault) {
        skipBlanks()
        guard position < bytes.count else { throw fault(.endsEarly) }
        guard bytes[position] == opening else {
            guard takeNull() else {
                throw missing(opening == UInt8(ascii: "{") ? "an object" : "an array")
            }
            isAbsent = true
            return
        }
        guard depth < JSONScanner.maximumDepth else { throw fault(.tooDeep) }
        depth += 1
        position += 1
        isFresh = true
    }

    /// Whether another member follows; passes over the comma before it, or what closes.
    @inlinable
    mutating func advance(to closing: UInt8) throws(JSONFault) -> Bool {
        if isAbsent {
            isAbsent = false
            return false
        }
        skipBlanks()
        guard position < bytes.count else { throw fault(.endsEarly) }
        let byte = bytes[position]
        if byte == closing {
            position += 1
            depth -= 1
            isFresh = false
            return false
        }
        if isFresh {
            isFresh = false
            return true
        }
        guard byte == UInt8(ascii: ",") else { throw missing("',' or what closes") }
        position += 1
        return true
    }

    // MARK: Places

    /// A place to come back to.
    public struct Mark: Sendable {
        @usableFromInline let position: Int
        @usableFromInline let depth: Int
        @usableFromInline let isFresh: Bool
        @usableFromInline let isAbsent: Bool

        @usableFromInline
        init(position: Int, depth: Int, isFresh: Bool, isAbsent: Bool) {
            (self.position, self.depth) = (position, depth)
            (self.isFresh, self.isAbsent) = (isFresh, isAbsent)
        }
    }

    /// This place, to read a value again, or to go past one that could not be read.
    public var mark: Mark {
        Mark(position: position, depth: depth, isFresh: isFresh, isAbsent: isAbsent)
    }

    /// Goes back to a place of the same text.
    public mutating func rewind(to mark: Mark) {
        position = min(mark.position, bytes.count)
        (depth, isFresh, isAbsent) = (mark.depth, mark.isFresh, mark.isAbsent)
    }

    /// Bytes that were read.
    public var offset: Int { position }

    /// A fault at this place.
    public func fault(_ reason: JSONFault.Reason) -> JSONFault {
        JSONFault(reason, offset: position)
    }

    /// What to say when something else stands here, or nothing.
    @usableFromInline
    func missing(_ what: String) -> JSONFault {
        fault(position < bytes.count ? .expected(what) : .endsEarly)
    }

    @inlinable
    mutating func skipBlanks() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x0A, 0x0D, 0x09: position += 1
            default: return
            }
        }
    }
}
