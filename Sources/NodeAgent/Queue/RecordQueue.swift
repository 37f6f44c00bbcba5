import AgentWire

/// Records that have not been acknowledged, with their places in the stream.
///
/// They are kept as the bytes that go over the wire: a fault takes three times the room as a value.
/// When there are too many, the oldest make way, and the gap in the places tells the receiver.
public struct RecordQueue: Sendable {
    /// Records that are kept.
    public static let capacity = 4096

    /// The stream that the places belong to.
    public private(set) var stream: UInt64
    /// The place of the first one that is kept, or of the next one.
    public private(set) var firstSequence: UInt64
    /// How many made way.
    public private(set) var dropped: UInt64 = 0
    private var waiting: ArraySlice<[UInt8]> = []

    /// A queue that goes on at a place.
    public init(stream: UInt64, nextSequence: UInt64 = 1) {
        self.stream = stream
        firstSequence = nextSequence
    }

    /// How many records are kept.
    public var count: Int { waiting.count }

    /// The place that the next record gets.
    public var nextSequence: UInt64 { firstSequence + UInt64(waiting.count) }

    /// Adds a record, and says its place.
    @discardableResult public mutating func append(_ bytes: [UInt8]) -> UInt64 {
        if waiting.count >= RecordQueue.capacity {
            waiting.removeFirst()
            firstSequence += 1
            dropped += 1
        }
        waiting.append(bytes)
        return nextSequence - 1
    }

    /// Takes records out up to a place.
    public mutating func acknowledge(_ sequence: UInt64) {
        guard sequence >= firstSequence else { return }
        // More than there ever was is another's answer; nothing is taken for told on its word.
        guard sequence < nextSequence else { return }
        waiting.removeFirst(Int(sequence - firstSequence) + 1)
        firstSequence = sequence + 1
        // A slice keeps what was taken out of its front until it is copied.
        waiting = ArraySlice(Array(waiting))
    }

    /// The first records, at most so many.
    public func first(_ limit: Int) -> [AgentRecord] {
        waiting.prefix(limit).map { bytes in
            var reader = WireReader(bytes)
            guard let record = try? AgentRecord(from: &reader) else {
                preconditionFailure("a queued record that was not written by this program")
            }
            return record
        }
    }

    /// Gives what waits places in a new stream.
    public mutating func restart(stream: UInt64) {
        self.stream = stream
        firstSequence = 1
    }

    /// All records with their places.
    func forEach(_ body: (UInt64, [UInt8]) -> Void) {
        for (offset, bytes) in waiting.enumerated() { body(firstSequence + UInt64(offset), bytes) }
    }
}
