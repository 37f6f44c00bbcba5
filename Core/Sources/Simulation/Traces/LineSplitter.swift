/// Cuts a stream of byte chunks into lines and never holds more than one line.
///
/// It is pulled instead of calling back, so that its owner may change itself between two lines.
struct LineSplitter {
    /// The longest line that is read, in bytes without its newline.
    static let limitBytes = 1 << 20

    /// Where the line that was just found lies.
    enum Line: Equatable {
        /// In the chunk, at these offsets.
        case inChunk(Range<Int>)
        /// In ``joined``, because it began in an earlier chunk.
        case joined
        /// Nowhere: it was longer than ``limitBytes`` and has been passed over.
        case tooLong
    }

    /// The bytes of the last line, when it was ``Line/joined``.
    private(set) var joined: [UInt8] = []
    /// The number of the last line found, counted from 1; 0 before the first.
    private(set) var number = 0
    private var isJoinedGivenOut = false
    private var isSkipping = false

    /// The next line of `chunk` from `position` on, which moves past it; nil when the rest of the
    /// chunk has no newline and was kept for the next one.
    mutating func next(in chunk: UnsafeRawBufferPointer, at position: inout Int) -> Line? {
        if isJoinedGivenOut {
            joined.removeAll(keepingCapacity: true)
            isJoinedGivenOut = false
        }
        if position >= chunk.count { return nil }
        let start = position
        var end = start
        while end < chunk.count, chunk[end] != Byte.newline { end += 1 }
        let fits = !isSkipping && joined.count + (end - start) <= Self.limitBytes
        guard end < chunk.count else {
            position = end
            isSkipping = !fits
            if fits { keep(chunk, start..<end) } else { joined = [] }
            return nil
        }
        position = end + 1
        number += 1
        isSkipping = false
        if !fits {
            joined = []
            return .tooLong
        }
        if joined.isEmpty { return .inChunk(start..<end) }
        keep(chunk, start..<end)
        isJoinedGivenOut = true
        return .joined
    }

    /// The last line, when the stream did not end in a newline.
    mutating func finish() -> Line? {
        if isJoinedGivenOut {
            joined.removeAll(keepingCapacity: true)
            isJoinedGivenOut = false
        }
        guard isSkipping || !joined.isEmpty else { return nil }
        number += 1
        let line: Line = isSkipping ? .tooLong : .joined
        isSkipping = false
        isJoinedGivenOut = true
        return line
    }

    private mutating func keep(_ chunk: UnsafeRawBufferPointer, _ range: Range<Int>) {
        joined.append(contentsOf: UnsafeRawBufferPointer(rebasing: chunk[range]))
    }
}

/// The bytes that mean something to the readers.
enum Byte {
    static let tab = UInt8(ascii: "\t")
    static let newline = UInt8(ascii: "\n")
    static let carriageReturn = UInt8(ascii: "\r")
    static let space = UInt8(ascii: " ")
    static let quote = UInt8(ascii: "\"")
    static let plus = UInt8(ascii: "+")
    static let comma = UInt8(ascii: ",")
    static let minus = UInt8(ascii: "-")
    static let point = UInt8(ascii: ".")
    static let zero = UInt8(ascii: "0")
    static let nine = UInt8(ascii: "9")
    static let colon = UInt8(ascii: ":")
    static let semicolon = UInt8(ascii: ";")
    static let letterT = UInt8(ascii: "T")
    static let bar = UInt8(ascii: "|")
    static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
}
