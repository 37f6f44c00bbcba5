import AgentWire
import ControlPlane
import FleetModel
import HTTPTypes
import Health
import HealthControl
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

    /// What is counted of agents, for `/metrics`. Silent are those that the health engine says are:
    /// what could not be heard is nobody's silence.
    static func write(_ desk: AgentDesk, _ view: FleetView, to text: inout PrometheusText) {
        let (known, counts) = desk.figures()
        let silent = view.health.desk.engine.nodes.count { ($0?.silenceTold ?? 0) > 0 }
        text.family("muster_agents", .gauge, "Nodes whose agents are known, by state")
        text.sample("muster_agents", [("state", "heard")], Double(max(0, known - silent)))
        text.sample("muster_agents", [("state", "silent")], Double(silent))
        text.family("muster_agents_deaf", .gauge, "Whether agents are not heard in time")
        text.sample("muster_agents_deaf", view.health.deafSince == nil ? 0 : 1)
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
