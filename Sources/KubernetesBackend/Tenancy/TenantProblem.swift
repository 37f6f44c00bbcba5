/// Something about a Tenant object that is not as its author may think.
struct TenantProblem: Hashable {
    /// What it is, in the word for events and conditions.
    enum Reason: String {
        case unreadableField = "UnreadableField"
        case unknownParent = "UnknownParent"
        case parentLoop = "ParentLoop"
        case tooManyTenants = "TooManyTenants"
        case invalidTenant = "InvalidTenant"
        case invalidQuota = "InvalidQuota"
        case invalidCells = "InvalidCells"
        case guaranteeTooLarge = "GuaranteeTooLarge"
        case alreadyClaimed = "AlreadyClaimed"
        case notALeaf = "NotALeaf"
        case parentHasJobs = "ParentHasJobs"
        case unknownKind = "UnknownKind"
        case largerThanCluster = "LargerThanCluster"
    }

    var reason: Reason
    /// The field, as `spec.quota[H100].limit`.
    var field: String
    /// What is wrong, and what counts instead.
    var message: String

    /// Whether all of the object counts, as far as that depends on its author: nodes come and go.
    var isRemark: Bool { reason == .unknownKind || reason == .largerThanCluster }

    var text: String { "\(field): \(message)" }
}
