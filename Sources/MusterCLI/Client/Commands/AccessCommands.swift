import APIClient
import ArgumentParser
import Documents
import FleetModel

/// Tokens.
struct TokensCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tokens", abstract: "List, add and remove tokens; for admins.",
        subcommands: [List.self, Add.self, Remove.self], defaultSubcommand: List.self)

    /// Lists tokens.
    struct List: ClientCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List the tokens; not their text, which nobody keeps.")

        @Flag(help: "Print the server's JSON.")
        var json = false

        @OptionGroup(title: "Server")
        var connection: ServerOptions

        func run(on client: APIClient) async throws {
            let answer = try await client.send(APIRequest(.get, "tokens"))
            if json { return try Console.write(answer) }
            let tokens = try answer.decode(Remote.Tokens.self).tokens
            let text = try await client.clock()
            var table = TextTable([
                .right("id"), .flexible("name"), .left("role"), .flexible("for", rank: 1),
                .left("made", rank: 3), .left("until", rank: 2), .left("last used", rank: 4),
            ])
            for token in tokens {
                table.add([
                    String(token.id), token.name, token.role,
                    token.tenant ?? token.node ?? "–",
                    text.time(token.createdAt), token.expiresAt.map(text.time) ?? "for ever",
                    token.lastUsedAt.map(text.time) ?? "never",
                ])
            }
            try Console.write(table.text())
        }
    }

    /// Adds a token.
    struct Add: ClientCommand {
        static let configuration = CommandConfiguration(
            commandName: "add", abstract: "Add a token, and print its text, which is shown once.",
            discussion: """
                  muster tokens add ada --role submitter --tenant research --expires 90d > ada.token
                  muster tokens add gpu-7-agent --role agent --node gpu-7 > gpu-7.token
                """)

        @Argument(help: "Who or what it is for.")
        var name: String

        @Option(help: "viewer, submitter, operator, admin, or agent for the agents on nodes.")
        var role: String

        @Option(help: "The tenant of a submitter.", completion: .tenants)
        var tenant: String?

        @Option(
            help: "The one node that an agent may speak for; any without.", completion: .nodes)
        var node: String?

        @Option(help: ArgumentHelp("How long it counts: 90d. For ever without.", valueName: "span"))
        var expires: String?

        @Flag(help: "Print the server's JSON.")
        var json = false

        @OptionGroup(title: "Server")
        var connection: ServerOptions

        func validate() throws {
            guard ["agent", "viewer", "submitter", "operator", "admin"].contains(role) else {
                throw ValidationError("--role is not agent, viewer, submitter, operator or admin")
            }
            guard (role == "submitter") == (tenant != nil) else {
                throw ValidationError(
                    role == "submitter"
                        ? "a submitter needs --tenant" : "only a submitter has a --tenant")
            }
            guard node == nil || role == "agent" else {
                throw ValidationError("only an agent has a --node")
            }
        }

        func run(on client: APIClient) async throws {
            var members: [DocumentValue.Member] = [
                .init("name", .text(name)), .init("role", .text(role)),
            ]
            if let tenant { members.append(.init("tenant", .text(tenant))) }
            if let node { members.append(.init("node", .text(node))) }
            if let expires {
                guard let span = DurationText.parse(expires), span.wholeSeconds > 0 else {
                    throw Failure(
                        usage: "--expires is '\(expires)'", expected: DurationText.expected)
                }
                members.append(.init("expiresInSeconds", .plain(String(span.wholeSeconds))))
            }
            let body = DocumentValue.mapping(members).json
            let answer = try await client.send(
                APIRequest(.post, "tokens", body: .json(Array(body.utf8))))
            if json { return try Console.write(answer) }
            let token = try answer.decode(Remote.Token.self)
            guard let text = token.token else {
                throw OperatingError(.strangeAnswer, "the answer has no token")
            }
            try Console.write(text + "\n")
            Console.say(
                "token \(token.id) is for \(token.name), \(token.role); keep it, it is shown once"
            )
        }
    }

    /// Removes tokens.
    struct Remove: ClientCommand {
        static let configuration = CommandConfiguration(
            commandName: "remove", abstract: "Remove tokens; they count no more from now on.")

        @Argument(help: "Tokens by id.")
        var ids: [Int64]

        @Flag(help: "Do not ask.")
        var yes = false

        @OptionGroup(title: "Server")
        var connection: ServerOptions

        func run(on client: APIClient) async throws {
            if ids.count > 1 { try Orders.confirm("remove \(ids.count) tokens?", isSure: yes) }
            var mistakes: [Failure] = []
            for id in ids {
                do {
                    _ = try await client.send(APIRequest(.delete, "tokens", String(id)))
                    Console.say("token \(id) is removed")
                } catch let error as OperatingError where error.code == .notFound {
                    mistakes.append(Failure(operating: error))
                }
            }
            try Orders.fail(mistakes)
        }
    }
}

