import Documents
import FleetModel
import Health
import HealthControl
import HealthSignals
import Qualification

/// Where work runs: simulated machines, this machine's processes, a cluster.
///
/// The driver tells a backend what to do and never waits for it; the backend reports what has
/// happened. Orders come at least once: after a crash the driver repeats those that no report
/// settled, so an order is known by its job and attempt (and resize), and carrying it out twice
/// must be harmless. `BackendConformance` in the tests says what every backend must do.
public protocol Backend: Sendable {
    /// What it is called: `local`, `simulated`.
    var name: String { get }

    /// The nodes that it has now; asked once, before ``start(expecting:reporting:)``.
    func inventory() async throws -> FleetDefinition

    /// Begins to work, with what the driver believes to run, and reports from then on.
    ///
    /// Of the gangs expected, those that still run go on and are reported as started; what ended
    /// meanwhile is reported as it ended; what is not there any more is reported as failed with
    /// cause `node`, or as stopped when it was being stopped. A gang in phase `starting` that the
    /// backend has never heard of is not reported: its order comes again. Whatever else the
    /// backend runs is ended, without a report. Returns once that is settled.
    func start(
        expecting gangs: [ExpectedGang], reporting: @escaping @Sendable (BackendReport) -> Void
    ) async throws

    /// Carries an order out, some time soon. Must not block.
    func execute(_ order: BackendOrder)

    /// Lets go of the control plane; what runs goes on where that is possible.
    func stop() async

    /// What a member wrote; nil when there is nothing to read it from.
    func log(of member: MemberKey) -> (any MemberLog)?

    /// Jobs of which something is kept, such as logs or checkpoints, until they are forgotten.
    /// Asked once, after the start.
    func keptJobs() -> [JobID]

    /// Where another scheduler, which is in charge, does otherwise than the driver decides; nil
    /// for backends that are in charge themselves.
    func differences() async -> StartDifferences?

    /// What its nodes are made of, by its own ids, as far as it can tell; asked once, after
    /// ``inventory()``.
    func hardware() async -> [NodeID: HardwareFacts]

    /// Which versions its nodes had at first, where nobody else tells them: taken for nodes of
    /// which nothing is known. Asked once, after ``inventory()``.
    func versions() async -> [NodeID: [FoundVersion]]

    /// Who tests and repairs its nodes; nil where nobody does, so that people have to.
    var care: (any NodeCare)? { get }

    /// Whether a member gets the very devices that the driver chose for it. Where something else
    /// gives devices away, as a kubelet does, the driver's numbers only count them: a single one
    /// is kept from work only if ``BackendReport/withheld(_:devices:)`` says so.
    var assignsDevices: Bool { get }

    /// Whether it wants to know the tenants: before the start, when the tree changes, and now and
    /// then when their use does.
    var wantsTenants: Bool { get }
}

extension Backend {
    /// Nothing is kept.
    public func keptJobs() -> [JobID] { [] }

    /// Nobody else is in charge.
    public func differences() async -> StartDifferences? { nil }

    /// Nothing is known.
    public func hardware() async -> [NodeID: HardwareFacts] { [:] }

    /// Nothing is known.
    public func versions() async -> [NodeID: [FoundVersion]] { [:] }

    /// Nobody.
    public var care: (any NodeCare)? { nil }

    /// It does.
    public var assignsDevices: Bool { true }

    /// It does not.
    public var wantsTenants: Bool { false }
}

/// One member of one attempt of a job.
public struct MemberKey: Hashable, Sendable {
    /// The job.
    public var job: JobID
    /// The attempt.
    public var attempt: Attempt
    /// The member's rank: its place in the list of the directive to start, or the next free number
    /// when it joined later.
    public var rank: Int

    /// Gathers a key.
    public init(job: JobID, attempt: Attempt, rank: Int) {
        self.job = job
        self.attempt = attempt
        self.rank = rank
    }
}

/// The output of a member, standard output and error together, as far as it was kept.
public protocol MemberLog: Sendable {
    /// The first and the end offset of what is kept now; both only grow.
    func extent() throws -> Range<Int64>
    /// Bytes from an offset on, at most `limit`; fewer, or none, at the end. Offsets before the
    /// extent start at its beginning.
    func read(from offset: Int64, limit: Int) throws -> [UInt8]
    /// Whether the member has ended, so that nothing more will come.
    func isComplete() -> Bool
}

