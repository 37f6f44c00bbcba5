import FleetModel

/// The texts behind the ids of the health engine, for what people read.
public struct HealthNames: Sendable {
    /// Serial numbers and the like.
    public var identities = IdentityNames()
    /// Root codes; the first is ``CauseID/failedTest``.
    public var causes = NameTable<CauseID>()
    /// Rules that classify.
    public var rules = NameTable<RuleID>()
    /// Versions of those rules; the first one is unnamed.
    public var versions = NameTable<RulesVersionID>()
    /// Nodes.
    public var nodes = NameTable<NodeID>()
    /// Tests.
    public var tests = NameTable<TestID>()
    /// Others who cordon.
    public var actors = NameTable<ActorID>()

    /// Starts with the one cause that the engine itself names.
    public init() {
        _ = causes.intern("qualification failed")
        _ = versions.intern("")
    }

    /// The name of an id, or its number when it was not given out here.
    public func text<ID: DenseID>(_ id: ID, in table: NameTable<ID>, _ kind: String) -> String {
        (0..<table.count).contains(id.index) ? table[id] : "\(kind) #\(id)"
    }

    /// The name of a node.
    public func node(_ id: NodeID) -> String { text(id, in: nodes, "node") }
    /// The name of a cause.
    public func cause(_ id: CauseID) -> String { text(id, in: causes, "cause") }
    /// The name of a version.
    public func version(_ number: Int32) -> String {
        let isNamed = (1..<versions.count).contains(Int(number))
        return isNamed ? versions[RulesVersionID(rawValue: number)] : "\(number)"
    }
    /// The name of a rule.
    public func rule(_ id: RuleID) -> String { text(id, in: rules, "rule") }
    /// The name of a test.
    public func test(_ id: TestID) -> String { text(id, in: tests, "test") }
    /// The text of an identity.
    public func identity(_ id: IdentityID?) -> String { id.map(identities.text) ?? "not told" }
}
