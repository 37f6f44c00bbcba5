/// One rule that decodes an XID from 144 to 150: which register patterns mean what.
///
/// The first register (`IntrInfo`) names the unit and how the link went down; driver R575 changed
/// where in the register. The second is the error's status.
public struct NVLinkRule: Hashable, Sendable {
    /// What a rule asks for.
    public enum Outcome: String, Hashable, Sendable {
        /// Nothing.
        case ignore
        /// Reset the GPU.
        case reset
        /// What XID 154 says; without one, restart the application.
        case followVerdict
    }

    /// A pattern of bits of the first register.
    struct Pattern: Hashable, Sendable {
        var mask: UInt32
        var value: UInt32

        func matches(_ word: UInt32) -> Bool { word & mask == value }
    }

    /// The XID.
    public var code: Int32
    /// The unit; with a slash, its names before and from R575 on.
    public var unit: String
    /// The pattern of drivers before R575.
    let before575: Pattern
    /// The pattern from R575 on.
    let from575: Pattern
    /// The statuses that it is about; none for any.
    public var statuses: [UInt32]
    /// What to do at once.
    public var outcome: Outcome
    /// What to do when that did not end it.
    public var followUp: FaultFollowUp
    /// Whether the link or the GPU stops.
    public var isFatal: Bool

    init(
        _ code: Int32, _ unit: String, _ before575: (UInt32, UInt32), _ from575: (UInt32, UInt32),
        _ statuses: [UInt32], _ outcome: Outcome, _ followUp: FaultFollowUp, _ isFatal: Bool
    ) {
        self.code = code
        self.unit = unit
        self.before575 = Pattern(mask: before575.0, value: before575.1)
        self.from575 = Pattern(mask: from575.0, value: from575.1)
        self.statuses = statuses
        self.outcome = outcome
        self.followUp = followUp
        self.isFatal = isFatal
    }

    /// All rules, those with more bits first where two can match.
    public static let all = NVLinkRules144To148.rules + NVLinkRules149To150.rules

    /// The rule for a fault; nil when none fits, or when the line has no registers.
    ///
    /// The line does not say which driver printed it, so both layouts are tried, and the unit's
    /// name has to agree.
    public static func matching(_ fault: LogFault) -> NVLinkRule? {
        guard case .xid(let code) = fault.code, (144...150).contains(code), fault.words.count >= 2
        else { return nil }
        let (info, status) = (fault.words[0], fault.words[1])
        var flagged: NVLinkRule?
        for rule in all where rule.code == code && rule.isAbout(unit: fault.unit) {
            guard rule.from575.matches(info) || rule.before575.matches(info) else { continue }
            if rule.statuses.isEmpty || rule.statuses.contains(status) { return rule }
            // Up to 148 the status has one bit for each error, and there may be several at once.
            guard code <= 148, rule.statuses.contains(where: { status & $0 != 0 }) else { continue }
            if flagged == nil || (rule.isFatal && flagged?.isFatal == false) { flagged = rule }
        }
        return flagged
    }

    private func isAbout(unit name: String) -> Bool {
        if unit == name { return true }
        let names = unit.split(separator: "/")
        return name.split(separator: "/").contains { names.contains($0) }
    }
}
