import FleetModel

/// Why an attempt of a job ended before it was done, by who has to do something about it.
public enum RestartCause: UInt8, CaseIterable, Hashable, Sendable {
    /// The job's own program.
    case application
    /// A device, node or disk.
    case hardware
    /// The network between nodes.
    case network
    /// Nobody made progress, and nobody knows whose fault it is.
    case hang
    /// The members could not be started.
    case start
    /// Another job, or maintenance.
    case preemption
    /// Something that is not attributed to anything.
    case unknown
    /// Nothing went wrong: it had done its work, or somebody ended it.
    case done

    /// The name in reports.
    public var name: String {
        switch self {
        case .application: "application"
        case .hardware: "hardware"
        case .network: "network"
        case .hang: "hang"
        case .start: "start"
        case .preemption: "preemption"
        case .unknown: "not attributed"
        case .done: "done"
        }
    }
}

/// What a job may do after an attempt has ended.
public enum RestartVerdict: UInt8, CaseIterable, Hashable, Sendable {
    /// Start again.
    case restart
    /// Start again, off the node that is to blame.
    case restartElsewhere
    /// Do not start again: the cause has used up its budget.
    case stop
}

/// How often a job may start again, for each cause by itself.
///
/// A job that crashes without getting anywhere is stopped soon; one whose hardware fails as often
/// but which makes progress in between goes on. One job that was started again 35 times without
/// progress cost others 548 preemptions (arXiv 2410.21680).
public struct RestartBudget: Hashable, Sendable {
    /// Restarts without progress in between, by ``RestartCause``; nil for no limit.
    public private(set) var limits: [Int32?]
    /// Restarts since the last progress.
    public private(set) var used: [Int32]
    /// Restarts over the whole life.
    public private(set) var total: [Int64]

    /// The default limits: three for the program's own faults, as many as hardware may need.
    public static let defaultLimits: [Int32?] = RestartCause.allCases.map {
        switch $0 {
        case .application: 3
        case .hardware: 10
        case .network: 6
        case .hang: 3
        case .start: 5
        case .preemption: nil
        case .unknown: 5
        case .done: nil
        }
    }

    /// A fresh budget; limits that are not one for each cause are replaced by the defaults.
    public init(limits: [Int32?] = RestartBudget.defaultLimits) {
        let isWhole = limits.count == RestartCause.allCases.count
        self.limits = isWhole ? limits : RestartBudget.defaultLimits
        used = [Int32](repeating: 0, count: RestartCause.allCases.count)
        total = [Int64](repeating: 0, count: RestartCause.allCases.count)
    }

    /// Says what comes after an end, and counts a restart.
    public mutating func ended(by cause: RestartCause) -> RestartVerdict {
        let index = Int(cause.rawValue)
        if let limit = limits[index], used[index] >= limit { return .stop }
        used[index] = used[index] == .max ? .max : used[index] + 1
        total[index] += 1
        return cause == .hardware || cause == .network ? .restartElsewhere : .restart
    }

    /// The job has written a checkpoint that is further than the last: what was used is given back.
    public mutating func progressed() {
        for index in used.indices { used[index] = 0 }
    }

    /// Restarts that are left without progress; nil for no limit.
    public func left(_ cause: RestartCause) -> Int32? {
        limits[Int(cause.rawValue)].map { max(0, $0 - used[Int(cause.rawValue)]) }
    }
}
