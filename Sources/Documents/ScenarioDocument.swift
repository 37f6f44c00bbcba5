import FleetModel
import Simulation

/// A scenario file as it was written: a fleet, perhaps a quota tree, jobs, events
/// and faults.
public struct ScenarioDocument: Sendable {
    /// A part of a scenario: written out, or kept in another file.
    public enum Part<Document: Sendable>: Sendable {
        /// Written in the scenario itself.
        case inline(Document)
        /// In the file of this path, as written; what it is relative to is the caller's affair.
        case file(Located<String>)
    }

    /// Where the fleet comes from.
    public enum Fleet: Sendable {
        /// A file's form, written here or elsewhere.
        case document(Part<FleetDocument>)
        /// A shorthand such as `64x8/16`.
        case shorthand(Located<String>)
    }

    /// The file's name.
    public var file: String
    /// The fleet; nil after a mistake.
    public var fleet: Fleet?
    /// The quota tree; nil when there is none.
    public var tenants: Part<TenantsDocument>?
    /// The jobs; nil when they come from elsewhere, such as a trace.
    public var jobs: Part<JobsDocument>?
    /// What happens to nodes and jobs, in order of the text.
    public var events: [EventDocument] = []
    /// What goes wrong in the fleet; nil when nothing does but what the events say.
    public var faults: FaultModel?
    /// Mistakes in the writing of the scenario itself; its parts have their own.
    public var diagnostics: [Diagnostic]

    /// A scenario ready to run.
    public struct Resolved: Sendable {
        /// The fleet.
        public var fleet: FleetDefinition
        /// The jobs with the quota tree and the events; no jobs when the scenario has none.
        public var workload: Workload
        /// What goes wrong in the fleet; its seed is the run's affair.
        public var faults: FaultModel?
    }
}

extension ScenarioDocument {
    /// Reads a scenario file. Never fails: mistakes are in ``diagnostics``, all of them.
    public static func parse(_ source: SourceText) -> ScenarioDocument {
        let findings = Findings(file: source.file)
        var scenario = ScenarioDocument(file: source.file, diagnostics: [])
        let keys = ["fleet", "tenants", "jobs", "priorityClasses", "events", "faults"]
        if let value = YAMLReader.read(source, findings),
            let form = Form(value, "the scenario", keys: keys, allowsExtras: true, findings)
        {
            form.require(
                "fleet", expected: "a fleet, the path of a fleet file, or a shorthand like 64x8/16")
            scenario.fleet = readFleet(form, findings)
            scenario.tenants = readTenants(form, findings)
            scenario.jobs = readJobs(form, findings)
            scenario.events = EventsParser(findings: findings).events(form)
            scenario.faults = FaultsParser(findings: findings).model(form)
        }
        scenario.diagnostics = findings.all
        return scenario
    }

    /// Paths of the other files that the scenario names, in order of the text's parts.
    public var paths: [Located<String>] {
        var paths: [Located<String>] = []
        if case .document(.file(let path)) = fleet { paths.append(path) }
        if case .file(let path) = tenants { paths.append(path) }
        if case .file(let path) = jobs { paths.append(path) }
        return paths
    }

    /// The scenario with its ids; or every mistake in it and in the files that it names.
    ///
    /// `read` gets each of ``paths`` once and returns the file's contents, or why it has none.
    public func resolve(
        read: (String) -> Result<SourceText, DiagnosticList>
    ) -> Result<Resolved, DiagnosticList> {
        var resolver = ScenarioResolver(scenario: self)
        return resolver.resolve(read: read)
    }

    /// The text of a key that may hold a path; nil when it holds anything else.
    private static func path(_ form: Form, _ key: String) -> Located<String>? {
        guard let value = form.value(key), let text = value.text, !text.isEmpty else { return nil }
        return Located(text, line: value.line)
    }

    private static func readFleet(_ form: Form, _ findings: Findings) -> Fleet? {
        if let path = path(form, "fleet") {
            return isShorthand(path.value) ? .shorthand(path) : .document(.file(path))
        }
        guard let value = form.value("fleet") else { return nil }
        let own = Findings(file: findings.file)
        return .document(.inline(FleetParser(findings: own).document(value)))
    }

    /// A number, an `x` and a digit begin a shorthand; no path that anybody uses looks like that.
    private static func isShorthand(_ text: String) -> Bool {
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        let number = text.utf8.prefix { digits.contains($0) }
        let rest = text.utf8.dropFirst(number.count)
        guard !number.isEmpty, rest.first == UInt8(ascii: "x") else { return false }
        return rest.dropFirst().first.map(digits.contains) ?? false
    }

    private static func readTenants(_ form: Form, _ findings: Findings) -> Part<TenantsDocument>? {
        if let path = path(form, "tenants") { return .file(path) }
        guard let items = form.list("tenants", of: "tenants, or the path of a tenants file") else {
            return nil
        }
        let line = form.line(of: "tenants")
        let own = Findings(file: findings.file)
        let tenants = TenantsParser(findings: own).tenants(items, line: line)
        return .inline(
            TenantsDocument(file: findings.file, tenants: tenants, diagnostics: own.all))
    }

    private static func readJobs(_ form: Form, _ findings: Findings) -> Part<JobsDocument>? {
        if let path = path(form, "jobs") {
            if form.has("priorityClasses") {
                findings.report(
                    .invalidValue, line: form.line(of: "priorityClasses"),
                    "'priorityClasses' beside jobs in another file",
                    expected: "'priorityClasses' in the jobs file")
            }
            return .file(path)
        }
        let own = Findings(file: findings.file)
        let jobs = JobsParser(findings: own).jobs(form)
        guard form.has("jobs") || own.count > 0 else { return nil }
        return .inline(JobsDocument(file: findings.file, jobs: jobs, diagnostics: own.all))
    }
}
