import ControlPlane

/// Reports of failed starts, held back for a while when it is the machine's fault.
///
/// A machine without processes, memory or disk to spare fails every start in no time; reported at
/// once, each job of the queue would use up its retries within a second.
struct StartPause {
    private var held: [(due: Int64, report: BackendReport)] = []
    /// Failed starts since the last that went well.
    private var failures: Int64 = 0

    /// The first pause, and the longest, in nanoseconds.
    private static let first: Int64 = 1_000_000_000
    private static let longest: Int64 = 30_000_000_000

    /// Whether anything is held back.
    var isEmpty: Bool { held.isEmpty }

    /// Holds a report back; each failure in a row doubles the pause.
    mutating func hold(_ report: BackendReport, now: Int64) {
        let pause = min(StartPause.first << min(failures, 5), StartPause.longest)
        failures += 1
        held.append((now + pause, report))
    }

    /// Notes a start that went well.
    mutating func noteSuccess() { failures = 0 }

    /// Takes the reports that are due.
    mutating func takeDue(now: Int64) -> [BackendReport] {
        let due = held.filter { $0.due <= now }
        held.removeAll { $0.due <= now }
        return due.map(\.report)
    }
}
