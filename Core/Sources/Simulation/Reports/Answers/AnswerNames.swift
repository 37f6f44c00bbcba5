import FleetModel

/// The names behind the ids in an answer, as people know them.
public struct AnswerNames: Sendable {
    private let fleet: FleetDefinition
    private let tenants: TenantTree
    private let jobNamed: @Sendable (JobID) -> String?
    /// Whether instants are dates of the world, not times since a simulation's start.
    private let showsDates: Bool
    /// The moment of the answer; dates of the same day are shown as times of the day.
    private let now: Instant

    /// Takes the tables of a simulation; `jobs` are names by job id, and may be none.
    public init(fleet: FleetDefinition, tenants: TenantTree, jobs: [String]) {
        self.fleet = fleet
        self.tenants = tenants
        jobNamed = { jobs.indices.contains($0.index) ? jobs[$0.index] : nil }
        showsDates = false
        now = .zero
    }

    /// Takes the tables of a live fleet, whose instants count from the Unix epoch.
    public init(
        fleet: FleetDefinition, tenants: TenantTree, now: Instant,
        jobNamed: @escaping @Sendable (JobID) -> String?
    ) {
        self.fleet = fleet
        self.tenants = tenants
        self.jobNamed = jobNamed
        self.now = now
        showsDates = true
    }

    func job(_ id: JobID) -> String {
        guard let name = jobNamed(id), !name.isEmpty else { return "job \(id)" }
        return TerminalText.clean(name)
    }

    func tenant(_ id: TenantID) -> String {
        guard id.index >= 0, id.index < tenants.names.count else { return "tenant \(id)" }
        return TerminalText.clean(tenants.names[id])
    }

    func node(_ id: NodeID) -> String {
        guard id.index >= 0, id.index < fleet.nodeNames.count else { return "node \(id)" }
        return TerminalText.clean(fleet.nodeNames[id])
    }

    func kind(_ id: AcceleratorKindID) -> String {
        guard id.index < fleet.kinds.count else { return "kind \(id)" }
        return TerminalText.clean(fleet.kinds[id])
    }

    func pool(_ id: PoolID) -> String {
        id.index < fleet.pools.count ? TerminalText.clean(fleet.pools[id]) : "pool \(id)"
    }

    func domain(_ id: DomainID) -> String {
        guard id.index < fleet.domains.count else { return "domain \(id)" }
        return TerminalText.clean(fleet.domains[id])
    }

    func level(_ level: LevelIndex) -> String { fleet.topology.levels[level.index].name }

    /// GPUs of thousandths: `12.5`.
    static func gpus(_ milli: Int64) -> String {
        var text = NumberText.fixed(Double(milli) / 1000, decimals: 3)
        while text.hasSuffix("0") { text.removeLast() }
        if text.hasSuffix(".") { text.removeLast() }
        return text
    }

    /// A count with its noun: `1 node`, `2 nodes`.
    static func count(_ count: Int, _ noun: String) -> String {
        "\(NumberText.grouped(count)) \(noun)\(count == 1 ? "" : "s")"
    }

    /// An instant as the time since the start, or as a date in UTC.
    func time(_ instant: Instant) -> String {
        if instant == .never { return "never" }
        guard showsDates else {
            return NumberText.duration(seconds: AnswerNames.seconds(instant))
        }
        let text = instant.utcText
        let day = text.prefix(10)
        return now.utcText.prefix(10) == day
            ? String(text.dropFirst(11).prefix(5)) : day + " " + text.dropFirst(11).prefix(5)
    }

    /// A span in its two largest units.
    static func span(_ span: TimeSpan) -> String {
        NumberText.duration(seconds: Double(span.nanoseconds) / 1e9)
    }

    static func seconds(_ instant: Instant) -> Double { Double(instant.nanoseconds) / 1e9 }
}
