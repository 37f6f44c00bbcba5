import APIClient
import ArgumentParser
import Documents
import FleetModel

extension APIClient {
    /// The fleet's time, and with it the way to write times.
    func clock() async throws -> ClientText {
        let answer = try await send(APIRequest(.get, "fleet"))
        return ClientText(now: try answer.decode(Remote.FleetClock.self).clock.now)
    }

    /// The pages of a list, until one says that there are no more or `body` says stop.
    func pages(
        _ request: APIRequest, _ body: (APIAnswer) throws -> (next: String?, isEnough: Bool)
    ) async throws {
        var request = request
        while true {
            let (next, isEnough) = try body(try await send(request))
            guard let next, !isEnough else { return }
            request.query.removeAll { $0.name == "cursor" }
            request.query.append((name: "cursor", value: next))
        }
    }
}

extension Console {
    /// Writes what the server said as it is, on a line of its own.
    static func write(_ answer: APIAnswer) throws(Failure) {
        if !answer.bytes.isEmpty { try write(answer.bytes + [UInt8(ascii: "\n")]) }
    }
}

/// The names that shells complete.
extension CompletionKind {
    /// Jobs that are not over.
    static var jobs: CompletionKind { .shellCommand("muster __complete jobs") }
    /// Nodes.
    static var nodes: CompletionKind { .shellCommand("muster __complete nodes") }
    /// Tenants.
    static var tenants: CompletionKind { .shellCommand("muster __complete tenants") }
    /// Contexts.
    static var contexts: CompletionKind { .shellCommand("muster __complete contexts") }
}

/// Prints names, for shells.
struct CompleteCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "__complete", abstract: "Print names for a shell to complete.",
        shouldDisplay: false)

    @Argument(help: "jobs, nodes, tenants or contexts.")
    var kind: String

    /// Prints nothing where there is nothing to say: a shell has no use for an error.
    func run() throws {
        if kind == "contexts" {
            let names = (try? ContextsFile.read())?.contexts.map(\.name) ?? []
            try? Console.write(names.map { $0 + "\n" }.joined())
            return
        }
        let kind = kind
        try? AsyncBridge.run { () async throws(Failure) in
            guard let client = try? ServerOptions.parse([]).client() else { return }
            let names = (try? await CompleteCommand.names(kind, client)) ?? []
            client.close()
            try Console.write(names.map { $0 + "\n" }.joined())
        }
    }

    private static func names(_ kind: String, _ client: APIClient) async throws -> [String] {
        switch kind {
        case "jobs":
            let request = APIRequest(
                .get, "jobs", query: [("state", "active"), ("limit", "1000")])
            return try await client.send(request).decode(Remote.Jobs.self).jobs.map(\.name)
        case "nodes":
            return try await client.send(APIRequest(.get, "nodes"))
                .decode(Remote.Nodes.self).nodes.map(\.name)
        case "tenants":
            return try await client.send(APIRequest(.get, "tenants"))
                .decode(Remote.Tenants.self).tenants.map(\.name)
        default: return []
        }
    }
}
