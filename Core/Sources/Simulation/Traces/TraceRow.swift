/// One line of a table, cut into fields. Its storage is used again for the next line.
struct TraceRow {
    /// The bytes of the line; fields are ranges of it.
    private(set) var bytes: [UInt8] = []
    private var starts: [Int] = []
    private var ends: [Int] = []

    /// Fields of the line.
    var count: Int { starts.count }

    /// Where field `index` lies in ``bytes``; empty when the line has no such field.
    func range(_ index: Int) -> Range<Int> {
        guard index >= 0, index < starts.count else { return 0..<0 }
        return starts[index]..<ends[index]
    }

    /// The text of field `index`; bytes that are not UTF-8 are replaced.
    func text(_ index: Int) -> String {
        let range = range(index)
        return bytes.withUnsafeBufferPointer {
            String(decoding: UnsafeBufferPointer(rebasing: $0[range]), as: UTF8.self)
        }
    }

    /// Whether field `index` is absent or has no characters.
    func isEmpty(_ index: Int) -> Bool { range(index).isEmpty }

    /// The field in a form that is safe and short enough for a message.
    func quotable(_ index: Int) -> String {
        var text = ""
        var length = 0
        for scalar in self.text(index).unicodeScalars {
            if length == 40 { return text + "…" }
            let isPrintable =
                scalar.properties.generalCategory != .control
                && scalar.properties.generalCategory != .format
            text.unicodeScalars.append(isPrintable ? scalar : "?")
            length += 1
        }
        return text
    }

    /// Takes a line of comma-separated values (RFC 4180, except that a quoted field ends on its
    /// line). Blanks around a field are dropped. False when a quote is not closed as it should be.
    mutating func loadCommaSeparated(_ line: UnsafeRawBufferPointer) -> Bool {
        begin(line)
        var start = 0
        for position in 0..<bytes.count {
            let byte = bytes[position]
            if byte == Byte.quote { return loadQuoted() }
            if byte == Byte.comma {
                addTrimmed(start, position)
                start = position + 1
            }
        }
        addTrimmed(start, bytes.count)
        return true
    }

    /// Takes a line of fields with any blanks between them.
    mutating func loadBlankSeparated(_ line: UnsafeRawBufferPointer) {
        begin(line)
        var start = -1
        for position in 0..<bytes.count {
            if isBlank(bytes[position]) {
                if start >= 0 { add(start, position) }
                start = -1
            } else if start < 0 {
                start = position
            }
        }
        if start >= 0 { add(start, bytes.count) }
    }

    private mutating func begin(_ line: UnsafeRawBufferPointer) {
        bytes.removeAll(keepingCapacity: true)
        starts.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
        bytes.append(contentsOf: line)
        if bytes.last == Byte.carriageReturn { bytes.removeLast() }
    }

    private mutating func add(_ start: Int, _ end: Int) {
        starts.append(start)
        ends.append(end)
    }

    private mutating func addTrimmed(_ start: Int, _ end: Int) {
        var start = start
        var end = end
        while start < end, isBlank(bytes[start]) { start += 1 }
        while end > start, isBlank(bytes[end - 1]) { end -= 1 }
        add(start, end)
    }

    private func isBlank(_ byte: UInt8) -> Bool { byte == Byte.space || byte == Byte.tab }

    /// Rewrites ``bytes`` without quotes and doubled quotes; only for lines that have a quote.
    private mutating func loadQuoted() -> Bool {
        let line = bytes
        starts.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
        bytes.removeAll(keepingCapacity: true)
        var position = 0
        while true {
            while position < line.count, isBlank(line[position]) { position += 1 }
            let start = bytes.count
            if position < line.count, line[position] == Byte.quote {
                guard let end = copyQuoted(line, from: position + 1) else { return false }
                position = end
                add(start, bytes.count)
                while position < line.count, isBlank(line[position]) { position += 1 }
                guard position == line.count || line[position] == Byte.comma else { return false }
            } else {
                while position < line.count, line[position] != Byte.comma {
                    if line[position] == Byte.quote { return false }
                    bytes.append(line[position])
                    position += 1
                }
                addTrimmed(start, bytes.count)
            }
            if position == line.count { return true }
            position += 1
        }
    }

    /// Copies a quoted field; the position after its closing quote, or nil when there is none.
    private mutating func copyQuoted(_ line: [UInt8], from start: Int) -> Int? {
        var position = start
        while position < line.count {
            if line[position] == Byte.quote {
                position += 1
                guard position < line.count, line[position] == Byte.quote else { return position }
            }
            bytes.append(line[position])
            position += 1
        }
        return nil
    }
}
