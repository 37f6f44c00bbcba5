import FleetModel
import Journal

/// What ended attempts cost, by cause.
public struct LossEntry: Hashable, Sendable {
    /// Attempts that ended.
    public var attempts: Int64 = 0
    /// Attempts with a node that is to blame.
    public var attributed: Int64 = 0
    /// GPU-seconds that they held.
    public var gpuSeconds: Int64 = 0
    /// GPU-seconds of work that were lost.
    public var lostGPUSeconds: Int64 = 0
}

/// The counts that the arithmetic of recovery (``RecoveryReport``) rests on.
public struct LossBook: Hashable, Sendable {
    /// By ``RestartCause``.
    public internal(set) var entries = RestartCause.allCases.map { _ in LossEntry() }
    /// Node-milliseconds in service.
    public internal(set) var nodeMilliseconds: Int64 = 0
    /// Nodes in service now.
    public internal(set) var inService: Int64 = 0
    private var rest: Int64 = 0

    /// Starts at nothing.
    public init() {}

    /// The counts for one cause.
    public subscript(cause: RestartCause) -> LossEntry { entries[Int(cause.rawValue)] }

    mutating func advance(from before: Instant, to now: Instant) {
        rest += (now - before).nanoseconds
        nodeMilliseconds = LossBook.sum(nodeMilliseconds, rest / 1_000_000 * inService)
        rest %= 1_000_000
    }

    mutating func note(_ end: AttemptEnd) {
        let index = Int(end.cause.rawValue)
        entries[index].attempts += 1
        if end.suspect != nil { entries[index].attributed += 1 }
        entries[index].gpuSeconds = LossBook.sum(entries[index].gpuSeconds, end.gpuSeconds)
        entries[index].lostGPUSeconds = LossBook.sum(
            entries[index].lostGPUSeconds, end.lostGPUSeconds)
    }

    private static func sum(_ total: Int64, _ more: Int64) -> Int64 {
        let (sum, overflow) = total.addingReportingOverflow(max(0, more))
        return overflow ? .max : sum
    }

    func fold(into hasher: inout StateHasher) {
        for entry in entries {
            hasher.add(entry.attempts)
            hasher.add(entry.attributed)
            hasher.add(entry.gpuSeconds)
            hasher.add(entry.lostGPUSeconds)
        }
        hasher.add(nodeMilliseconds)
        hasher.add(inService)
        hasher.add(rest)
    }
}

extension LossBook: RecordValue {
    package static var blank: LossBook { LossBook() }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&entries)
        coder.field(&nodeMilliseconds)
        coder.field(&inService)
        coder.field(&rest)
        // A cause that was added since has cost nothing yet.
        while entries.count < RestartCause.allCases.count { entries.append(LossEntry()) }
    }
}
