/// The version of the agent: it changes when what it tells does.
enum AgentVersion {
    static let text = "1.0"
}
