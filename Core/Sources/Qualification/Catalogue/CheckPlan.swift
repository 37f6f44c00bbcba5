import Health

/// One run of a check, in a process of its own.
public struct PlannedRun: Hashable, Sendable {
    /// The check.
    public var check: CheckID
    /// The device; nil when it is of the node.
    public var device: Int32?
    /// Seconds of load; what sets up and looks afterwards comes on top.
    public var seconds: Int32
    /// Seconds after which it is taken for hung and killed.
    public var timeoutSeconds: Int32

    /// Gathers a run.
    public init(check: CheckID, device: Int32?, seconds: Int32, timeoutSeconds: Int32) {
        self.check = check
        self.device = device
        self.seconds = seconds
        self.timeoutSeconds = timeoutSeconds
    }
}

/// Which checks run, in which order, and for how long.
public struct CheckPlan: Hashable, Sendable {
    /// Groups of runs: those of a group run at a time, groups one after the other.
    public private(set) var groups: [[PlannedRun]] = []

    /// Seconds to set up and to look afterwards, before a run is taken for hung. Creating a
    /// context on a node of eight devices takes up to half a minute.
    public static let graceSeconds: Int32 = 60

    /// Plans a level.
    ///
    /// - Parameters:
    ///   - level: How long all may take.
    ///   - only: The checks that are wanted; nil for all of the level. A check that the level
    ///     leaves out runs for what the shortest level that has it would give it.
    ///   - devices: How many devices were found; at most 64 are planned for.
    public init(level: QualificationLevel, only: [CheckID]? = nil, devices: Int32) {
        let count = min(max(devices, 0), 64)
        for check in CheckID.allCases {
            let entry = check.entry
            var seconds = entry.seconds(at: level)
            if let only {
                guard only.contains(check) else { continue }
                if seconds == 0 { seconds = entry.seconds(at: entry.level) }
            }
            guard seconds > 0 else { continue }
            add(check, entry, seconds: seconds, devices: count)
        }
    }

    private mutating func add(
        _ check: CheckID, _ entry: CheckEntry, seconds: Int32, devices: Int32
    ) {
        // Without a device there is one run, which says that there is none.
        guard entry.reach != .node, devices > 0 else {
            groups.append([run(check, nil, seconds)])
            return
        }
        switch entry.reach {
        case .eachInTurn:
            let share = max(1, seconds / max(devices, 8))
            for device in 0..<devices { groups.append([run(check, device, share)]) }
        case .eachAtOnce, .node:
            groups.append((0..<devices).map { run(check, $0, seconds) })
        }
    }

    private func run(_ check: CheckID, _ device: Int32?, _ seconds: Int32) -> PlannedRun {
        // Other tools' times are theirs: a medium `dcgmi diag` took up to ten minutes at AWS.
        let factor: Int32 = check.entry.subject == .tool ? 4 : 2
        return PlannedRun(
            check: check, device: device, seconds: seconds,
            timeoutSeconds: factor * seconds + CheckPlan.graceSeconds)
    }

    /// Seconds of load that the plan asks for.
    public var loadSeconds: Int32 {
        groups.reduce(0) { $0 + ($1.map(\.seconds).max() ?? 0) }
    }
}
