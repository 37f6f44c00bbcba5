import AgentWire
import FleetModel

/// What is to be sent and when: the agent's side of ``AgentRoster``, without I/O.
///
/// Instants are of a clock that only goes forward; the wall's time is given where it is told.
public struct Uplink: Sendable {
    /// Records of one message.
    static let records = 128
    /// Samples of one message.
    static let samples = 1024

    private let node: String
    private let boot: BootID
    private let run: UInt32
    private var messages: UInt32 = 0
    private var queue: RecordQueue
    private var book = SampleBook()
    private var backoff: Backoff
    /// Nil until it is known what the machine is made of.
    private var report: MachineReport?
    private var toldReport: MachineReport?
    private var interval: TimeSpan
    private var next: Instant
    private var isAway = false
    private var wantsWhole = true
    /// Records that the next message may have: fewer after one was refused.
    private var width = Uplink.records
    private var sent: (records: Int, report: MachineReport?, isWhole: Bool)?
    /// The version of the format that the receiver knows.
    private var version = AgentLimits.version
    /// When a receiver that knew no newer version is asked again.
    private var renewal: Instant?

    /// How long a receiver is told things in the oldest version before the newest is tried again:
    /// it may have been upgraded meanwhile.
    static let renewalPause = TimeSpan.seconds(3600)

    /// An agent that has something to say from `now` on, after a random part of two seconds.
    public init(
        node: String, boot: BootID, queue: RecordQueue, run: UInt32, seed: UInt64,
        interval: TimeSpan, now: Instant
    ) {
        self.node = node
        self.boot = boot
        self.queue = queue
        self.run = run
        self.interval = interval
        backoff = Backoff(seed: seed)
        next = now
        next = now + TimeSpan(nanoseconds: backoff.spread(2_000_000_000))
    }

    /// Records that wait.
    public var waiting: RecordQueue { queue }
    /// Whether the last try had no answer.
    public var isReceiverAway: Bool { isAway }
    /// When to send.
    public var due: Instant { next }
    /// The time between two messages when nothing happens.
    public var heartbeat: TimeSpan { interval }

    /// Takes a record, and says its place. It is sent half a second later if the receiver is there.
    public mutating func append(_ record: AgentRecord, now: Instant) -> (UInt64, [UInt8]) {
        var writer = WireWriter()
        record.write(to: &writer)
        let sequence = queue.append(writer.bytes)
        if !isAway { next = min(next, now + TimeSpan(nanoseconds: 500_000_000)) }
        return (sequence, writer.bytes)
    }

    /// Takes what the machine is made of; a change is sent within half a second.
    public mutating func set(_ report: MachineReport, now: Instant) {
        guard report != self.report else { return }
        self.report = report
        if !isAway { next = min(next, now + TimeSpan(nanoseconds: 500_000_000)) }
    }

    /// Takes all that a source reads.
    public mutating func set(_ source: SampleSource, _ samples: [AgentSample]) {
        book.set(source, samples)
    }

    /// The next message. It must be followed by one of ``acknowledge(_:now:)``, ``refuse(now:)``,
    /// ``refuseVersion(now:)`` and ``fail(now:after:)``.
    public mutating func message(wall: Instant) -> AgentMessage {
        precondition(sent == nil, "a message while another is on its way")
        // Numbers grow over restarts too: the run stands above the count.
        messages += 1
        var message = AgentMessage(
            node: node, boot: boot, stream: queue.stream,
            number: UInt64(run) << 32 | UInt64(messages), sentAt: wall)
        message.version = version
        message.isWhole = canBeWhole
        if canBeWhole { book.forget() }
        message.report = canBeWhole || toldReport != report ? report : nil
        message.firstSequence = queue.firstSequence
        message.records = queue.first(width)
        message.samples = book.send(limit: Uplink.samples)
        sent = (message.records.count, message.report, message.isWhole)
        return message
    }

    /// Whether all of the state is to be sent: without a report there is not all of it.
    private var canBeWhole: Bool { wantsWhole && report != nil }

    /// What an answer came to.
    public enum Outcome: Sendable {
        /// The receiver has the message.
        case taken
        /// It is another's answer, and promises nothing.
        case failed
        /// The receiver has more of the stream than this agent remembers, as when its memory was
        /// put back to an older state. What waits has got places in a new stream.
        case restarted
    }

    /// The receiver answers.
    public mutating func acknowledge(
        _ answer: AgentAcknowledgement, now: Instant
    ) -> Outcome {
        guard answer.stream == queue.stream, answer.sequence >= queue.firstSequence - 1,
            let sent
        else {
            fail(now: now)
            return .failed
        }
        guard answer.sequence < queue.nextSequence else {
            fail(now: now)
            queue.restart(stream: backoff.word())
            wantsWhole = true
            return .restarted
        }
        queue.acknowledge(answer.sequence)
        book.acknowledge()
        if let report = sent.report { toldReport = report }
        if sent.isWhole { wantsWhole = false }
        wantsWhole = wantsWhole || answer.wantsWhole
        self.sent = nil
        isAway = false
        width = Uplink.records
        backoff.reset()
        if let renewal, renewal <= now {
            self.renewal = nil
            version = AgentLimits.version
            // It was told without what came later.
            toldReport = nil
        }
        interval = .seconds(Int64(answer.intervalSeconds))
        let isMore = queue.count > 0 || canBeWhole || !book.changes().isEmpty
        // A tenth of the interval is random, so that agents that were started together spread out.
        let pause = interval.nanoseconds
        let rest = pause - pause / 20 + backoff.spread(pause / 10)
        next = now + TimeSpan(nanoseconds: isMore ? 500_000_000 : rest)
        return .taken
    }

    /// The receiver does not take the message for what it says. Half as many records are tried; one
    /// that is refused alone is dropped, and the gap in the places tells it. Returns its place.
    public mutating func refuse(now: Instant) -> UInt64? {
        guard let sent else { return nil }
        self.sent = nil
        isAway = true
        next = now + backoff.next()
        if sent.records > 1 {
            book.fail()
            width = max(1, sent.records / 2)
            return nil
        }
        // Nothing else is left that could be at fault: it is not sent again in the same form.
        book.acknowledge()
        toldReport = sent.report ?? toldReport
        if sent.isWhole { wantsWhole = false }
        width = Uplink.records
        guard sent.records == 1 else { return nil }
        let dropped = queue.firstSequence
        queue.acknowledge(dropped)
        return dropped
    }

    /// The receiver does not know the version of the message. It is told the same in the oldest
    /// one; false when that was it.
    public mutating func refuseVersion(now: Instant) -> Bool {
        guard version > AgentLimits.oldestVersion else {
            fail(now: now)
            return false
        }
        sent = nil
        book.fail()
        version = AgentLimits.oldestVersion
        renewal = now + Uplink.renewalPause
        next = now + TimeSpan(nanoseconds: 500_000_000)
        return true
    }

    /// There was no answer, or one that promises nothing; `after` is what the receiver asks for.
    public mutating func fail(now: Instant, after: TimeSpan = .zero) {
        sent = nil
        book.fail()
        isAway = true
        next = now + max(backoff.next(), min(after, .seconds(600)))
    }
}
