import AgentWire
import FleetModel
import HealthSignals

/// Makes records of the lines of a log, and knows how far it has been told.
struct LogIntake {
    /// What a line came to: a record, and how far the log is told once that is written down.
    typealias Told = (record: AgentRecord, position: LogPosition)

    private var parser = KernelLogParser()
    private var throttle = FaultThrottle()
    private(set) var position: LogPosition

    init(position: LogPosition) { self.position = position }

    /// Takes where the first reading of a log begins.
    mutating func begin(at position: LogPosition) { self.position = position }

    /// When a count of repetitions is due.
    var due: Instant { throttle.due ?? .never }

    /// Takes a line that ends at a position. Lines that were told before still teach the parser who
    /// sits where. `at` is the wall's time of the line, `now` the clock's that only goes forward.
    mutating func take(
        _ line: UnsafeRawBufferPointer, upTo end: LogPosition, isTold: Bool, at: Instant,
        now: Instant
    ) -> [Told] {
        var faults: [LogFault] = []
        parser.parse(line, into: &faults)
        guard !isTold else { return [] }
        var records: [AgentRecord] = []
        for fault in faults { throttle.take(fault, at: at, now: now, into: &records) }
        return tell(records, upTo: end)
    }

    /// Takes that lines were overwritten.
    mutating func overrun(at: Instant) -> [Told] {
        [(AgentRecord(at: at, .logOverrun), position)]
    }

    /// Tells repetitions that are due.
    mutating func flush(now: Instant) -> [Told] {
        var records: [AgentRecord] = []
        throttle.flush(now: now, into: &records)
        return records.map { ($0, position) }
    }

    /// Only the last record of a line says that the line is told: whatever a kill cuts off is told
    /// again then, and not lost.
    private mutating func tell(_ records: [AgentRecord], upTo end: LogPosition) -> [Told] {
        guard let last = records.last else { return [] }
        let before = position
        position = end
        return records.dropLast().map { ($0, before) } + [(last, end)]
    }
}
