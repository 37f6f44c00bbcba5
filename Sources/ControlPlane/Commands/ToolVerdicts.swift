import FleetModel
import Health
import HealthControl

/// What another tool says of a node as a whole, with its details, handed in by somebody.
public struct ToolVerdict: Sendable {
    /// The tool.
    public var tool: String
    /// The verdict in the tool's own word.
    public var word: String
    /// Whether the node is to be watched for it; otherwise it is told and nothing else.
    public var isSuspicious: Bool
    /// Whether the tool takes it for a fault, not for a warning.
    public var isFault: Bool
    /// What it is about, each in words.
    public var details: [String]

    /// Details that become events of the node.
    static let mostEvents = 16

    /// Gathers a verdict.
    public init(
        tool: String, word: String, isSuspicious: Bool, isFault: Bool, details: [String]
    ) {
        self.tool = tool
        self.word = word
        self.isSuspicious = isSuspicious
        self.isFault = isFault
        self.details = details
    }
}

extension ControlPlane {
    /// Takes in what another tool says of a node: events of the node have all of it, and what is
    /// suspicious makes the node suspect, so that it is tested when it is idle. It takes nothing
    /// out and proves nothing, since nothing in it says that anything was under load, or of which
    /// machine it is.
    ///
    /// Throws `M0604` for a name that no node ever had, or whose node is not here.
    public func take(
        _ verdict: ToolVerdict, ofNode name: String, by caller: Caller
    ) async throws -> NodeID {
        try await perform { driver in
            let node = try driver.node(named: name)
            guard driver.desk.engine[node] != nil else {
                throw OperatingError(.notFound, "the node '\(name.prefix(200))' is not here")
            }
            let head = "\(verdict.tool) says \(verdict.word)"
            driver.audit(caller, "toolVerdict", "node \(name)", detail: head)
            driver.tell(
                "health", node,
                "\(caller.name) hands in a verdict: \(head)"
                    + (verdict.isSuspicious ? "" : ", which proves nothing"))
            for detail in verdict.details.prefix(ToolVerdict.mostEvents) {
                driver.tell("health", node, String("\(verdict.tool): \(detail)".prefix(1000)))
            }
            let left = verdict.details.count - ToolVerdict.mostEvents
            if left > 0 { driver.tell("health", node, "\(verdict.tool): and \(left) more") }
            if verdict.isSuspicious {
                driver.tellHealth(.engine(.found(node, driver.finding(of: verdict))))
            }
            driver.showsHealth = true
            return node
        }
    }
}

extension Driver {
    /// A suspicion, whatever the tool would do: its word alone takes nothing out.
    fileprivate func finding(of verdict: ToolVerdict) -> Finding {
        Finding(
            scope: .node, cause: desk.names.cause(named: "\(verdict.tool): \(verdict.word)"),
            severity: verdict.isFault ? .error : .warning, action: .watch, urgency: .afterJob,
            components: [], rule: desk.names.rule(named: "verdict of another tool"), version: 0,
            seenAt: now)
    }
}