/// One member as it is to be started.
public struct MemberLaunch: Hashable, Sendable {
    /// Its rank.
    public var rank: Int
    /// Its role, an index into ``GangLaunch/roles``.
    public var role: Int
    /// The node.
    public var node: NodeID
    /// Bit `i` says that it has device `i` of the node.
    public var devices: UInt64

    /// Gathers a member.
    public init(rank: Int, role: Int, node: NodeID, devices: UInt64) {
        self.rank = rank
        self.role = role
        self.node = node
        self.devices = devices
    }
}

/// Everything that a backend needs to start an attempt of a job.
public struct GangLaunch: Sendable {
    /// The job.
    public var job: JobID
    /// The attempt.
    public var attempt: Attempt
    /// The job as it was submitted: names, roles, what to run.
    public var document: JobDocument
    /// The tenant's full name.
    public var tenant: String
    /// The members in order of rank.
    public var members: [MemberLaunch]
    /// When the job must have ended; nil without a time limit.
    public var deadline: Instant?
    /// The last step that a checkpoint keeps, as far as the job has told.
    public var checkpointedStep: Int64?
    /// The step that a checkpoint kept when this attempt began, as a span: to a simulation a step
    /// is one second of work.
    public var progressKept: TimeSpan

    /// Gathers a launch.
    public init(
        job: JobID, attempt: Attempt, document: JobDocument, tenant: String,
        members: [MemberLaunch], deadline: Instant? = nil, checkpointedStep: Int64? = nil,
        progressKept: TimeSpan = .zero
    ) {
        self.job = job
        self.attempt = attempt
        self.document = document
        self.tenant = tenant
        self.members = members
        self.deadline = deadline
        self.checkpointedStep = checkpointedStep
        self.progressKept = progressKept
    }
}

extension TimeSpan {
    /// The work that steps stand for in a simulation: a second each. Bounded as the spans of files
    /// are, since a program may count as its steps whatever it likes.
    public static func work(ofSteps steps: Int64) -> TimeSpan {
        .seconds(min(max(0, steps), FleetLimits.seconds))
    }
}

/// A gang that runs, as the driver believes.
public struct ExpectedGang: Sendable {
    /// How far it is.
    public enum Phase: Hashable, Sendable {
        /// It was ordered, and nobody has said that it runs.
        case starting
        /// It runs.
        case running
        /// It was told to stop; the order comes again.
        case stopping
    }

    /// The gang with its present members.
    public var launch: GangLaunch
    /// How far it is.
    public var phase: Phase
    /// When the attempt was ordered to start.
    public var startedAt: Instant

    /// Gathers a gang.
    public init(launch: GangLaunch, phase: Phase, startedAt: Instant) {
        self.launch = launch
        self.phase = phase
        self.startedAt = startedAt
    }
}

/// What a backend is to do.
public enum BackendOrder: Sendable {
    /// Start every member. Settled by `started`, or by `failed` with nothing left running.
    case start(GangLaunch)
    /// Stop every member: the signal, the grace time, the end by force. Settled by `stopped`; a
    /// gang that is not there is stopped already.
    case stop(JobID, Attempt, StopReason)
    /// Stop these ranks; the others go on. Settled by `shrunk`.
    case shrink(JobID, Attempt, Resize, ranks: [Int])
    /// Start these members beside the others.
    case grow(JobID, Attempt, Resize, GangLaunch, ranks: [Int])
    /// Nobody will ask for the logs of this job any more.
    case forget(JobID)
    /// News of a job that the backend found, by its key.
    case tell(key: String, FoundJobNews)
    /// Say again which nodes this rule admits and prefers.
    case sayRule(String)
    /// The tenants that there are now, with their use; only for a backend that wants to know.
    case tenants([TenantFigures])
}

/// How far a job says that it is.
public struct JobProgress: Hashable, Sendable {
    /// The step that it is at.
    public var step: Int64
    /// The step that it could resume from.
    public var checkpointedStep: Int64?
    /// How long the last checkpoint held it up, in milliseconds.
    public var checkpointMilliseconds: Int64?

