import FleetModel
import Store

/// Who asks for something, for the audit log.
public struct Caller: Sendable {
    /// The token's name, or `anonymous`.
    public var name: String
    /// The role.
    public var role: String
    /// Where the request came from.
    public var address: String

    /// Gathers a caller.
    public init(name: String, role: String, address: String) {
        self.name = name
        self.role = role
        self.address = address
    }
}

extension Driver {
    /// Notes in the audit log what somebody has done, in the transaction of what was done.
    func audit(
        _ caller: Caller, _ action: String, _ object: String, detail: String = "",
        outcome: String = "done"
    ) {
        let row = AuditRow(
            at: now, who: caller.name, role: caller.role, action: action, object: object,
            detail: String(detail.prefix(2000)), outcome: outcome, address: caller.address)
        pending.others.append { try $0.appendAudit(row) }
    }
}

extension ControlPlane {
    /// Notes in the audit log what somebody was refused, or did elsewhere.
    public func audit(
        _ caller: Caller, _ action: String, _ object: String, detail: String, outcome: String
    ) async {
        try? await perform { driver in
            driver.audit(caller, action, object, detail: detail, outcome: outcome)
        }
    }
}
