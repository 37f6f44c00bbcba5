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
    /// The number of the line that the position is the end of.
    private var line: UInt64 = 0

    init(position: LogPosition) { self.position = position }

    /// Takes where the first reading of a log begins, or up to where its lines told nothing.
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
        var found: [FaultThrottle.Told] = []
        for fault in faults { throttle.take(fault, upTo: end, at: at, now: now, into: &found) }
        return tell(found)
    }

    /// Takes that lines were overwritten.
    mutating func overrun(at: Instant) -> [Told] {
        [(AgentRecord(at: at, .logOverrun), position)]
    }

    /// Tells repetitions that are due.
    mutating func flush(now: Instant) -> [Told] {
        var found: [FaultThrottle.Told] = []
        throttle.flush(now: now, into: &found)
        return tell(found)
    }

    /// Only the last record of a line says that the line is told: whatever a kill cuts off is told
    /// again then, and not lost. A count says it of the last line that it counts, so that a restart
    /// does not count them once more; it never goes back behind what was told meanwhile.
    private mutating func tell(_ found: [FaultThrottle.Told]) -> [Told] {
        var told: [Told] = []
        for (place, one) in found.enumerated() {
            let isLast = place + 1 == found.count || found[place + 1].end != one.end
            if isLast, one.line > line {
                line = one.line
                position = one.end
            }
            told.append((one.record, position))
        }
        return told
    }
}
