import FleetModel

/// What a token allows. From ``viewer`` on each role may do all that those before it may.
public enum Role: String, CaseIterable, Comparable, Sendable {
    /// Tells of the hardware of nodes, and sees nothing.
    case agent
    /// Sees the fleet, the queue and the reasons; no logs, commands and environments.
    case viewer
    /// Submits and handles jobs of one tenant and those below it, and sees their logs.
    case submitter
    /// Handles all jobs, nodes and quotas, and sees all logs.
    case `operator`
    /// Handles tokens and sees the audit log.
    case admin

    private var rank: Int { Role.allCases.firstIndex(of: self) ?? 0 }

    /// Orders by what is allowed.
    public static func < (left: Role, right: Role) -> Bool { left.rank < right.rank }
}

/// Who makes a request.
public struct Identity: Sendable {
    /// The token's name; `anonymous` without one.
    public var name: String
    /// What is allowed.
    public var role: Role
    /// The tenant of a submitter.
    public var tenant: String?
    /// The one node that an agent may speak for; nil for any.
    public var node: String?
    /// The token's number; nil without one.
    public var token: Int64?
    /// The attempt whose progress it may report, and nothing else; nil for everybody else.
    public var attempt: AttemptKey?

    /// Gathers an identity.
    public init(
        name: String, role: Role, tenant: String? = nil, node: String? = nil, token: Int64? = nil
    ) {
        self.name = name
        self.role = role
        self.tenant = tenant
        self.node = node
        self.token = token
    }

    /// Whose limits count for a request from an address.
    func caller(_ address: String) -> String { token.map { "token \($0)" } ?? address }

    /// Whether it may handle, and see all of, what belongs to a tenant.
    public func owns(tenant other: String) -> Bool {
        if role >= .operator { return true }
        guard role == .submitter, let tenant else { return false }
        return other == tenant || other.hasPrefix(tenant + "/")
    }

    /// Throws `M0603` unless the role is at least `least`, `M0602` where there is no token at all;
    /// `or` names another role that would do.
    public func require(_ least: Role, or other: Role? = nil) throws(OperatingError) {
        guard role < least else { return }
        let wanted = [other, least].compactMap { $0?.rawValue }.joined(separator: " or ")
        throw OperatingError(
            token == nil && role == .viewer ? .notAuthenticated : .notAllowed,
            "the role \(role.rawValue) may not do this", detail: "it takes \(wanted)",
            hint: token == nil
                ? "send a token: Authorization: Bearer … (muster up prints one, and keeps it in "
                    + "admin.token of its data folder)"
                : "ask an admin for a token with more rights: muster tokens add")
    }

    /// Throws `M0603` for somebody who may speak for one node, and that is not this one.
    public func require(node other: String) throws(OperatingError) {
        guard let node, node != other else { return }
        throw OperatingError(
            .notAllowed, "the token '\(name)' is for another node",
            detail: "it may speak for '\(node)', this is about '\(other.prefix(200))'",
            hint: "give each node its own: muster tokens add NAME --role agent --node NODE")
    }

    /// Throws `M0603` unless it may handle what belongs to a tenant.
    public func require(tenant other: String) throws(OperatingError) {
        guard !owns(tenant: other) else { return }
        try require(.submitter)
        throw OperatingError(
            .notAllowed, "the token '\(name)' is for another tenant",
            detail: "it may handle jobs of '\(tenant ?? "")', this is about '\(other)'")
    }
}
