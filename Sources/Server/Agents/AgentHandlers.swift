import AgentWire
import ControlPlane
import FleetModel
import HTTPTypes
import Hummingbird

/// What the agents on nodes tell.
enum AgentHandlers {
    static let routes = [
        Route(.post, "/v1/agents/{node}/deltas", .operator, takesAgents: true, deltas)
    ]

    private static func deltas(_ call: Call) async throws -> Response {
        try call.query.check([])
        try call.identity.require(node: call.names[0])
        guard call.contentType == "application/octet-stream" else {
            throw Call.unsupported(call.contentType, ["application/octet-stream"])
        }
        let body = try await call.body(limit: AgentLimits.messageBytes)
        let answer = try await call.server.agents.receive(
            body, from: call.names[0], at: call.plane.clock.now())
        return .bytes(answer, type: "application/octet-stream")
    }

    /// What is counted of agents, for `/metrics`.
    static func write(_ desk: AgentDesk, now: Instant, to text: inout PrometheusText) {
        let (known, silent, counts) = desk.figures(now: now)
        text.family("muster_agents", .gauge, "Nodes whose agents are known, by state")
        text.sample("muster_agents", [("state", "heard")], Double(known - silent))
        text.sample("muster_agents", [("state", "silent")], Double(silent))
        for (name, help, count) in [
            ("messages", "Messages of agents that were taken", counts.messages),
            ("records", "Faults and the like that agents told", counts.records),
            ("lost_records", "Records that agents had no room for", counts.lost),
            ("malformed", "Bodies that were no messages of agents", counts.malformed),
        ] {
            text.family("muster_agent_\(name)_total", .counter, help)
            text.sample("muster_agent_\(name)_total", Double(count))
        }
    }
}
