/// How urgent a job is among those of its tenant and priority, most urgent first.
enum Urgency: UInt8, Comparable, SnapshotValue, Sendable {
    /// Its hardware broke.
    case first
    /// It has not run for long yet, or it is overdue.
    case young
    /// It has had its first share of time.
    case old

    static func < (left: Urgency, right: Urgency) -> Bool { left.rawValue < right.rawValue }
}
