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

    /// What one request has; the server takes 10,000 lines and 4 MiB, where escapes of JSON may
    /// make six bytes of one.
    private static let most = (lines: 5_000, bytes: 600 << 10)
    /// Bytes of a line that are sent; what follows is not looked at anywhere.
    private static let lineBytes = 4_000

    func run(on client: APIClient) async throws {
        let source = try FileReading.document(file)
        // By bytes: a carriage return and the line's end are one character.
        let lines = source.bytes.split(whereSeparator: { $0 == 10 || $0 == 13 })
        var (kept, past) = (0, 0)
        var rest = lines[...]
        while !rest.isEmpty {
            var bytes = 0
            let part = rest.prefix(SignalsCommand.most.lines).prefix { line in
                bytes += min(line.count, SignalsCommand.lineBytes)
                return bytes <= SignalsCommand.most.bytes
            }
            rest = rest.dropFirst(part.count)
            let list = DocumentValue.list(
                part.map {
                    .text(String(decoding: $0.prefix(SignalsCommand.lineBytes), as: UTF8.self))
                })
            let members = [
                DocumentValue.Member("node", .text(node)),
                DocumentValue.Member(framework ? "frameworkLog" : "kernelLog", list),
            ]
            let body = APIRequest.Body.json(Array(DocumentValue.mapping(members).json.utf8))
            let answer = try await client.send(APIRequest(.post, "health", "signals", body: body))
            if json { try Console.write(answer) }
            let taken = try answer.decode(Remote.Signals.self)
            kept += taken.kept
            past += taken.past ?? 0
        }
        guard !json else { return }
        let old = past == 0 ? "" : "; \(past) are old: they are taken down, and nothing follows"
        try Console.write("\(ClientText.count(lines.count, "line")), \(kept) of use\(old)\n")
    }
}

extension Remote {
    /// What became of lines of a log.
    struct Signals: Decodable {
        var kept: Int
        /// Faults of old lines; servers before that was told apart do not say.
        var past: Int?
    }
}
