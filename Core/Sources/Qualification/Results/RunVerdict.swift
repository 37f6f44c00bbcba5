import FleetModel
import Health

/// What a whole run says about a node, in the words of the health engine.
public struct RunVerdict: Hashable, Sendable {
    /// The results, in order.
    public var results: [CheckResult]
    /// The level that was asked for.
    public var level: QualificationLevel
    /// How many devices were found.
    public var devices: Int32
    /// Whether the run came to its end.
    public var isComplete: Bool

    /// The version of the checks. It goes up when what they find changes.
    public static let version: Int32 = 1

    /// Gathers what a run found.
    public init(
        results: [CheckResult], level: QualificationLevel, devices: Int32, isComplete: Bool
    ) {
        self.results = results
        self.level = level
        self.devices = devices
        self.isComplete = isComplete
    }

    /// The worst status of all.
    public var status: CheckStatus {
        results.reduce(.notApplicable) { $0.worse($1.status) }
    }

    /// Whether a result speaks against the hardware. What is slower than published values is told,
    /// since those differ by more than faults do; what is slower than its like is a fault.
    static func isFault(_ result: CheckResult) -> Bool {
        switch result.status {
        case .failed: return true
        case .degraded:
            return result.thresholds.contains { threshold in
                guard threshold.source.isLearned, let figure = result.figure(threshold.figure)
                else { return false }
                return threshold.judge(figure) != .passed
            }
        case .passed, .notApplicable, .notRun, .error: return false
        }
    }

    /// What it means for the health engine.
    ///
    /// *Failed* when a result speaks against the hardware. *Inconclusive* when a check broke, was
    /// not run, or nothing was under load at a level that loads. *Passed* otherwise.
    public var outcome: QualificationOutcome {
        let faults = results.filter(RunVerdict.isFault)
        let components = loadedComponents
        var failedTests: [CheckID] = []
        for fault in faults where !failedTests.contains(fault.check) {
            failedTests.append(fault.check)
        }
        return QualificationOutcome(
            verdict: verdict(faults, components), level: level, isLoaded: !components.isEmpty,
            components: components, devices: testedDevices,
            failedDevices: blamed(faults), failedTests: failedTests.sorted().map(\.testID),
            version: RunVerdict.version)
    }

    private func verdict(
        _ faults: [CheckResult], _ components: ComponentSet
    ) -> QualificationVerdict {
        if !faults.isEmpty { return .failed }
        let isBroken = results.contains { $0.status == .error || $0.status == .notRun }
        if isBroken || !isComplete { return .inconclusive }
        let hasSubject = results.contains { $0.status == .passed || $0.status == .degraded }
        guard hasSubject, level == .seconds || !components.isEmpty else { return .inconclusive }
        return .passed
    }

    /// The devices that are to blame; 0 when a fault is not of a device, so that the node is.
    private func blamed(_ faults: [CheckResult]) -> UInt64 {
        var mask: UInt64 = 0
        for fault in faults {
            guard let device = fault.device, (0..<64).contains(device) else { return 0 }
            mask |= 1 << UInt64(device)
        }
        return mask
    }

    /// What was under load: every run of a check that loads it came to an answer, on every device.
    var loadedComponents: ComponentSet {
        var loaded: ComponentSet = []
        for check in CheckID.allCases where check.entry.isLoad {
            let own = results.filter { $0.check == check }
            let answered = own.filter(RunVerdict.isAnswer)
            guard !own.isEmpty, answered.count == own.count else { continue }
            let isOfDevices = check.entry.reach != .node
            guard !isOfDevices || answered.count >= Int(devices) else { continue }
            // A connection to itself never leaves the processor.
            if check == .network, !own.contains(where: { RunVerdict.hasPeer($0) }) { continue }
            loaded.formUnion(check.entry.components)
        }
        // The host is proved by its cores and its memory, not by one of them.
        let hostChecks: [CheckID] = [.hostCPU, .hostMemory]
        let isHostWhole = hostChecks.allSatisfy { check in
            results.contains { $0.check == check && RunVerdict.isAnswer($0) }
        }
        if !isHostWhole { loaded.remove(.host) }
        return loaded
    }

    /// Devices on which at least one check that loads a device came to an answer, and none did not.
    private var testedDevices: UInt64 {
        var tested: UInt64 = 0
        for device in 0..<min(max(devices, 0), 64) {
            let own = results.filter { $0.device == device && $0.check.entry.isLoad }
            guard !own.isEmpty, own.allSatisfy(RunVerdict.isAnswer) else { continue }
            tested |= 1 << UInt64(device)
        }
        return tested
    }

    private static func isAnswer(_ result: CheckResult) -> Bool {
        switch result.status {
        case .passed, .degraded, .failed: true
        case .notApplicable, .notRun, .error: false
        }
    }

    /// The note of a network check that a peer took part in begins so.
    public static let peerNote = "peer "

    /// The note of a network check whose peer was the trouble begins so.
    public static let peerTroubleNote = "the peer: "
    /// And goes on so where a connection did not come about, in the output of all versions. What a
    /// peer does wrong later has other words.
    public static let connectingNote = "connecting: "

    /// Whether a network check found no way to its peer at all. One that broke midway did: it has
    /// a figure, or other words.
    public static func isUnconnected(_ result: CheckResult) -> Bool {
        result.check == .network && result.status == .error && result.code == .checkPeer
            && result.figures.isEmpty
            && result.notes.contains { $0.hasPrefix(peerTroubleNote + connectingNote) }
    }

    private static func hasPeer(_ result: CheckResult) -> Bool {
        result.notes.contains { $0.hasPrefix(peerNote) }
    }
}
