import FleetModel
import Health
import HealthSignals

/// What the verdict on a part of a node means to the health engine: pure, and the same for logs of
/// kernels and of frameworks.
struct FaultReading: Hashable {
    /// What it is of.
    var scope: Health.FaultScope
    /// The root code in words.
    var cause: String
    /// The rule in words, of which there are not too many.
    var rule: String
    var severity: Health.FaultSeverity
    var action: Health.FaultAction
    var urgency: FaultUrgency
    var components: ComponentSet

    /// Reads the verdict on one part; `device` is the part's index in its node, if it is one of
    /// its devices.
    init(_ verdict: PartVerdict, device: Int32?) {
        let row = FaultCatalogue.row(for: verdict.root)
        severity = FaultReading.severity(verdict.severity)
        let asked = FaultReading.action(verdict.action)
        // What need not go out of service is watched at most.
        let isWatched = severity == .warning || severity == .error || severity == .fatal
        action =
            verdict.takesOutOfService || !asked.takesOut ? asked : isWatched ? .watch : .nothing
        urgency = FaultReading.urgency(verdict.action)
        components = FaultReading.components(verdict.root, row)
        cause = verdict.root.text
        rule = FaultReading.text(verdict.rule)
        let isOfNode = row?.scope == .node || FaultReading.needsNode(verdict.action)
        scope = isOfNode ? .node : device.map { .device($0) } ?? .node
    }

    /// Reads a sign of trouble in the log of a job's process; nil when it accuses nothing here.
    ///
    /// Who reports is mostly a victim, so that nothing is taken out for it.
    init?(_ fault: FrameworkFault) {
        guard fault.points == .here else { return nil }
        scope = .node
        cause = fault.kind.rawValue
        rule = "sign in the log of a process"
        severity = .warning
        action = .watch
        urgency = .afterJob
        switch fault.kind {
        case .networkFatalEvent: components = .network
        case .cudaLinkError: components = .deviceLink
        case .cudaUncorrectableECC: components = [.device, .deviceMemory]
        default: components = .device
        }
    }

    /// The driver's library gives no answer about a device, or about all of them. A hardware fault
    /// behind it is in the kernel's log as well; by itself it is a reason to test.
    static func silentDevices(_ device: Int32?) -> FaultReading {
        FaultReading(silent: device)
    }

    private init(silent device: Int32?) {
        scope = device.map { .device($0) } ?? .node
        cause = "devices give no answer"
        rule = "an agent's probe that waits"
        severity = .warning
        action = .watch
        urgency = .afterJob
        components = .device
    }

    private static func severity(_ severity: HealthSignals.FaultSeverity) -> Health.FaultSeverity {
        switch severity {
        case .info: .information
        case .unknown: .unknown
        case .warning: .warning
        case .critical: .error
        case .fatal: .fatal
        }
    }

    private static func action(_ action: HealthSignals.FaultAction) -> Health.FaultAction {
        switch action {
        case .none, .unknown, .updateSoftware: .nothing
        case .watch, .restartFabricManager, .diagnose: .watch
        case .restartApplication: .restart
        // Whoever looks may find nothing; the test says whether it works.
        case .inspect: .prove
        case .drainPeerToPeer, .resetDevice, .drainAndReset, .resetLinkedDevices, .resetFabric,
            .recoverFabricDomain:
            .reset
        case .restartVirtualMachine, .resetBus, .rebootNode: .reboot
        case .contactProvider: .replace
        }
    }

    /// Actions that one device cannot have for itself.
    private static func needsNode(_ action: HealthSignals.FaultAction) -> Bool {
        switch action {
        case .resetLinkedDevices, .resetFabric, .recoverFabricDomain, .restartVirtualMachine: true
        default: false
        }
    }

    private static func urgency(_ action: HealthSignals.FaultAction) -> FaultUrgency {
        switch action {
        case .drainAndReset, .drainPeerToPeer, .inspect: .afterJob
        default: .now
        }
    }

    private static let memoryCodes: Set<FaultCode> = [
        .xid(48), .xid(63), .xid(64), .xid(92), .xid(94), .xid(95), .xid(140),
        .event(.gpuMemoryUnrepairable), .event(.gpuMemoryRepairPending), .event(.gpuMemoryWorn),
        .event(.gpuMemoryUncorrected), .event(.nvsentinelMemory),
    ]

    private static func components(_ code: FaultCode, _ row: CatalogueRow?) -> ComponentSet {
        if memoryCodes.contains(code) { return [.device, .deviceMemory] }
        switch code {
        case .sxid: return .deviceLink
        // Off the bus: whether the slot or the device is to blame, both have to be proved.
        case .xid(79), .event(.offTheBus), .event(.notResponding), .event(.nvsentinelOffTheBus),
            .event(.aksGPUMissing):
            return [.device, .pcie]
        case .event(.pcieDowntrained), .event(.pcieCorrected), .event(.pcieUncorrected),
            .event(.pcieFatal), .event(.pcieContained):
            return .pcie
        case .event(.diskError), .event(.eksStorage), .event(.aksFilesystem),
            .event(.npdReadOnlyFilesystem):
            return .disk
        case .event(.pcieReplays), .event(.nvsentinelPCIe): return [.device, .pcie]
        // They do not say what of the machine is bad.
        case .event(.nvsentinelQuarantine), .event(.hyperPodReboot), .event(.hyperPodReplacement),
            .event(.hyperPodCheckFailed), .event(.hyperPodFault), .event(.nvsentinelDevice):
            return [.device, .deviceMemory, .pcie, .host]
        default: break
        }
        switch row?.scope {
        case .link, .fabricSwitch: return .deviceLink
        case .network: return .network
        case .node: return .host
        case .process, .device, .driver, nil: return .device
        }
    }

    /// The rule without numbers that differ from line to line.
    private static func text(_ rule: DecidingRule) -> String {
        switch rule {
        case .linkDecode(let unit, _): "NVLink decode table, \(unit)"
        case .repetition(let code, _): "repetitions of \(code.text)"
        case .repeatedRepairs: "repeated faults that need a repair"
        default: rule.text
        }
    }
}
