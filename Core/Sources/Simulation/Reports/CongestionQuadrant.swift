/// The state of a fleet by how much of it runs and how much waits.
public enum CongestionQuadrant: Int, CaseIterable, Sendable {
    /// Few GPUs run and few are waited for.
    case idle
    /// Most GPUs run and few are waited for.
    case healthy
    /// Most GPUs run and many are waited for.
    case congested
    /// Few GPUs run although many are waited for: quota, topology or order keeps them free.
    case starving

    /// From this part of the schedulable GPUs on, in percent, most of the fleet runs.
    public static let busyPercent: Int64 = 80
    /// From this part of the schedulable GPUs on, in percent, many GPUs are waited for.
    public static let waitingPercent: Int64 = 10

    /// The state with these GPUs, all in the same unit. A fleet without any is idle or starving.
    public init(allocated: Int64, waiting: Int64, schedulable: Int64) {
        let isBusy = allocated > 0 && allocated * 100 >= schedulable * Self.busyPercent
        let isQueued = waiting > 0 && waiting * 100 >= schedulable * Self.waitingPercent
        switch (isBusy, isQueued) {
        case (false, false): self = .idle
        case (true, false): self = .healthy
        case (true, true): self = .congested
        case (false, true): self = .starving
        }
    }

    /// The name in JSON and in charts.
    public var name: String {
        switch self {
        case .idle: "idle"
        case .healthy: "healthy"
        case .congested: "congested"
        case .starving: "starving"
        }
    }
}
