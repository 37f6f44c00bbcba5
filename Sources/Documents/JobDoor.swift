import FleetModel

/// The door of a live fleet: turns the documents of single jobs into what the engine is told.
///
/// It remembers which gangs the whole fleet could hold, so that a stream of like jobs is checked at
/// little cost. A new one is needed when the fleet or the quota tree changes.
public struct JobDoor {
    private var resolver: JobResolver
    private let fleet: FleetDefinition
    private var answered = 0

    /// Shapes that are remembered before all are forgotten again.
    private static let rememberedShapes = 10_000

    /// A door to a fleet, whether or not its nodes are there at the moment.
    public init(fleet: FleetDefinition, tenants: TenantTree) {
        self.fleet = fleet
        resolver = JobResolver(
            scope: NameScope(fleet: fleet, tenants: tenants), findings: Findings(file: ""))
    }

    /// The job as the engine is told of it; or every mistake.
    ///
    /// `origin` is the instant that `notBefore` counts from. `jobNamed` knows the jobs submitted
    /// before, and `familyNamed` gives families their ids. What only a simulation needs is passed
    /// over. O(nodes) for a shape that is new, else O(1).
    public mutating func spec(
        of document: JobDocument, id: JobID, file: String, origin: Instant,
        jobNamed: (String) -> JobID?, familyNamed: (String) -> FamilyID?
    ) -> Result<JobSpec, DiagnosticList> {
        let findings = Findings(file: file)
        resolver.findings = findings
        answered += 1
        if answered % JobDoor.rememberedShapes == 0 { resolver.forgetShapes() }
        var spec = resolver.spec(of: document, id: id, origin: origin)
        spec?.family = document.family.flatMap { familyNamed($0.value) }
        for dependency in document.dependencies {
            if let job = jobNamed(dependency.job.value) {
                spec?.dependencies.append(
                    Dependency(job: job, mustSucceed: dependency.mustSucceed))
            } else {
                findings.reportUnknown(
                    "job", dependency.job.value, line: dependency.job.line, among: [])
            }
        }
        return findings.result(spec)
    }
}
