/// Reads the part of Python's pickle format, protocols 2 to 5, that plain data needs: numbers,
/// texts, lists, tuples, dictionaries. An opcode that would name or call anything ends the reading:
/// nothing is ever looked up, made or run. Opcodes are as in CPython's `Lib/pickletools.py`.
///
/// The writer in PyTorch's C++ (`torch/csrc/jit/serialization/pickler.cpp`, without type tags)
/// stays within this part, and so does `pickle.dump` of what was read from one of its dumps.
struct PickleReader {
    private let bytes: [UInt8]
    private var at = 0
    private var document = EvidenceDocument()
    private var stack: [EvidenceValue] = []
    private var marks: [Int] = []
    private var memo: [EvidenceValue] = []

    static func read(_ bytes: [UInt8]) throws(EvidenceFault) -> EvidenceDocument {
        var reader = PickleReader(bytes: bytes)
        try reader.run()
        return reader.document
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private func fault(_ message: String) -> EvidenceFault {
        EvidenceFault(at, "not a pickle of plain data: \(message)")
    }

    private mutating func run() throws(EvidenceFault) {
        while true {
            let opcode = try byte()
            switch opcode {
            case 0x80: at += 1  // PROTO
            case 0x95: at += 8  // FRAME: what follows is read as it is
            case UInt8(ascii: "."):
                guard stack.count == 1 else { throw fault("it ends in the middle") }
                document.root = stack[0]
                return
            case UInt8(ascii: "("): marks.append(stack.count)
            case UInt8(ascii: "0"): _ = try pop()
            case UInt8(ascii: "q"): try remember(Int(byte()))
            case UInt8(ascii: "r"): try remember(Int(number(4)))
            case 0x94: try remember(memo.count)
            case UInt8(ascii: "h"): try recall(Int(byte()))
            case UInt8(ascii: "j"): try recall(Int(number(4)))
            default:
                if try takesAtom(opcode) { continue }
                if try takesAggregate(opcode) { continue }
                throw EvidenceFault(
                    at - 1, "not a pickle of plain data: opcode \(opcode) is not read",
                    hint: EvidenceFile.conversion)
            }
        }
    }

    /// Numbers, texts and constants.
    private mutating func takesAtom(_ opcode: UInt8) throws(EvidenceFault) -> Bool {
        switch opcode {
        case UInt8(ascii: "N"): try push(.null)
        case 0x88: try push(.bool(true))
        case 0x89: try push(.bool(false))
        case UInt8(ascii: "K"): try push(.integer(Int64(byte())))
        case UInt8(ascii: "M"): try push(.integer(Int64(number(2))))
        case UInt8(ascii: "J"): try push(.integer(Int64(Int32(truncatingIfNeeded: number(4)))))
        case 0x8A: try push(long(Int(byte())))
        case UInt8(ascii: "G"):
            _ = try part(8)
            try push(.fraction)
        case 0x8C: try push(text(Int(byte())))
        case UInt8(ascii: "X"): try push(text(Int(number(4))))
        case 0x8D:
            let count = try number(8)
            guard count <= UInt64(bytes.count) else { throw fault("a text is cut off") }
            try push(text(Int(count)))
        default: return false
        }
        return true
    }

    /// Lists, tuples and dictionaries.
    private mutating func takesAggregate(_ opcode: UInt8) throws(EvidenceFault) -> Bool {
        switch opcode {
        case UInt8(ascii: "]"), UInt8(ascii: ")"): try push(document.newList())
        case UInt8(ascii: "}"): try push(document.newMapping())
        case UInt8(ascii: "t"), UInt8(ascii: "l"):
            let items = try popMark()
            try push(document.newList(Array(items)))
        case 0x85, 0x86, 0x87:
            let count = Int(opcode) - 0x84
            guard stack.count >= count else { throw fault("a value is missing") }
            let items = Array(stack.suffix(count))
            stack.removeLast(count)
            try push(document.newList(items))
        case UInt8(ascii: "a"):
            let item = try pop()
            guard let list = stack.last, document.append([item], to: list) else {
                throw fault("a list was expected")
            }
        case UInt8(ascii: "e"):
            let items = try popMark()
            guard let list = stack.last, document.append(items[...], to: list) else {
                throw fault("a list was expected")
            }
        case UInt8(ascii: "s"):
            let value = try pop()
            let key = try pop()
            guard let mapping = stack.last, document.insert([key, value], into: mapping) else {
                throw fault("a dictionary was expected")
            }
        case UInt8(ascii: "u"):
            let items = try popMark()
            guard let mapping = stack.last, document.insert(items[...], into: mapping) else {
                throw fault("a dictionary was expected")
            }
        default: return false
        }
        return true
    }

    private mutating func push(_ value: EvidenceValue) throws(EvidenceFault) {
        guard document.hasRoom() else { throw fault("there are too many values") }
        stack.append(value)
    }

    private mutating func pop() throws(EvidenceFault) -> EvidenceValue {
        guard let value = stack.popLast(), stack.count >= marks.last ?? 0 else {
            throw fault("a value is missing")
        }
        return value
    }

    private mutating func popMark() throws(EvidenceFault) -> [EvidenceValue] {
        guard let mark = marks.popLast(), mark <= stack.count else {
            throw fault("a mark is missing")
        }
        let items = Array(stack[mark...])
        stack.removeLast(items.count)
        return items
    }

    /// Memos are numbered in order by all writers, so that one far ahead is damage.
    private mutating func remember(_ index: Int) throws(EvidenceFault) {
        guard let value = stack.last else { throw fault("a value is missing") }
        guard index <= memo.count + 1, document.hasRoom() else {
            throw fault("a memo is out of order")
        }
        while memo.count <= index { memo.append(.null) }
        memo[index] = value
    }

    private mutating func recall(_ index: Int) throws(EvidenceFault) {
        guard memo.indices.contains(index) else { throw fault("a memo is missing") }
        try push(memo[index])
    }

    private mutating func byte() throws(EvidenceFault) -> UInt8 {
        guard at < bytes.count else { throw fault("it is cut off") }
        defer { at += 1 }
        return bytes[at]
    }

    private mutating func part(_ count: Int) throws(EvidenceFault) -> ArraySlice<UInt8> {
        guard count >= 0, count <= bytes.count - at else { throw fault("it is cut off") }
        defer { at += count }
        return bytes[at..<at + count]
    }

    /// A number with its least byte first.
    private mutating func number(_ count: Int) throws(EvidenceFault) -> UInt64 {
        try part(count).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    private mutating func text(_ count: Int) throws(EvidenceFault) -> EvidenceValue {
        .text(String(decoding: try part(count), as: UTF8.self))
    }

    /// A number of up to 64 bits with its sign; longer ones are no counts.
    private mutating func long(_ count: Int) throws(EvidenceFault) -> EvidenceValue {
        let digits = try part(count)
        guard count <= 8 else { return .fraction }
        var value = digits.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        if let last = digits.last, last & 0x80 != 0, count < 8 {
            value |= .max << UInt64(count * 8)
        }
        return .integer(Int64(bitPattern: value))
    }
}
