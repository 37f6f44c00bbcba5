import APIClient
import ArgumentParser
import Documents
import FleetModel
import NodeChecks
import Simulation

/// Hands in a test that somebody ran on a node.
struct QualifyCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "qualify", abstract: "Hand in what muster check found on a node.",
        discussion: """
            For nodes that nobody tests by itself:

              muster say repaired gpu-7
              ssh gpu-7 muster check --level 15m --json | muster qualify gpu-7 --result -

            It has to be a whole run, begun after the fault. What it means is worked out anew by \
            the server. A pass brings the node back if it was under load, long enough, and of \
            everything that was wrong; otherwise the node waits for another one.

            Of what muster check across or muster check run printed it takes the run of the node, \
            by its name or that of --host.

            A verdict of NVIDIA Health Validation is handed in by --health-validation. It loads \
            nothing and so proves nothing: it is told, or makes the node suspect.
            """)

    @Argument(help: "The node.", completion: .nodes)
    var node: String

    @Option(
        help: ArgumentHelp(
            "The lines that muster check --json printed, or - for standard input.",
            valueName: "file"),
        completion: .file())
    var result: String?

    @Option(
        name: .customLong("health-validation"),
        help: ArgumentHelp(
            "A NodeVerdict of NVIDIA Health Validation, or - for standard input.",
            valueName: "file"),
        completion: .file())
    var verdict: String?

    @Option(
        help: ArgumentHelp(
            "What the node called itself, of several in the file; else its name.",
            valueName: "name"))
    var host: String?

    @Flag(help: "Print the server's JSON.")
    var json = false

    @OptionGroup(title: "Server")
    var connection: ServerOptions

    func validate() throws {
        guard (result == nil) != (verdict == nil) else {
            throw ValidationError("give one of --result and --health-validation")
        }
        guard verdict == nil || host == nil else {
            throw ValidationError("--host is of runs of muster check")
        }
    }

    func run(on client: APIClient) async throws {
        if let verdict { return try await hand(verdict, client) }
        guard let result else { return }
        let source = try FileReading.document(result)
        let lines = try chosen(Array(source.bytes), of: result)
        let answer = try await client.send(
            APIRequest(.post, "nodes", node, "qualification", body: .lines(lines)))
        if json { return try Console.write(answer) }
        try Console.write(answer.decode(Remote.Qualification.self).text(node))
    }

    /// Hands in a verdict, if it is one: what is wrong with it is told here, all at once.
    private func hand(_ file: String, _ client: APIClient) async throws {
        let bytes = Array(try FileReading.document(file).bytes)
        do throws(DiagnosticList) {
            _ = try HealthValidationReport.read(bytes, file: file)
        } catch {
            throw Failure(error.diagnostics, status: .badData)
        }
        let answer = try await client.send(
            APIRequest(.post, "nodes", node, "health-validation", body: .json(bytes)))
        if json { return try Console.write(answer) }
        try Console.write(answer.decode(Remote.ToolVerdict.self).text(node))
    }

    /// The run of the node, where there are those of others beside it.
    private func chosen(_ bytes: [UInt8], of result: String) throws(Failure) -> [UInt8] {
        let runs = SeveralRuns(bytes)
        guard runs.isOfSeveral || host != nil else { return bytes }
        let wanted = host ?? node
        let found = runs.runs.filter { $0.host == wanted }
        guard found.count == 1 else {
            let hosts = runs.runs.prefix(32).map(\.host).joined(separator: ", ")
            throw Failure(
                [
                    Diagnostic(
                        .invalidValue, file: result,
                        message: found.isEmpty
                            ? "there is no run of '\(wanted)'"
                            : "there are \(found.count) runs of '\(wanted)'",
                        expected: "one of: \(hosts)", hint: "--host NAME picks one")
                ], status: .badData)
        }
        return found[0].lines
    }
}

extension Remote {
    /// What became of a verdict of another tool.
    struct ToolVerdict: Decodable {
        struct Component: Decodable {
            var category: String
            var severity: String
            var checks: [String]
            var entities: [String]
        }

        var severity: String
        var isSuspicious: Bool
        var components: [Component]
        var health: NodeHealth?

        /// The answer for a terminal.
        func text(_ node: String) -> String {
            var lines = [
                "\(node): Health Validation says \(severity); "
                    + (isSuspicious ? "the node is suspect for it" : "this proves nothing")
            ]
            for component in components {
                let places = component.entities.joined(separator: ", ")
                lines.append(
                    "  \(component.category) \(component.severity): "
                        + component.checks.joined(separator: ", ")
                        + (places.isEmpty ? "" : " (\(places))"))
            }
            if let health {
                lines.append("\(node) is \(health.hold ?? ClientText.words(health.state))")
            }
            return lines.map { TerminalText.clean($0) + "\n" }.joined()
        }
    }

    /// What became of a test that was handed in.
    struct Qualification: Decodable {
        var outcome: String
        var level: String
        var loaded: Bool
        var failedChecks: [String]
        var isProof: Bool
        var health: NodeHealth?

        /// The answer for a terminal.
        func text(_ node: String) -> String {
            var text = "\(node): \(outcome) at level \(level), "
            text += loaded ? "under load" : "nothing under load"
            if !failedChecks.isEmpty { text += ": " + failedChecks.joined(separator: ", ") }
            if outcome == "passed", !isProof { text += "; this proves too little" }
            text += "\n"
            if let health {
                text += "\(node) is \(health.hold ?? ClientText.words(health.state))"
                text += (health.held.map { ": \($0)" } ?? "") + "\n"
            }
            return text
        }
    }
}
