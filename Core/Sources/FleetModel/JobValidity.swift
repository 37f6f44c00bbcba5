extension JobSpec {
    /// Whether every number is within the limits that the engine relies on.
    ///
    /// `levels` is the number of topology levels, the host included. The door gives diagnostics;
    /// this is the engine's own guard. O(roles).
    public func isWellFormed(levels: Int) -> Bool {
        guard (1...FleetLimits.rolesPerJob).contains(roles.count), !pools.isEmpty else {
            return false
        }
        var members: Int64 = 0
        for role in roles {
            guard role.minimum >= 0, role.maximum >= max(1, role.minimum),
                role.request.isWellFormed
            else { return false }
            guard role.request.devices == 0 || !role.accelerators.isEmpty else { return false }
            let rules = 0..<Int32(FleetLimits.nodeRules)
            guard role.rule.map({ rules.contains($0.rawValue) }) ?? true else { return false }
            members += Int64(role.maximum)
        }
        guard members <= Int64(FleetLimits.membersPerJob), minimumMembers > 0 else { return false }
        guard dependencies.count <= FleetLimits.dependenciesPerJob,
            retries.counts.count == FailureCause.allCases.count,
            retries.counts.allSatisfy({ $0 >= 0 && $0 <= FleetLimits.retries })
        else { return false }
        return hasValidSpans && topology.isWellFormed(levels: levels, roles: roles)
    }

    private var hasValidSpans: Bool {
        let longest = TimeSpan.seconds(FleetLimits.seconds)
        let optional = [timeLimit, expectedDuration, checkpointPeriod]
        return optional.allSatisfy { $0.map { $0 > .zero && $0 <= longest } ?? true }
            && restartCost >= .zero && restartCost <= longest
            && minimumRunTime >= .zero && minimumRunTime <= longest
            && id.rawValue >= 0 && (family?.rawValue ?? 0) >= 0
    }
}

extension MemberRequest {
    /// Whether the numbers are within limits: devices, thousandths, host quantities.
    public var isWellFormed: Bool {
        let quantities = [
            host.cpuMilli, host.memoryMiB, host.diskMiB, host.nics, host.slots,
        ]
        return (0...Int32(FleetLimits.devicesPerNode)).contains(devices)
            && (1...1000).contains(deviceMilli)
            && (devices == 1 || deviceMilli == 1000)
            && quantities.allSatisfy { (0...FleetLimits.hostQuantity).contains($0) }
            && !host.exclusives.isOverdrawn
    }
}

extension TopologyConstraint {
    /// Whether levels exist and slices divide every role that they concern.
    func isWellFormed(levels: Int, roles: [RoleSpec]) -> Bool {
        switch preference {
        case .closest: break
        case .required(let level), .preferred(let level):
            guard level.index < levels else { return false }
        case .relaxing(let level, let span, let then):
            guard level.index < levels, span >= .zero else { return false }
            if let then, then.index >= levels || then > level { return false }
        }
        guard let slice else { return true }
        return slice.level.index < levels && slice.members > 0
            && roles.allSatisfy { $0.minimum % slice.members == 0 }
    }
}
