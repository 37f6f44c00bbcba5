import FleetModel

/// A fleet file as it was written: names instead of ids, generators not yet run.
public struct FleetDocument: Sendable {
    /// The file's name.
    public var file: String
    /// Topology levels above the host, coarse to fine; a preset's once it is looked up.
    public var levels: [Located<TopologyLevel>]
    /// Accelerator kinds, if the file declares them; otherwise nodes bring them in.
    public var kinds: [Located<String>]?
    /// Pools, if the file declares them; otherwise nodes bring them in.
    public var pools: [Located<String>]?
    /// Nodes and generators of nodes.
    public var nodes: [NodeEntry]
    /// Mistakes in the writing. A document that has some resolves to nothing.
    public var diagnostics: [Diagnostic]

    /// The pool of nodes that name none in a file without pools.
    public static let defaultPool = "default"
}

/// One entry of the list of nodes: a node, or many alike.
public struct NodeEntry: Sendable {
    /// The name, in which a generator replaces `{index}`.
    public var name: Located<String>
    /// How many nodes to make; nil for a single one without `{index}`.
    public var count: Located<Int>?
    /// The first number that `{index}` takes.
    public var first: Int
    /// Digits of `{index}`, filled up with zeros; 0 for as many as the number has.
    public var digits: Int
    /// The pool, if it is named; empty when the name is unreadable.
    public var pool: Located<String>?
    /// The devices' kind, if it is named; empty when the name is unreadable.
    public var kind: Located<String>?
    /// Devices of each node.
    public var devices: Int
    /// Bit `i` says that device `i` is out of service.
    public var unhealthyDevices: UInt64
    /// What the host has for jobs.
    public var host: HostResources
    /// The domain at each named level.
    public var domains: [DomainEntry]
    /// Group sizes at the levels where the generator makes the domains.
    public var groups: [GroupEntry]
    /// The entry's line.
    public var line: Int
}

/// The domain that nodes stand in at one level.
public struct DomainEntry: Sendable {
    /// The level's name.
    public var level: Located<String>
    /// The domain, in which a generator replaces `{index}` by the number of the group; empty when
    /// it is unreadable.
    public var value: String
}

/// How many of the next finer thing one domain of a level holds.
public struct GroupEntry: Sendable {
    /// The level's name.
    public var level: Located<String>
    /// Nodes, or domains of the next finer grouped level, in one domain.
    public var size: Int
}

extension FleetDocument {
    /// Reads a fleet file. Never fails: mistakes are in ``diagnostics``, all of them.
    public static func parse(_ source: SourceText) -> FleetDocument {
        let findings = Findings(file: source.file)
        let value = YAMLReader.read(source, findings)
        return FleetParser(findings: findings).document(value)
    }

    /// The fleet with its ids; or every mistake, those of reading included.
    public func resolve() -> Result<FleetDefinition, DiagnosticList> {
        let findings = Findings(file: file, known: diagnostics)
        let fleet = FleetResolver(document: self, findings: findings).resolve()
        return findings.result(fleet)
    }
}
