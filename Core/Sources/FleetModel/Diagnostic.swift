/// One mistake in what a person or a file told Muster.
public struct Diagnostic: Hashable, Sendable {
    /// The stable code, with a page of its own in `docs/errors/`.
    public var code: DiagnosticCode
    /// The file, if the mistake is in one.
    public var file: String
    /// The line in the file, counted from 1; 0 when the mistake is not on a line.
    public var line: Int
    /// What is wrong: lower case, no full stop.
    public var message: String
    /// What was expected instead.
    public var expected: String
    /// What to do about it; empty when that is obvious.
    public var hint: String

    /// Gathers a diagnostic.
    public init(
        _ code: DiagnosticCode, file: String = "", line: Int = 0, message: String,
        expected: String = "", hint: String = ""
    ) {
        self.code = code
        self.file = file
        self.line = line
        self.message = message
        self.expected = expected
        self.hint = hint
    }

    /// The diagnostic in the form that compilers use, so that editors can jump to it.
    public var text: String {
        var text = ""
        if !file.isEmpty { text += file + ":" + (line > 0 ? "\(line):" : "") + " " }
        text += "error \(code.rawValue): \(message)"
        if !expected.isEmpty { text += "\n    expected: \(expected)" }
        if !hint.isEmpty { text += "\n    hint: \(hint)" }
        return text
    }
}

/// Every code that a diagnostic can have. Each has the page `docs/errors/<code>.md`.
public enum DiagnosticCode: String, CaseIterable, Hashable, Sendable {
    /// A file cannot be opened, read or written.
    case fileAccess = "M0101"
    /// Compressed data is broken or ends early.
    case gzip = "M0102"
    /// A line is longer than the limit.
    case lineTooLong = "M0103"
    /// The text is not YAML.
    case yamlSyntax = "M0201"
    /// A key that the form does not have.
    case unknownKey = "M0202"
    /// A key that the form needs is absent.
    case missingKey = "M0203"
    /// A value of the wrong type or outside its range.
    case invalidValue = "M0204"
    /// A name that nothing has.
    case unknownName = "M0205"
    /// The same name twice.
    case duplicateName = "M0206"
    /// A tenant or job that is its own ancestor or prerequisite.
    case cycle = "M0207"
    /// Guarantees that add up to more than there is.
    case overcommitted = "M0208"
    /// A fleet shorthand that does not parse.
    case fleetShorthand = "M0209"
    /// A trace without a column that its format needs.
    case missingColumn = "M0301"
    /// A field of a trace that is not what its column holds.
    case invalidField = "M0302"
    /// A trace whose format is not known.
    case unknownFormat = "M0303"
    /// A job that no state of the fleet could run.
    case unplaceable = "M0304"
    /// A trace without jobs.
    case emptyTrace = "M0305"
    /// A journal that is none, or of an unknown version.
    case journalHeader = "M0401"
    /// A journal that ends inside a record.
    case journalTruncated = "M0402"
    /// A record whose checksum does not fit its bytes.
    case journalChecksum = "M0403"
    /// A record that does not decode.
    case journalRecord = "M0404"
    /// A replay whose state differs from the recorded one.
    case journalDivergence = "M0405"
    /// A snapshot that is none, of another version, cut off or changed.
    case snapshot = "M0406"
    /// A command line that does not make sense.
    case usage = "M0501"
    /// A question why a job waits that does not.
    case notWaiting = "M0502"
    /// A request that is not what its place takes.
    case malformedRequest = "M0601"
    /// A request without a token that is known.
    case notAuthenticated = "M0602"
    /// A request that the role does not allow.
    case notAllowed = "M0603"
    /// Nothing of this name or number is there.
    case notFound = "M0604"
    /// A method that the place does not have.
    case methodNotAllowed = "M0605"
    /// An idempotency key that was used for something else.
    case conflictingKey = "M0606"
    /// A request beyond the limits of size.
    case requestTooLarge = "M0607"
    /// A body of a media type that the place does not take.
    case unsupportedMediaType = "M0608"
    /// More requests than the limit of rate.
    case tooManyRequests = "M0609"
    /// The control plane is starting, stopping or waits for its storage.
    case notReady = "M0610"
    /// The job is over, so nothing can be done with it.
    case jobIsOver = "M0611"
    /// The storage took nothing: the disk is full, or must not be written.
    case storageFailed = "M0612"
    /// There is no log to read.
    case noLog = "M0613"
    /// The request names a host that this server is not.
    case foreignHost = "M0614"
    /// The tenants are objects of a cluster, and are changed there.
    case tenantsElsewhere = "M0615"
    /// Nothing waits for a test of the node.
    case noTestAwaited = "M0616"
    /// A test of other hardware, or of before the fault.
    case foreignTest = "M0617"
    /// A pool cannot be brought to a stack, or its rollout not be changed, as it is now.
    case rolloutRefused = "M0618"
    /// The data folder is in use by another process.
    case dataFolderInUse = "M0701"
    /// The database is of a newer version of Muster.
    case newerDatabase = "M0702"
    /// The database is damaged.
    case damagedDatabase = "M0703"
    /// The fleet or tenants do not fit what is recorded.
    case differentFleet = "M0704"
    /// The backend could not begin.
    case backendFailed = "M0705"
    /// The address to listen on is in use or not to be had.
    case addressInUse = "M0706"
    /// The files for TLS are not usable.
    case tlsFiles = "M0707"
    /// An address that others can reach needs tokens.
    case exposedWithoutTokens = "M0708"
    /// No server answers.
    case noServer = "M0801"
    /// A context that is not configured.
    case unknownContext = "M0802"
    /// An answer of the server that is not understood.
    case strangeAnswer = "M0803"
    /// A configuration of a Kubernetes cluster that cannot be used.
    case kubeconfig = "M0901"
    /// Credentials for Kubernetes that are not to be had, or not taken.
    case kubernetesCredentials = "M0902"
    /// No Kubernetes API server answers.
    case noKubernetes = "M0903"
    /// An answer of the Kubernetes API server that is not understood.
    case strangeKubernetes = "M0904"
    /// A check of a node that could not come to its end.
    case checkBroke = "M1101"
    /// A driver's library that is there and does not work.
    case driverFails = "M1102"
    /// A peer of a network check that does not answer as it should.
    case checkPeer = "M1103"
    /// Output of another tool that is not understood, or says that the tool failed.
    case toolOutput = "M1104"
    /// A member of a check across nodes that does not find the one who leads, or loses it.
    case checkGang = "M1105"
}
