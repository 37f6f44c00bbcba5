/// Something about a gang that could not be understood or cannot work: for an event and a condition
/// on the object.
public struct GangProblem: Hashable, Sendable {
    /// What kind of problem it is; stable, the reason of the event.
    public enum Code: String, Hashable, Sendable {
        /// A field of the object could not be read.
        case unreadableField = "UnreadableField"
        /// A label or annotation could not be read.
        case malformedAnnotation = "MalformedAnnotation"
        /// A pod belongs to several groups that do not agree.
        case contradictoryGroups = "ContradictoryGroups"
        /// Pods of one group do not agree on a wish for all of it.
        case contradictoryWishes = "ContradictoryWishes"
        /// The group wants more members than its workload will ever have.
        case minimumTooLarge = "MinimumTooLarge"
        /// Some of the group's pods are for another scheduler.
        case mixedSchedulers = "MixedSchedulers"
        /// More kinds of members than a job can have.
        case tooManyRoles = "TooManyRoles"
        /// More members than a job can have.
        case tooManyMembers = "TooManyMembers"
        /// A pod asks for several accelerator resources.
        case severalAccelerators = "SeveralAccelerators"
        /// A pod asks for more than any node can have.
        case requestTooLarge = "RequestTooLarge"
        /// A volume claim of a pod does not exist.
        case missingClaim = "MissingClaim"
        /// A PriorityClass does not exist.
        case missingPriorityClass = "MissingPriorityClass"
        /// Something that Muster does not do.
        case unsupported = "Unsupported"
    }

    /// What kind of problem it is.
    public var code: Code
    /// The field, as `spec.minMember` or `metadata.annotations[pod-group-name]`.
    public var field: String
    /// What is wrong: lower case, no full stop.
    public var message: String
    /// What to do about it.
    public var remedy: String
    /// Whether the gang cannot start because of it.
    public var isBlocking: Bool

    /// Gathers a problem; blocking by default.
    public init(
        _ code: Code, field: String, _ message: String, remedy: String, isBlocking: Bool = true
    ) {
        self.code = code
        self.field = field
        self.message = message
        self.remedy = remedy
        self.isBlocking = isBlocking
    }

    /// The problem of a field that could not be read: the gang waits, because what the field asked
    /// for is not known.
    init(_ problem: FieldProblem) {
        self.init(
            .unreadableField, field: problem.path, problem.message,
            remedy: "correct the field and create the object again")
    }
}
