import APIClient
import ArgumentParser
import Documents
import FleetModel

/// Sends lines of a node's logs to the server.
struct SignalsCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "signals",
        abstract: "Let the server read a node's logs for faults of its hardware.",
        discussion: """
            For nodes without an agent:

              ssh gpu-7 dmesg | muster signals gpu-7 -
            """)

    @Argument(help: "The node.", completion: .nodes)
    var node: String

    @Argument(help: "The log, or - for standard input.", completion: .file())
    var file: String

    @Flag(help: "It is the log of a job's process, not of the kernel.")
    var framework = false

    @Flag(help: "Print the server's JSON, a line for each part of the log.")
    var json = false

    @OptionGroup(title: "Server")
    var connection: ServerOptions

    /// Lines of one request; the server takes at most 4 MiB.
    private static let linesPerRequest = 900

    func run(on client: APIClient) async throws {
        let source = try FileReading.document(file)
        let lines = String(decoding: source.bytes, as: UTF8.self).split(separator: "\n")
        var kept = 0
        var rest = lines[...]
        while !rest.isEmpty {
            let part = rest.prefix(SignalsCommand.linesPerRequest)
            rest = rest.dropFirst(part.count)
            let list = DocumentValue.list(part.map { .text(String($0.prefix(4000))) })
            let members = [
                DocumentValue.Member("node", .text(node)),
                DocumentValue.Member(framework ? "frameworkLog" : "kernelLog", list),
            ]
            let body = APIRequest.Body.json(Array(DocumentValue.mapping(members).json.utf8))
            let answer = try await client.send(APIRequest(.post, "health", "signals", body: body))
            if json { try Console.write(answer) }
            kept += try answer.decode(Remote.Signals.self).kept
        }
        if !json {
            try Console.write("\(ClientText.count(lines.count, "line")), \(kept) of use\n")
        }
    }
}

extension Remote {
    /// What became of lines of a log.
    struct Signals: Decodable {
        var kept: Int
    }
}
