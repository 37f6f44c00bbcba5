import FleetModel

/// The receiver's side of all agents, as a state machine without I/O.
///
/// ``receive(_:at:)`` says what follows from a message and changes nothing; ``commit(_:)`` takes
/// the message as done, after its events are where they are safe. Between the two no other message
/// of the same node may be received. If the receiver dies between them, the agent sends again and
/// nothing is lost; what was committed and sent again is dropped.
public struct AgentRoster: Sendable {
    private struct Entry {
        var mark: AgentMark
        /// Whether the whole state of its stream was taken since this roster began.
        var isWhole = false
    }

    private var entries: [Entry] = []
    private var places: [String: Int] = [:]
    private let room: Int
    private let intervalSeconds: UInt16

    /// How long a node must have been silent before it makes way for a new one where room is short.
    private static let dead = TimeSpan.seconds(86_400)

    /// Goes on from marks; of nodes beyond the room the ones that were heard last are kept.
    public init(
        _ marks: [AgentMark] = [], room: Int = FleetLimits.nodes, intervalSeconds: UInt16 = 30
    ) {
        precondition(room > 0, "a roster without room")
        self.room = room
        self.intervalSeconds = min(
            max(intervalSeconds, AgentLimits.interval.lowerBound), AgentLimits.interval.upperBound)
        let newest = marks.sorted { ($1.heardAt, $0.node) < ($0.heardAt, $1.node) }
        for mark in newest where places[mark.node] == nil && entries.count < room {
            places[mark.node] = entries.count
            entries.append(Entry(mark: mark))
        }
    }

    /// How many nodes are known.
    public var count: Int { entries.count }

    /// What is remembered of a node.
    public func mark(of node: String) -> AgentMark? { places[node].map { entries[$0].mark } }

    /// Whether there is room for a node: it is known, or another one makes way.
    private func hasRoom(for node: String, at now: Instant) -> Bool {
        places[node] != nil || entries.count < room || longestSilent(at: now) != nil
    }

    private func longestSilent(at now: Instant) -> Int? {
        guard
            let place = entries.indices.min(by: {
                entries[$0].mark.heardAt < entries[$1].mark.heardAt
            }), entries[place].mark.heardAt + AgentRoster.dead < now
        else { return nil }
        return place
    }

    /// What follows from a message; nil when there is no room for another node. O(records).
    public func receive(_ message: AgentMessage, at now: Instant) -> AgentReception? {
        guard hasRoom(for: message.node, at: now) else { return nil }
        let entry = places[message.node].map { entries[$0] }
        var streams = entry?.mark.streams ?? []
        let isCurrent = streams.last?.stream == message.stream
        let known = streams.firstIndex { $0.stream == message.stream }
        var stream =
            known.map { streams.remove(at: $0) }
            ?? StreamMark(
                stream: message.stream, sequence: message.firstSequence - 1, number: 0)
        var events: [AgentEvent] = []
        let isNews = known == nil || message.number > stream.number
        if isNews {
            stream.number = message.number
            if let report = message.report { events.append(.arrived(report, boot: message.boot)) }
        }
        take(message, &stream, at: now, into: &events)
        // A late message of a stream that has been left is no sign that the node went back to it.
        var isWhole = (isCurrent || !isNews) && entry?.isWhole ?? false
        if isNews {
            isWhole = isWhole || message.isWhole
            if message.isWhole || !message.samples.isEmpty {
                events.append(.samples(message.samples, isWhole: message.isWhole))
            }
        }
        events.append(.heard)
        streams.insert(stream, at: isNews ? streams.count : known ?? streams.count)
        streams.removeFirst(max(0, streams.count - AgentLimits.streams))
        return AgentReception(
            events: events,
            mark: AgentMark(
                node: message.node, streams: streams,
                heardAt: max(now, entry?.mark.heardAt ?? now)),
            acknowledgement: AgentAcknowledgement(
                stream: message.stream, sequence: stream.sequence, wantsWhole: !isWhole,
                intervalSeconds: intervalSeconds),
            isWhole: isWhole)
    }

    /// Takes the records that are new, and says how many are missing before them.
    private func take(
        _ message: AgentMessage, _ stream: inout StreamMark, at now: Instant,
        into events: inout [AgentEvent]
    ) {
        if message.firstSequence > stream.sequence + 1 {
            events.append(.lost(message.firstSequence - stream.sequence - 1))
            stream.sequence = message.firstSequence - 1
        }
        for (offset, record) in message.records.enumerated() {
            let sequence = message.firstSequence + UInt64(offset)
            guard sequence > stream.sequence else { continue }
            stream.sequence = sequence
            var record = record
            record.at = AgentRoster.time(of: record, in: message, at: now)
            events.append(.record(record))
        }
    }

    /// The receiver's time of a record: as long before now as the node's clock says that it was
    /// before the message. So a node whose clock is wrong tells right times.
    private static func time(
        of record: AgentRecord, in message: AgentMessage, at now: Instant
    ) -> Instant {
        let (age, overflow) = message.sentAt.nanoseconds.subtractingReportingOverflow(
            record.at.nanoseconds)
        let isPast = message.sentAt > record.at
        let kept = isPast ? (overflow ? AgentLimits.recordAge : min(age, AgentLimits.recordAge)) : 0
        let (time, isBelow) = now.nanoseconds.subtractingReportingOverflow(kept)
        return Instant(nanoseconds: isBelow ? .min : time)
    }

    /// Takes a message as done.
    public mutating func commit(_ reception: AgentReception) {
        let entry = Entry(mark: reception.mark, isWhole: reception.isWhole)
        if let place = places[reception.node] {
            entries[place] = entry
            return
        }
        if entries.count >= room {
            guard let oldest = longestSilent(at: reception.at) else { return }
            places[entries[oldest].mark.node] = nil
            places[reception.node] = oldest
            entries[oldest] = entry
            return
        }
        places[reception.node] = entries.count
        entries.append(entry)
    }

    /// Forgets a node that is gone for good.
    public mutating func forget(_ node: String) {
        guard let place = places.removeValue(forKey: node) else { return }
        entries.swapAt(place, entries.count - 1)
        entries.removeLast()
        if place < entries.count { places[entries[place].mark.node] = place }
    }
}
