/// Values by small whole numbers, in chunks, so that a copy that somebody reads costs the writer
/// only the chunks that it changes afterwards.
public struct ChunkedTable<Value: Sendable>: Sendable {
    private static var chunkSize: Int { 256 }
    private var chunks: [[Value?]] = []
    /// How many values there are.
    public private(set) var count = 0

    /// A table without values.
    public init() {}

    /// The value of an index; nil when there is none. O(1), and O(chunk) for a write.
    public subscript(index: Int) -> Value? {
        get {
            let chunk = index / Self.chunkSize
            guard index >= 0, chunk < chunks.count, !chunks[chunk].isEmpty else { return nil }
            return chunks[chunk][index % Self.chunkSize]
        }
        set {
            precondition(index >= 0, "a negative index")
            let chunk = index / Self.chunkSize
            if newValue == nil, chunk >= chunks.count || chunks[chunk].isEmpty { return }
            while chunks.count <= chunk { chunks.append([]) }
            if chunks[chunk].isEmpty {
                chunks[chunk] = [Value?](repeating: nil, count: Self.chunkSize)
            }
            let place = index % Self.chunkSize
            count += (newValue == nil ? 0 : 1) - (chunks[chunk][place] == nil ? 0 : 1)
            chunks[chunk][place] = newValue
            if newValue == nil, chunks[chunk].allSatisfy({ $0 == nil }) { chunks[chunk] = [] }
        }
    }

    /// Changes a value in place; does nothing without one.
    public mutating func modify(_ index: Int, _ body: (inout Value) -> Void) {
        let chunk = index / Self.chunkSize
        guard index >= 0, chunk < chunks.count, !chunks[chunk].isEmpty else { return }
        let place = index % Self.chunkSize
        Self.change(&chunks[chunk][place], body)
    }

    private static func change(_ value: inout Value?, _ body: (inout Value) -> Void) {
        guard var present = value.take() else { return }
        body(&present)
        value = present
    }

    /// Calls `body` with the values in order of index, until it returns false.
    public func forEach(_ body: (Value) -> Bool) {
        for chunk in chunks {
            for case .some(let value) in chunk where !body(value) { return }
        }
    }

    /// Calls `body` with the values below `end`, the highest index first, until it returns false.
    public func forEachReversed(below end: Int = .max, _ body: (Value) -> Bool) {
        for chunk in stride(from: chunks.count - 1, through: 0, by: -1) {
            let base = chunk * Self.chunkSize
            guard base < end, !chunks[chunk].isEmpty else { continue }
            let last = min(Self.chunkSize, end - base) - 1
            for place in stride(from: last, through: 0, by: -1) {
                guard let value = chunks[chunk][place] else { continue }
                if !body(value) { return }
            }
        }
    }
}
