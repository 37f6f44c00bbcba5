/// What faults mean: NVIDIA's published tables as the base, the site's rules over them.
///
/// A single fault is decided here (``decision(for:model:)``); what a fault means beside others, and
/// what the driver itself asks for, is decided by the burst (``FaultBursts``). *Unknown* is an
/// answer of its own: it never takes hardware out of service.
public struct FaultCatalogue: Hashable, Sendable {
    /// The version of the base tables: the workbook's date and Muster's revision of it.
    public static let version = "nvidia-2025-09-30/1"

    /// The site's rules.
    public var rules: FaultRules

    /// The base with a site's rules, which must be valid (``FaultRules/diagnostics(file:)``).
    public init(rules: FaultRules = FaultRules()) { self.rules = rules }

    /// The version that a verdict names: of the base, and of the rules if there are any.
    public var version: String {
        rules.rules.isEmpty ? Self.version : "\(Self.version)+\(rules.version)"
    }

    /// Codes that follow from other faults: a torn-down channel, a stopped channel, a fault that a
    /// remote unit reports.
    static let cascades: Set<FaultCode> = [.xid(43), .xid(45), .xid(137)]

    /// Codes that end only a process, though hardware caused them: contained memory errors.
    static let hardwareOfProcesses: Set<FaultCode> = [.xid(94)]

    /// All rows of XIDs, by number.
    public static let xids = Xids1To65.rows + Xids66To120.rows + XidsFrom121.rows

    /// All rows of SXIDs, by number.
    public static let sxids = SxidsTo19050.rows + SxidsFrom19051.rows

    /// All rows of shapes without a number.
    public static let events = EventRows.rows + MetricRows.rows + StatementRows.rows

    private static let rows: [FaultCode: CatalogueRow] = {
        var rows: [FaultCode: CatalogueRow] = [:]
        for row in xids + sxids + events { rows[row.code] = row }
        return rows
    }()

    /// What is published about a code; nil for a code that nobody has explained.
    public static func row(for code: FaultCode) -> CatalogueRow? { rows[code] }

    /// What a fault means by itself: the base, unless one of the site's rules without a threshold
    /// is about it.
    ///
    /// - Parameter model: the kind of the node's accelerators, for rules that name one.
    public func decision(for fault: LogFault, model: String = "") -> FaultDecision {
        let base = Self.baseDecision(for: fault)
        guard
            let rule = rules.rules.first(where: {
                $0.threshold == nil && $0.isAbout(fault, model: model)
            })
        else { return base }
        return base.overridden(by: rule)
    }

    /// What the published tables say about a fault.
    public static func baseDecision(for fault: LogFault) -> FaultDecision {
        guard let row = row(for: fault.code) else {
            return FaultDecision(
                .unknown, .unknown, .contactProvider, .unknown, by: .unknownCode(fault.code))
        }
        var decision = FaultDecision(
            row.severity, row.action, row.followUp, row.nature, by: .catalogue(fault.code))
        switch fault.code {
        case .xid(74): refineLink(&decision, fault)
        case .xid(144...150): refineLink5(&decision, fault)
        case .xid(154):
            if let recovery = fault.recovery, recovery != .none {
                decision.severity = recovery.severity
                decision.action = recovery.action
                decision.rule = .recoveryVerdict(recovery)
                decision.nature = .hardware
            } else if fault.recovery == nil {
                decision.severity = .unknown
                decision.action = .unknown
                decision.nature = .unknown
            }
        case .sxid: refineSwitch(&decision, fault)
        default: break
        }
        return decision
    }

    private static func refineLink(_ decision: inout FaultDecision, _ fault: LogFault) {
        guard let finding = LinkFinding.decode(fault.words) else { return }
        decision.severity = finding.severity
        decision.action = finding.action
        decision.rule = .linkRegisters(finding)
        switch finding {
        case .ignorable, .threshold: decision.nature = .notice
        case .sympathetic: decision.nature = .cascade
        default: decision.nature = .hardware
        }
    }

    private static func refineLink5(_ decision: inout FaultDecision, _ fault: LogFault) {
        guard let rule = NVLinkRule.matching(fault) else { return }
        decision.followUp = rule.followUp
        decision.rule = .linkDecode(unit: rule.unit, status: fault.words[1])
        switch rule.outcome {
        case .ignore:
            decision.severity = .info
            decision.action = .none
            decision.nature = .notice
        case .reset:
            decision.severity = .critical
            decision.action = .resetDevice
        case .followVerdict:
            decision.severity = .warning
            decision.action = .restartApplication
        }
    }

    /// The guide calls most codes of switches fatal only if the line says so.
    private static func refineSwitch(_ decision: inout FaultDecision, _ fault: LogFault) {
        guard decision.severity == .critical, fault.declared != .fatal else { return }
        if decision.action == .resetLinkedDevices { decision.action = .none }
        decision.severity = fault.declared == .nonFatal ? .info : .warning
        if decision.action != .none { decision.severity = .warning }
        if decision.severity == .info { decision.nature = .notice }
    }
}