    /// Gathers progress.
    public init(
        step: Int64, checkpointedStep: Int64? = nil, checkpointMilliseconds: Int64? = nil
    ) {
        self.step = step
        self.checkpointedStep = checkpointedStep
        self.checkpointMilliseconds = checkpointMilliseconds
    }
}

/// How a member ended.
public struct MemberExit: Hashable, Sendable {
    /// The member's rank.
    public var rank: Int
    /// Its exit code; nil when a signal ended it, or nobody knows.
    public var code: Int32?
    /// The signal that ended it.
    public var signal: Int32?

    /// Gathers an exit.
    public init(rank: Int, code: Int32? = nil, signal: Int32? = nil) {
        self.rank = rank
        self.code = code
        self.signal = signal
    }
}

/// What a backend has seen happen.
public enum BackendReport: Sendable {
    /// Every member runs.
    case started(JobID, Attempt)
    /// Every member ended with success, by itself.
    case finished(JobID, Attempt, [MemberExit])
    /// The attempt ended badly, and none of its members runs any more. `detail` is for people.
    case failed(
        JobID, Attempt, FailureCause, suspect: NodeID?, retry: RetryAdvice, exits: [MemberExit],
        detail: String)
    /// No member runs any more, as the order to stop asked.
    case stopped(JobID, Attempt, [MemberExit])
    /// What is known about an attempt that is just about to be reported as failed.
    case evidence(JobID, Attempt, AttemptEvidence)
    /// The members that were to leave have left.
    case shrunk(JobID, Attempt, Resize)
    /// The job says how far it is.
    case progress(JobID, Attempt, JobProgress)
    /// Nodes have come, or come back.
    case nodesJoined([NodeID])
    /// Nodes are gone, and what ran there with them.
    case nodesLost([NodeID], detail: String)
    /// Which devices of a node are out of service from now on.
    case deviceHealth(NodeID, unhealthy: UInt64, detail: String)
    /// The node should take no new work; with a deadline what runs there must leave by then.
    case drain(NodeID, deadline: Instant?, detail: String)
    /// The node is in order again.
    case resume(NodeID, detail: String)
    /// Nodes are there, new or known, and are like this from now on.
    case nodes([NodeReport])
    /// The nodes, by the backend's ids, that a rule of this name admits from now on, and those of
    /// them that it would rather have: none where all are alike.
    case rule(String, admits: [NodeID], prefers: [NodeID] = [])
    /// A job was found, or found again. Saying so twice is harmless.
    case found(FoundJob)
    /// A job that was found is not there any more.
    case vanished(key: String, Departure = .withdrawn)
    /// The quota tree is the backend's to say, and is this from now on; nil when it is no longer.
    case tenants(TenantsReport?)
    /// A node says what it is made of; other hardware under its name is another machine.
    case hardware(NodeID, HardwareFacts)
    /// A test that was asked for has ended.
    case qualified(NodeID, OperationID, QualificationAnswer)
    /// A node says which versions it has, all that are known.
    case versions(NodeID, [FoundVersion])
    /// A repair, or the installation of a stack, that was asked for has ended.
    case repaired(NodeID, OperationID, RepairOutcome)
    /// A test that was asked for has ended, with what it says of the machine that it ran on: what
    /// was another machine, or was tested before the fault, answers nothing.
    case tested(NodeID, OperationID, HandedInTest)
    /// What is to be said about a test or a repair, for people.
    case remarked(NodeID, OperationID, String)
    /// All that other tools say of a node now.
    case statements(NodeID, [ToolStatement])
    /// So many devices of a node are given to nobody now, by whoever gives them away. They are
    /// among those that the node's report has out of service.
    case withheld(NodeID, devices: Int)
}

/// What the exit codes of a job say about trying again.
public enum RetryAdvice: UInt8, Hashable, Sendable {
    /// As the cause says, within the job's retries.
    case byCause
    /// Again on other nodes: the one to blame is suspected.
    case elsewhere
    /// Never: the job ends as failed.
    case never
}
