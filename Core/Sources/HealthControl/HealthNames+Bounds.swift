import FleetModel
import Health

// Names come from logs, agents and people. Beyond so many of a kind, all others have one name.
extension HealthNames {
    private static let most = 4096

    /// The id of a root code.
    public mutating func cause(named name: String) -> CauseID {
        HealthNames.id(of: name, in: &causes)
    }

    /// The id of a rule.
    public mutating func rule(named name: String) -> RuleID {
        HealthNames.id(of: name, in: &rules)
    }

    /// The number of a version of rules.
    public mutating func version(named name: String) -> Int32 {
        HealthNames.id(of: name, in: &versions).rawValue
    }

    /// The id of a test.
    public mutating func test(named name: String) -> TestID {
        HealthNames.id(of: name, in: &tests)
    }

    /// The id of somebody who cordons.
    public mutating func who(named name: String) -> ActorID {
        HealthNames.id(of: name, in: &actors)
    }

    private static func id<ID: DenseID>(of name: String, in table: inout NameTable<ID>) -> ID {
        if let known = table.id(of: name) { return known }
        return table.intern(table.count < most ? name : "others")
    }
}
