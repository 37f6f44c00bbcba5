import FleetModel
import Simulation

/// Brings the parts of a scenario together and gathers the mistakes of all of them.
struct ScenarioResolver {
    typealias Reading = (String) -> Result<SourceText, DiagnosticList>

    private let scenario: ScenarioDocument
    /// Mistakes in the scenario's own file.
    private let own: Findings
    /// The jobs, once they are read.
    private var jobs: JobsDocument?
    /// Mistakes in other files, in order of reading.
    private var others: [Findings] = []
    /// Mistakes in the parts that the scenario's file holds itself.
    private var inline: [Findings] = []

    init(scenario: ScenarioDocument) {
        self.scenario = scenario
        own = Findings(file: scenario.file, known: scenario.diagnostics)
    }

    mutating func resolve(
        read: Reading
    ) -> Result<ScenarioDocument.Resolved, DiagnosticList> {
        let fleet = fleet(read)
        let tenants = tenants(fleet, read)
        var workload = workload(NameScope(fleet: fleet, tenants: tenants), read)
        let events = events(fleet, workload)
        for part in inline { own.take(part) }
        let mistakes = own.diagnostics + others.flatMap(\.diagnostics)
        if !mistakes.isEmpty { return .failure(DiagnosticList(mistakes)) }
        workload?.events = events
        guard let fleet, let workload else {
            preconditionFailure("a scenario refused without a diagnostic")
        }
        return .success(
            ScenarioDocument.Resolved(
                fleet: fleet, workload: workload, faults: scenario.faults))
    }

    /// The document of a part and where its mistakes go; nil when its file cannot be read.
    private mutating func open<Document>(
        _ part: ScenarioDocument.Part<Document>, _ read: Reading,
        _ parse: (SourceText) -> Document, _ known: (Document) -> [Diagnostic]
    ) -> (Document, Findings)? {
        switch part {
        case .inline(let document):
            let findings = Findings(file: scenario.file, known: known(document))
            inline.append(findings)
            return (document, findings)
        case .file(let path):
            switch read(path.value) {
            case .success(let source):
                let document = parse(source)
                let findings = Findings(file: source.file, known: known(document))
                others.append(findings)
                return (document, findings)
            case .failure(let list):
                report(list, line: path.line)
                return nil
            }
        }
    }

    /// Reports what somebody else found out about a value on a line of the scenario.
    private func report(_ list: DiagnosticList, line: Int) {
        for mistake in list.diagnostics {
            own.report(
                mistake.code, line: line, mistake.message, expected: mistake.expected,
                hint: mistake.hint)
        }
    }

    private mutating func fleet(_ read: Reading) -> FleetDefinition? {
        switch scenario.fleet {
        case nil: return nil
        case .shorthand(let text):
            switch FleetDefinition.parse(shorthand: text.value) {
            case .success(let fleet): return fleet
            case .failure(let list):
                report(list, line: text.line)
                return nil
            }
        case .document(let part):
            let opened = open(part, read, FleetDocument.parse(_:), \.diagnostics)
            guard let (document, findings) = opened else { return nil }
            return FleetResolver(document: document, findings: findings).resolve()
        }
    }

    private mutating func tenants(_ fleet: FleetDefinition?, _ read: Reading) -> NameScope.Tenants {
        guard let part = scenario.tenants else { return .open }
        let opened = open(part, read, TenantsDocument.parse(_:), \.diagnostics)
        guard let (document, findings) = opened else { return .unknown }
        let resolver = TenantsResolver(document: document, fleet: fleet, findings: findings)
        return resolver.resolve().map { .tree($0) } ?? .unknown
    }

    private mutating func workload(_ scope: NameScope, _ read: Reading) -> Workload? {
        guard let part = scenario.jobs else {
            guard case .tree(let tree) = scope.tenants else {
                return Workload(jobs: [], tenants: TenantTree())
            }
            return Workload(jobs: [], tenants: tree)
        }
        let opened = open(part, read, JobsDocument.parse(_:), \.diagnostics)
        guard let (document, findings) = opened else { return nil }
        jobs = document
        return WorkloadBuilder(document: document, scope: scope, findings: findings).workload()
    }

    private func events(_ fleet: FleetDefinition?, _ workload: Workload?) -> [FleetEvent] {
        let areJobsKnown = scenario.jobs == nil || jobs != nil
        var resolver = EventResolver(
            events: scenario.events, fleet: fleet,
            jobs: areJobsKnown ? EventJobs(document: jobs, workload: workload) : nil,
            findings: own, isHistoryKnown: scenario.diagnostics.isEmpty)
        return resolver.resolve()
    }
}