/// Shows who did what.
struct AuditCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Show who did what, the newest first; for admins.")

    @Option(help: ArgumentHelp("The most entries to show.", valueName: "count"))
    var limit = 100

    @Flag(help: "Print the server's JSON, a line for each page.")
    var json = false

    @OptionGroup(title: "Server")
    var connection: ServerOptions

    func validate() throws {
        guard limit >= 1 else { throw ValidationError("--limit is below 1") }
    }

    func run(on client: APIClient) async throws {
        let text = try await client.clock()
        var table = TextTable([
            .left("at"), .flexible("who"), .left("role", rank: 3), .left("action"),
            .flexible("object"), .left("outcome", rank: 2), .flexible("detail", rank: 4),
            .left("from", rank: 5),
        ])
        var left = limit
        let request = APIRequest(.get, "audit", query: [("limit", String(min(limit, 1000)))])
        try await client.pages(request) { answer in
            let page = try answer.decode(Remote.Audit.self)
            if json { try Console.write(answer) }
            for entry in page.entries.prefix(left) {
                table.add([
                    text.time(entry.at), entry.who, entry.role, entry.action, entry.object,
                    entry.outcome, entry.detail, entry.address,
                ])
            }
            left -= page.entries.count
            return (page.next, left <= 0)
        }
        if !json { try Console.write(table.text()) }
    }
}

/// Shows who one is.
struct WhoamiCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "whoami", abstract: "Show who the server takes you for, and where it is.")

    @Flag(help: "Print the server's JSON.")
    var json = false

    @OptionGroup(title: "Server")
    var connection: ServerOptions

    func run(on client: APIClient) async throws {
        let answer = try await client.send(APIRequest(.get, "whoami"))
        if json { return try Console.write(answer) }
        let identity = try answer.decode(Remote.Identity.self)
        let tenant = identity.tenant.map { " of \($0)" } ?? ""
        try Console.write("\(identity.name), \(identity.role)\(tenant), at \(client.server.text)\n")
    }
}

/// The journal of decisions.
struct JournalCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "journal", abstract: "The journal of all decisions; for operators.",
        subcommands: [Export.self])

    /// Fetches the journal.
    struct Export: ClientCommand {
        static let configuration = CommandConfiguration(
            commandName: "export",
            abstract: "Write the journal to a file, for `muster replay`.")

        @Argument(help: "The file; it appears whole or not at all.", completion: .file())
        var file: String

        @OptionGroup(title: "Server")
        var connection: ServerOptions

        func run(on client: APIClient) async throws {
            guard file != "-" else {
                throw Failure(usage: "the journal is not text", expected: "a file to write it to")
            }
            var request = APIRequest(.get, "journal")
            request.accept = "application/octet-stream"
            request.timeoutSeconds = 600
            let bytes = try await client.send(request).bytes
            var output = try OutputFile(path: file)
            try output.write(bytes)
            try output.commit()
            Console.say("\(file): \(ClientText.count(bytes.count, "byte"))")
        }
    }
}
