import KubernetesJSON

/// What the API server answers when it does not do what is asked: a normal answer, not a failure.
///
/// It is an `Error` only to be the other side of a `Result`; it is never thrown by this module.
public struct APIRefusal: Error, Hashable, Sendable {
    /// One of the reasons, where there are several.
    public struct Cause: Hashable, Sendable {
        /// A word for programs, as `FieldValueInvalid` or `DisruptionBudget`.
        public var reason: String
        /// A sentence for people.
        public var message: String
        /// The path of the field that it is about; may be empty.
        public var field: String
    }

    /// The status of HTTP; 0 when it was not sent, because the fence was closed.
    public var status: Int
    /// A word for programs, as `NotFound`, `Conflict` or `AlreadyExists`; may be empty.
    public var reason: String
    /// A sentence for people.
    public var message: String
    /// After how many seconds to ask again, when the server says so.
    public var retryAfterSeconds: Int64?
    /// The single reasons.
    public var causes: [Cause]

    /// Gathers a refusal.
    public init(
        status: Int, reason: String = "", message: String = "", retryAfterSeconds: Int64? = nil,
        causes: [Cause] = []
    ) {
        self.status = status
        self.reason = reason
        self.message = message
        self.retryAfterSeconds = retryAfterSeconds
        self.causes = causes
    }

    /// Nothing of that name is there, or nothing of that kind.
    public var isNotFound: Bool { status == 404 }
    /// The object was changed meanwhile, exists already, or is not in the state for this.
    public var isConflict: Bool { status == 409 }
    /// The version to begin at is too old: only a new list helps.
    public var isExpired: Bool { status == 410 || reason == "Expired" || reason == "Gone" }
    /// The server has too much to do.
    public var isBusy: Bool { status == 429 || status == 503 }
    /// A PodDisruptionBudget is in the way of an eviction.
    public var isDisruptionBudget: Bool { causes.contains { $0.reason == "DisruptionBudget" } }
    /// It was not sent, because the fence was closed at the last moment.
    public var isFenced: Bool { status == 0 && reason == APIRefusal.fenced.reason }
    /// The version to begin at is not there yet, or belongs to another history of the server.
    var isTooNew: Bool { causes.contains { $0.reason == "ResourceVersionTooLarge" } }

    /// What a closed fence answers.
    static let fenced = APIRefusal(
        status: 0, reason: "Fenced", message: "not sent: this replica does not lead any more")
}

/// An object of the kind `Status`.
struct StatusObject: Decoded {
    var kind = ""
    var refusal = APIRefusal(status: 0)

    init(reading scanner: inout JSONScanner) throws(JSONFault) {
        try scanner.enterObject()
        while let key = try scanner.nextKey() {
            switch key {
            case "kind": kind = try scanner.string()
            case "message": refusal.message = try scanner.string()
            case "reason": refusal.reason = try scanner.string()
            case "code": refusal.status = Int(clamping: try scanner.integer())
            case "details": try readDetails(&scanner)
            default: try scanner.skipValue()
            }
        }
    }

    private mutating func readDetails(_ scanner: inout JSONScanner) throws(JSONFault) {
        try scanner.enterObject()
        while let key = try scanner.nextKey() {
            switch key {
            case "retryAfterSeconds":
                let seconds = try scanner.integer()
                if seconds > 0 { refusal.retryAfterSeconds = seconds }
            case "causes":
                try scanner.enterArray()
                while try scanner.nextElement() { try readCause(&scanner) }
            default: try scanner.skipValue()
            }
        }
    }

    private mutating func readCause(_ scanner: inout JSONScanner) throws(JSONFault) {
        var cause = APIRefusal.Cause(reason: "", message: "", field: "")
        try scanner.enterObject()
        while let key = try scanner.nextKey() {
            switch key {
            case "reason": cause.reason = try scanner.string()
            case "message": cause.message = try scanner.string()
            case "field": cause.field = try scanner.string()
            default: try scanner.skipValue()
            }
        }
        // Enough for people; a hostile answer does not get to fill the memory.
        if refusal.causes.count < 64 { refusal.causes.append(cause) }
    }
}
