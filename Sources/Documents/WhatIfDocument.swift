import FleetModel

/// A list of changes as it was written: names instead of ids.
public struct WhatIfDocument: Sendable {
    /// One change.
    struct Item: Sendable {
        /// What is different.
        enum Kind: Sendable {
            /// A job is described otherwise.
            case job(JobEdit)
            /// A job is submitted.
            case submit(JobDocument)
            /// Jobs are cancelled.
            case cancel([Located<String>])
            /// Held jobs are released.
            case release([Located<String>])
            /// A tenant's numbers are others.
            case quota(Located<String>, [QuotaEdit])
            /// The quota tree is another one.
            case tenants([TenantEntry])
            /// Nodes take no new work.
            case drain([Located<String>])
            /// Drained nodes take work.
            case resume([Located<String>])
            /// Nodes are gone.
            case remove([Located<String>])
            /// Nodes that are gone are back.
            case bringBack([Located<String>])
            /// So many more nodes like one.
            case add(like: Located<String>, count: Int)
            /// These devices of a node are out of service.
            case unhealthy(Located<String>, [Located<Int>])
            /// The queue order is another one.
            case policy(QueueOrder)
        }

        var kind: Kind
        var line: Int
    }

    /// What is other about a job; nil stays as it is.
    struct JobEdit: Sendable {
        var name: Located<String>
        var members: Located<ClosedRange<Int32>>?
        var gpus: Located<Int32>?
        var accelerators: [Located<String>]?
        var topology: TopologyEntry?
        var priority: Int32?
        var pools: [Located<String>]?
        var tenant: Located<String>?
        var preemptible: Bool?
        var timeLimit: TimeSpan?
    }

    /// What is other about a tenant's numbers for a kind; nil stays as it is.
    struct QuotaEdit: Sendable {
        var kind: Located<String>
        var guaranteed: Located<QuotaAmount>?
        var limit: Located<QuotaAmount>?
        var lend: Located<QuotaAmount>?
        var weight: Int64?
    }

    /// The file's name.
    public var file: String
    var items: [Item]
    /// Mistakes in the writing. A document that has some resolves to nothing.
    public var diagnostics: [Diagnostic]

    /// Reads a list of changes. Never fails: mistakes are in ``diagnostics``, all of them.
    public static func parse(_ source: SourceText) -> WhatIfDocument {
        let findings = Findings(file: source.file)
        var document = WhatIfDocument(file: source.file, items: [], diagnostics: [])
        if let value = YAMLReader.read(source, findings),
            let form = Form(
                value, "the what-if file", keys: ["changes", "priorityClasses"],
                allowsExtras: true, findings)
        {
            form.require("changes", expected: "a list of changes")
            document.items = WhatIfParser(findings: findings).changes(form)
        }
        document.diagnostics = findings.all
        return document
    }

    /// What the names in a list of changes refer to, at one moment of a simulation.
    public struct Scope {
        /// The fleet at the start.
        public var fleet: FleetDefinition
        /// The quota tree.
        public var tenants: TenantTree
        /// How the engine decides.
        public var policy: Policy
        /// The moment.
        public var now: Instant
        /// The names of all jobs, for suggestions.
        public var jobNames: [String]
        /// The id of a job.
        public var jobNamed: (String) -> JobID?
        /// What the engine knows of a job that has not ended.
        public var specification: (JobID) -> JobSpec?
        /// The id of the first job that is submitted.
        public var nextJob: JobID

        /// Gathers what names refer to.
        public init(
            fleet: FleetDefinition, tenants: TenantTree, policy: Policy, now: Instant,
            jobNames: [String], nextJob: JobID, jobNamed: @escaping (String) -> JobID?,
            specification: @escaping (JobID) -> JobSpec?
        ) {
            self.fleet = fleet
            self.tenants = tenants
            self.policy = policy
            self.now = now
            self.jobNames = jobNames
            self.nextJob = nextJob
            self.jobNamed = jobNamed
            self.specification = specification
        }
    }

    /// A list of changes with its ids.
    public struct Resolved: Sendable {
        /// The changes in order, each with the line that asks for it.
        public var changes: [Located<Change>]
        /// The names of submitted jobs, in order of their ids.
        public var submitted: [String]
    }

    /// The changes with their ids; or every mistake, those of reading included.
    public func resolve(_ scope: Scope) -> Result<Resolved, DiagnosticList> {
        let findings = Findings(file: file, known: diagnostics)
        var resolver = WhatIfResolver(scope: scope, findings: findings)
        for item in items { resolver.resolve(item) }
        return findings.result(resolver.resolved)
    }

    /// What is wrong with changes that the engine could not make; empty when it could.
    public static func diagnostics(
        _ inapplicable: [InapplicableChange], of changes: [Located<Change>], file: String
    ) -> [Diagnostic] {
        inapplicable.map { mistake in
            Diagnostic(
                .invalidValue, file: file, line: changes[mistake.index].line,
                message: "this change cannot be made: " + mistake.reason.text,
                expected: "a change that is possible at this time")
        }
    }
}

extension InapplicableReason {
    /// The reason in words.
    fileprivate var text: String {
        switch self {
        case .unknownJob: "the job is not submitted yet, or has ended"
        case .jobRuns:
            "the job holds devices; only its priority, time limit and whether it is "
                + "preemptible can be other"
        case .notHeld: "the job is not held"
        case .rejected(.duplicateJob): "there is such a job"
        case .rejected(.unknownTenant): "the tenant cannot submit jobs"
        case .rejected(.malformed): "the job's numbers are outside their limits"
        case .rejected(.unknownDependency): "it depends on a job that is not there"
        case .rejected(.misplaced): "it cannot stand where it is said to run"
        case .unknownNode: "the node is not in the fleet at this time"
        case .unacceptableNode: "the node is in the fleet at this time"
        case .unknownTenant: "there is no such tenant"
        case .unacceptableTenants:
            "the engine refuses the quota tree: tenants with jobs must stay leaves, limits at "
                + "least guarantees, and what is lent at most these"
        case .malformedPolicy: "the policy has numbers outside their limits"
        }
    }
}
