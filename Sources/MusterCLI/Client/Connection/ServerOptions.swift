import APIClient
import ArgumentParser
import Documents
import FleetModel

/// Which server a command talks to, and with which token.
struct ServerOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Address of the server; else MUSTER_SERVER, the context's, or the local one.",
            valueName: "url"))
    var server: String?

    @Option(
        help: ArgumentHelp(
            "A server from `muster context list`; else MUSTER_CONTEXT or the current one.",
            valueName: "name"))
    var context: String?

    @Option(
        help: ArgumentHelp(
            "File with the token; else MUSTER_TOKEN or the context's.", valueName: "file"))
    var tokenFile: String?

    @Option(
        help: ArgumentHelp(
            "File with the authorities of the server's certificate, in PEM.", valueName: "file"))
    var ca: String?

    /// A client for the server.
    func client() throws(Failure) -> APIClient {
        let chosen = try choose()
        do throws(OperatingError) {
            let address =
                try chosen.server.map { text throws(OperatingError) in
                    try ServerAddress(text)
                } ?? .local
            var token = chosen.token
            if token == nil, address.isLoopback {
                token = LocalServer.adminToken(port: address.port)
            }
            if token != nil, !address.isSecure, !address.isLoopback {
                Console.say("warning: the token goes to \(address.text) in plain text; use https")
            }
            return try APIClient(
                server: address, token: token, authorities: ca ?? chosen.authorities)
        } catch {
            throw Failure(operating: error)
        }
    }

    private struct Choice {
        var server: String?
        var token: String?
        var authorities: String?
    }

    /// Flags go before the environment, that before the current context. A context's token is for
    /// its own server alone.
    private func choose() throws(Failure) -> Choice {
        guard server == nil || context == nil else {
            throw Failure(
                usage: "--server and --context are both given", expected: "one of them")
        }
        var choice = Choice(server: server)
        let variable = Console.environment("MUSTER_SERVER")
        if server == nil, context == nil, !variable.isEmpty {
            choice.server = variable
        } else if server == nil, let found = try chosenContext() {
            choice.server = found.server
            choice.authorities = found.authorities
            if tokenFile == nil, context != nil || Console.environment("MUSTER_TOKEN").isEmpty {
                choice.token =
                    try found.tokenFile.map { path throws(Failure) in
                        try ServerOptions.token(in: path)
                    } ?? found.token
            }
        }
        if let tokenFile {
            choice.token = try ServerOptions.token(in: tokenFile)
        } else if choice.token == nil {
            let token = Console.environment("MUSTER_TOKEN")
            choice.token = token.isEmpty ? nil : token
        }
        return choice
    }

    private func chosenContext() throws(Failure) -> ServerContext? {
        let variable = Console.environment("MUSTER_CONTEXT")
        let contexts = try ContextsFile.read()
        guard let name = context ?? (variable.isEmpty ? contexts.current : variable) else {
            return nil
        }
        do throws(OperatingError) {
            return try contexts.find(name)
        } catch {
            throw Failure(operating: error)
        }
    }

    /// The token that a file holds.
    static func token(in path: String) throws(Failure) -> String {
        let text = String(decoding: try FileReading.document(path).bytes, as: UTF8.self)
        let lines = text.split(whereSeparator: \.isNewline)
        guard lines.count == 1 else {
            throw Failure(
                [
                    Diagnostic(
                        .invalidValue, file: path, message: "the file does not hold a token",
                        expected: "one line with the token")
                ], status: .configuration)
        }
        return String(lines[0])
    }
}

/// A command that talks to a server.
protocol ClientCommand: ParsableCommand, Sendable {
    /// Which server.
    var connection: ServerOptions { get }
    /// Does what the command is for.
    func run(on client: APIClient) async throws
}

extension ClientCommand {
    func run() throws {
        try Console.runLive {
            let client = try connection.client()
            defer { client.close() }
            try await run(on: client)
        }
    }
}
