/// What one fault means, and which rule says so.
public struct FaultDecision: Hashable, Sendable {
    /// How grave it is.
    public var severity: FaultSeverity
    /// What to do at once.
    public var action: FaultAction
    /// What to do when that did not end it.
    public var followUp: FaultFollowUp
    /// What it is by its nature.
    public var nature: FaultNature
    /// The rule that decided.
    public var rule: DecidingRule

    init(
        _ severity: FaultSeverity, _ action: FaultAction, _ followUp: FaultFollowUp,
        _ nature: FaultNature, by rule: DecidingRule
    ) {
        self.severity = severity
        self.action = action
        self.followUp = followUp
        self.nature = nature
        self.rule = rule
    }

    /// Whether the hardware must not take work before it is repaired.
    public var takesOutOfService: Bool { severity >= .critical && action.isRepair }

    /// Whether another hardware fault before it explains it. Of links NVIDIA says so for signals
    /// that are weak and for registers that are sympathetic.
    var mayFollow: Bool {
        switch rule {
        case .site: false
        case .linkRegisters(let finding): finding == .signal || nature == .cascade
        default: !takesOutOfService && (nature == .cascade || nature == .application)
        }
    }

    /// The decision with what a site's rule says instead.
    func overridden(by rule: FaultRule) -> FaultDecision {
        var decision = self
        decision.severity = rule.severity ?? severity
        decision.action = rule.action ?? action
        decision.rule = .site(rule.name)
        return decision
    }

    /// Whether this one asks for more than another.
    func isStronger(than other: FaultDecision) -> Bool {
        (severity, action) > (other.severity, other.action)
    }
}

/// Which rule decided.
public enum DecidingRule: Hashable, Sendable {
    /// The row of a code in the base tables.
    case catalogue(FaultCode)
    /// Nobody has published what the code means.
    case unknownCode(FaultCode)
    /// What the driver itself asked for (XID 154).
    case recoveryVerdict(RecoveryVerdict)
    /// The registers of XID 74.
    case linkRegisters(LinkFinding)
    /// The decode table of XIDs 144 to 150.
    case linkDecode(unit: String, status: UInt32)
    /// An uncorrectable memory error together with a row remapping (XID 48 with 63 or 64).
    case memoryErrorWithRemapping
    /// A channel's removal (XID 45) that nothing explains.
    case unexplainedRemoval
    /// A hardware fault of the same burst explains it.
    case follows(FaultCode)
    /// The same fault so often in a window, by the base tables.
    case repetition(FaultCode, count: Int)
    /// So many faults that took the device out of service.
    case repeatedRepairs(count: Int)
    /// A rule of the site, by its name.
    case site(String)

    /// The rule for people and for records.
    public var text: String {
        switch self {
        case .catalogue(let code): "catalogue, \(code.text)"
        case .unknownCode(let code): "\(code.text) is not in the catalogue"
        case .recoveryVerdict(let verdict):
            "the driver asks for \(verdict.action.rawValue) (XID 154)"
        case .linkRegisters(let finding): "registers of XID 74: \(finding.name)"
        case .linkDecode(let unit, let status):
            "NVLink decode table, \(unit) status 0x\(String(status, radix: 16))"
        case .memoryErrorWithRemapping: "XID 48 with a row remapping"
        case .unexplainedRemoval: "XID 45 alone"
        case .follows(let code): "follows from \(code.text)"
        case .repetition(let code, let count): "\(code.text) \(count) times"
        case .repeatedRepairs(let count): "\(count) faults that need a repair"
        case .site(let name): "site rule '\(name)'"
        }
    }
}
