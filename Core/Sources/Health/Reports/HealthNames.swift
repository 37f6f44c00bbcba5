import FleetModel

/// The texts behind the ids of the health engine, for what people read.
public struct HealthNames: Sendable {
    /// Serial numbers and the like.
    public var identities = IdentityNames()
    /// Root codes; the first is ``CauseID/failedTest``.
    public var causes = NameTable<CauseID>()
    /// Rules that classify.
    public var rules = NameTable<RuleID>()
    /// Nodes.
    public var nodes = NameTable<NodeID>()
    /// Tests.
    public var tests = NameTable<TestID>()
    /// Others who cordon.
    public var actors = NameTable<ActorID>()

    /// Starts with the one cause that the engine itself names.
    public init() { _ = causes.intern("qualification failed") }

    func text<ID: DenseID>(_ id: ID, in table: NameTable<ID>, _ kind: String) -> String {
        (0..<table.count).contains(id.index) ? table[id] : "\(kind) #\(id)"
    }

    func node(_ id: NodeID) -> String { text(id, in: nodes, "node") }
    func cause(_ id: CauseID) -> String { text(id, in: causes, "cause") }
    func rule(_ id: RuleID) -> String { text(id, in: rules, "rule") }
    func test(_ id: TestID) -> String { text(id, in: tests, "test") }
    func identity(_ id: IdentityID?) -> String { id.map(identities.text) ?? "not told" }
}
