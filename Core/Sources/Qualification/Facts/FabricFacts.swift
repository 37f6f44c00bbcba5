import HealthSignals

/// How a device stands in the fabric of NVLinks, as NVML tells it.
public struct FabricFacts: Hashable, Sendable {
    /// How far a device is registered with its fabric; the numbers are NVML's.
    public enum State: Int64, Sendable {
        /// The device has no fabric.
        case none = 0
        /// Nobody has begun.
        case notStarted = 1
        /// It is under way.
        case inProgress = 2
        /// It has come to its end, good or bad.
        case completed = 3
    }

    /// How far it is registered.
    public var state: State
    /// What came of it, 0 for success; it says nothing before it is completed.
    public var status: Int64
    /// The UUID of the cluster; empty for a fabric within the machine.
    public var cluster: String
    /// Which devices of the cluster reach each other.
    public var clique: Int64
    /// What is wrong, as ``FabricHealth`` has it; nil where the driver does not tell.
    public var healthMask: Int64?
    /// All of it in one: 1 healthy, 2 unhealthy, 3 of limited capacity, 0 not told; nil where the
    /// driver does not tell.
    public var healthSummary: Int64?

    /// Gathers what is told.
    public init(
        state: State, status: Int64 = 0, cluster: String = "", clique: Int64 = 0,
        healthMask: Int64? = nil, healthSummary: Int64? = nil
    ) {
        self.state = state
        self.status = status
        self.cluster = cluster
        self.clique = clique
        self.healthMask = healthMask
        self.healthSummary = healthSummary
    }

    /// What is wrong with it, in words, and how bad that is; nothing for a device without a fabric.
    var troubles: [(status: CheckStatus, words: String)] {
        switch state {
        case .none: return []
        // The driver refuses CUDA where it needs a fabric. Where it works all the same, what is
        // missing is the way to devices beyond.
        case .notStarted:
            return [(.degraded, "is not registered with its fabric: nobody has begun")]
        case .inProgress: return [(.degraded, "is not registered with its fabric yet")]
        case .completed where status != 0:
            return [(.failed, "could not be registered with its fabric: error \(status) of NVML")]
        case .completed: return healthTroubles
        }
    }

    private var healthTroubles: [(status: CheckStatus, words: String)] {
        var found: [(status: CheckStatus, words: String)] = []
        let health = FabricHealth(rawValue: UInt64(bitPattern: healthMask ?? 0))
        if !health.isDisjoint(with: .wrongConfiguration) {
            found.append((.failed, "has a wrong configuration in its fabric"))
        }
        for (trouble, words) in [
            (FabricHealth.degradedBandwidth, "has less bandwidth in its fabric than it should"),
            (.routeRecovery, "has a route in its fabric that is being repaired"),
            (.routeUnhealthy, "has a bad route in its fabric"),
            (.accessTimeoutRecovery, "recovers from a timeout in its fabric"),
        ] where health.contains(trouble) {
            found.append((.degraded, words))
        }
        guard found.isEmpty else { return found }
        switch healthSummary {
        case 2: return [(.failed, "is unhealthy in its fabric")]
        case 3: return [(.degraded, "has limited capacity in its fabric")]
        default: return []
        }
    }
}

extension FactChecks {
    /// Whether the devices that have a fabric are registered with it.
    var deviceFabric: CheckResult {
        if let absence = facts.absence { return absence.result(of: .deviceFabric) }
        let told = facts.devices.enumerated().compactMap { index, device in
            device.fabric.flatMap { $0.state == .none ? nil : (index: index, fabric: $0) }
        }
        guard !told.isEmpty else {
            return CheckResult(
                .deviceFabric, .notApplicable,
                ["the devices have no fabric of NVLinks, or their driver does not say"])
        }
        var result = CheckResult(.deviceFabric, .passed)
        for (index, fabric) in told {
            for trouble in fabric.troubles {
                result.note(trouble.status, "device \(index) \(trouble.words)")
            }
        }
        let others = facts.devices.indices.filter { index in
            !told.contains { $0.index == index }
        }
        for index in others {
            result.note(.degraded, "device \(index) has no fabric, though others have one")
        }
        let places = Set(told.map { "\($0.fabric.cluster), clique \($0.fabric.clique)" })
        for place in places.sorted() where !place.hasPrefix(",") {
            result.notes.append("cluster \(place)")
        }
        return result
    }
}
