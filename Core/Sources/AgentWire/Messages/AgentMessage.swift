import FleetModel

/// What an agent sends at once: the body of a request.
///
/// It has two parts that are kept apart. *Records* happened; they have places in a stream, are sent
/// until they are acknowledged and count once. *State*, the report and the samples, is what is now;
/// it is sent when it differs from what was acknowledged, and the newest wins.
public struct AgentMessage: Hashable, Sendable {
    /// The version of the format: one of ``AgentLimits/oldestVersion`` to
    /// ``AgentLimits/version``. What came later than it is left out of the bytes.
    public var version = AgentLimits.version
    /// The node's name.
    public var node: String
    /// Which start of the machine.
    public var boot: BootID
    /// The stream that the records have places in: random, kept as long as the agent's memory of
    /// what it sent is.
    public var stream: UInt64
    /// Grows with every message of a stream, so that a late one does not undo a newer one's state.
    public var number: UInt64
    /// When it was sent, by the node's clock. The times of records are meant relative to it.
    public var sentAt: Instant
    /// Whether the state is all that there is, and not only what changed; the report is with it.
    public var isWhole = false
    /// What the machine is made of, if that is to be told.
    public var report: MachineReport?
    /// The place of the first record; of the next one that there will be if there is none. From 1.
    public var firstSequence: UInt64 = 1
    /// Records in the order of their places, without a gap.
    public var records: [AgentRecord] = []
    /// Values that have changed.
    public var samples: [AgentSample] = []

    /// A message without content: a heartbeat.
    public init(node: String, boot: BootID, stream: UInt64, number: UInt64, sentAt: Instant) {
        self.node = node
        self.boot = boot
        self.stream = stream
        self.number = number
        self.sentAt = sentAt
    }

    // What no other file is likely to begin with, so that a stray body is refused at once.
    static let magic: UInt8 = 0xA6

    /// The message as bytes.
    public func encoded() -> [UInt8] {
        var writer = WireWriter()
        writer.byte(AgentMessage.magic)
        writer.byte(version)
        writer.text(node, limit: AgentLimits.nodeBytes)
        writer.fixed(boot.high)
        writer.fixed(boot.low)
        writer.fixed(stream)
        writer.unsigned(number)
        writer.signed(sentAt.nanoseconds)
        precondition(!isWhole || report != nil, "a whole state without a report")
        writer.byte((isWhole ? 1 : 0) | (report == nil ? 0 : 2))
        report?.write(to: &writer, version: version)
        writer.unsigned(firstSequence)
        writer.list(records, limit: AgentLimits.records) { $1.write(to: &$0) }
        writer.list(samples, limit: AgentLimits.samples) { $1.write(to: &$0) }
        return writer.bytes
    }

    /// Reads a message. Refuses everything that ``encoded()`` would not have written.
    public init(decoding bytes: [UInt8]) throws(WireRefusal) {
        guard bytes.count <= AgentLimits.messageBytes else {
            throw WireRefusal("\(bytes.count) bytes, beyond \(AgentLimits.messageBytes)", at: 0)
        }
        var reader = WireReader(bytes)
        guard try reader.byte() == AgentMessage.magic else {
            throw WireRefusal("another file than an agent's message", at: 0)
        }
        let version = try reader.byte()
        guard (AgentLimits.oldestVersion...AgentLimits.version).contains(version) else {
            throw WireRefusal("version \(version) of the format", at: 1, version: version)
        }
        let node = try reader.text(limit: AgentLimits.nodeBytes)
        guard !node.isEmpty else { throw reader.refusal("no name of a node") }
        let boot = BootID(high: try reader.fixed(), low: try reader.fixed())
        self.init(
            node: node, boot: boot, stream: try reader.fixed(), number: try reader.unsigned(),
            sentAt: Instant(nanoseconds: try reader.signed()))
        self.version = version
        let parts = try reader.byte()
        guard parts <= 3 else { throw reader.refusal("\(parts) as parts of a message") }
        isWhole = parts & 1 != 0
        guard parts != 1 else { throw reader.refusal("a whole state without a report") }
        if parts & 2 != 0 { report = try MachineReport(from: &reader, version: version) }
        let room = UInt64.max - UInt64(AgentLimits.records)
        firstSequence = try reader.number(of: "a place in a stream", 1...room)
        records = try reader.list(of: "records", limit: AgentLimits.records) {
            reader throws(WireRefusal) in try AgentRecord(from: &reader)
        }
        samples = try reader.list(of: "samples", limit: AgentLimits.samples) {
            reader throws(WireRefusal) in try AgentSample(from: &reader)
        }
        try reader.expectEnd()
    }
}

/// What a receiver answers.
public struct AgentAcknowledgement: Hashable, Sendable {
    /// The stream that it is about.
    public var stream: UInt64
    /// The place of the last record that it has.
    public var sequence: UInt64
    /// Whether it has to be told the whole state once more.
    public var wantsWhole: Bool
    /// Seconds until it wants to hear again.
    public var intervalSeconds: UInt16

    /// Gathers an answer.
    public init(stream: UInt64, sequence: UInt64, wantsWhole: Bool, intervalSeconds: UInt16) {
        self.stream = stream
        self.sequence = sequence
        self.wantsWhole = wantsWhole
        self.intervalSeconds = intervalSeconds
    }

    /// The answer as bytes.
    public func encoded() -> [UInt8] {
        var writer = WireWriter()
        writer.byte(AgentMessage.magic)
        writer.byte(AgentLimits.oldestVersion)
        writer.fixed(stream)
        writer.unsigned(sequence)
        writer.byte(wantsWhole ? 1 : 0)
        writer.unsigned(UInt64(intervalSeconds))
        return writer.bytes
    }

    /// Reads an answer.
    public init(decoding bytes: [UInt8]) throws(WireRefusal) {
        var reader = WireReader(bytes)
        guard try reader.byte() == AgentMessage.magic else {
            throw WireRefusal("another answer than a receiver's", at: 0)
        }
        let version = try reader.byte()
        guard version == AgentLimits.oldestVersion else {
            throw WireRefusal("version \(version) of the format", at: 1, version: version)
        }
        let seconds = AgentLimits.interval
        self.init(
            stream: try reader.fixed(), sequence: try reader.unsigned(),
            wantsWhole: try reader.flag(),
            intervalSeconds: UInt16(
                try reader.number(
                    of: "seconds", UInt64(seconds.lowerBound)...UInt64(seconds.upperBound))))
        try reader.expectEnd()
    }
}
