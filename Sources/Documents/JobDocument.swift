import FleetModel
import Simulation

/// One job as it was written: names instead of ids.
public struct JobDocument: Sendable {
    /// The job's name.
    public var name: Located<String>
    /// The tenant's full name, if it is given; empty when it is unreadable.
    public var tenant: Located<String>?
    /// Higher goes first within a tenant; a class name is looked up already.
    public var priority: Int32
    /// Whether it may be stopped for another job and started again.
    public var preemptible: Bool
    /// Its roles; a job in the flat form has a single one.
    public var roles: [RoleEntry]
    /// Where its members may stand relative to each other.
    public var topology: TopologyEntry
    /// Pools that it may use; nil for all.
    public var pools: [Located<String>]?
    /// The longest it may run.
    public var timeLimit: TimeSpan?
    /// How long it is expected to run.
    public var expectedDuration: TimeSpan?
    /// Time between its checkpoints.
    public var checkpointPeriod: TimeSpan?
    /// Time lost by each start.
    public var restartCost: TimeSpan
    /// Once started it is not preempted before this.
    public var minimumRunTime: TimeSpan
    /// What jobs are called that run as long as this one; nil when it is like no other.
    public var family: Located<String>?
    /// How often it is started again.
    public var retries: RetryLimits
    /// Jobs that must end first.
    public var dependencies: [DependencyEntry]
    /// Whether it waits until it is released.
    public var held: Bool
    /// It does not start before this long after the origin.
    public var notBefore: TimeSpan?
    /// What only a simulation needs.
    public var simulation: SimulationEntry
    /// What its members run, where programs are run.
    public var execution: ExecutionEntry
    /// The job's line.
    public var line: Int
}

/// One role of a job.
public struct RoleEntry: Sendable {
    /// The role's name; the job's own in the flat form.
    public var name: String
    /// The fewest members that are of use.
    public var minimum: Int32
    /// The most members.
    public var maximum: Int32
    /// What each member asks of its node.
    public var request: MemberRequest
    /// Accelerator kinds that will do; nil for all.
    public var accelerators: [Located<String>]?
    /// The role's line.
    public var line: Int
}

/// The topology wish of a job, with levels by name.
public struct TopologyEntry: Sendable {
    /// Where the gang as a whole may stand.
    public enum Preference: Sendable {
        /// As close together as there is room for.
        case closest
        /// All in one domain of the level.
        case required(Located<String>)
        /// In one domain of the level if possible.
        case preferred(Located<String>)
        /// Required at the level, after a while at `then`, or anywhere when that is nil.
        case relaxing(Located<String>, after: TimeSpan, then: Located<String>?)
    }

    /// Where the gang as a whole may stand.
    public var preference: Preference
    /// Members of each group that must stand together, and the level of which one domain holds it.
    public var slice: (members: Located<Int32>, level: Located<String>)?
}

/// A job that must end first.
public struct DependencyEntry: Sendable {
    /// Its name; a repeated job's name without a number stands for all of its copies.
    public var job: Located<String>
    /// Whether it must have succeeded.
    public var mustSucceed: Bool
}

/// What only the simulated world knows of a job.
public struct SimulationEntry: Sendable {
    /// When it is submitted, after the start of the simulation.
    public var submit: TimeSpan
    /// How long it runs; the expected duration when it is nil.
    public var runTime: TimeSpan?
    /// Whether its program fails at the end.
    public var fails: Bool
    /// It is cancelled this long after its submission.
    public var cancelAfter: TimeSpan?
    /// How many copies there are, and the time between their submissions; nil for just one.
    public var repetition: (count: Int, every: TimeSpan)?
}

/// A jobs file as it was written: one job, or a list of them.
public struct JobsDocument: Sendable {
    /// The file's name.
    public var file: String
    /// The jobs in order of the text.
    public var jobs: [JobDocument]
    /// Mistakes in the writing. A document that has some resolves to nothing.
    public var diagnostics: [Diagnostic]

    /// Priority classes that need no declaration.
    public static let priorityClasses: [(name: String, priority: Int32)] = [
        ("low", -100), ("normal", 0), ("high", 100),
    ]
    /// The tenant of jobs that name none, where there is no quota tree.
    public static let defaultTenant = "default"
}

extension JobsDocument {
    /// Reads a jobs file: a mapping with a list `jobs`, or one job by itself. Never fails: mistakes
    /// are in ``diagnostics``, all of them.
    public static func parse(_ source: SourceText) -> JobsDocument {
        let findings = Findings(file: source.file)
        let value = YAMLReader.read(source, findings)
        var document = JobsDocument(file: source.file, jobs: [], diagnostics: [])
        if let value { document.jobs = JobsParser(findings: findings).jobs(file: value) }
        document.diagnostics = findings.all
        return document
    }

    /// The jobs as a simulation runs them; or every mistake, those of reading included.
    ///
    /// Without a quota tree each tenant that a job names becomes a leaf below the fleet. Jobs come
    /// out in order of submission, those of one instant in order of the text but after the jobs
    /// that they depend on.
    public func resolve(
        fleet: FleetDefinition, tenants: TenantTree?
    ) -> Result<Workload, DiagnosticList> {
        let findings = Findings(file: file, known: diagnostics)
        let names = NameScope(fleet: fleet, tenants: tenants)
        let builder = WorkloadBuilder(document: self, scope: names, findings: findings)
        return findings.result(builder.workload())
    }
}
