import APIClient
import ArgumentParser
import Documents
import FleetModel
import Simulation

/// Names for servers.
struct ContextCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "context",
        abstract: "Names for servers, with what is needed to talk to them.",
        discussion: """
            They are kept in $XDG_CONFIG_HOME/muster/contexts.yaml, or ~/.config/muster, which \
            nobody else can read. MUSTER_CONTEXT or --context chooses one for a single command.
            """,
        subcommands: [Add.self, Use.self, List.self, Remove.self], defaultSubcommand: List.self)

    /// Adds a context, or changes one.
    struct Add: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "add", abstract: "Add a context, or replace the one of this name.",
            discussion: "The first one becomes the current one.")

        @Argument(help: "The context's name.")
        var name: String

        @Option(help: ArgumentHelp("Address of the server.", valueName: "url"))
        var server: String

        @Option(help: ArgumentHelp("File with the token; it is read each time.", valueName: "file"))
        var tokenFile: String?

        @Option(
            help: ArgumentHelp(
                "The token itself, which shells may keep in their history.", valueName: "token"))
        var token: String?

        @Option(
            help: ArgumentHelp(
                "File with the authorities of the server's certificate, in PEM.",
                valueName: "file"))
        var ca: String?

        func run() throws {
            try Console.run { () throws(Failure) in
                guard ContextsDocument.isName(name) else {
                    throw Failure(
                        usage: "'\(name)' is not a name for a context",
                        expected: ContextsDocument.nameExpected)
                }
                guard token == nil || tokenFile == nil else {
                    throw Failure(
                        usage: "--token and --token-file are both given", expected: "one of them")
                }
                do throws(OperatingError) {
                    try APIClient.check(server: server, token: token)
                } catch {
                    throw Failure(operating: error)
                }
                if let tokenFile { _ = try ServerOptions.token(in: tokenFile) }
                if let ca { _ = try FileReading.document(ca) }
                var document = try ContextsFile.read()
                document.set(
                    ServerContext(
                        name: name, server: server, token: token,
                        tokenFile: tokenFile.map(FileReading.absolute),
                        authorities: ca.map(FileReading.absolute)))
                if document.contexts.count == 1 { document.current = name }
                try ContextsFile.write(document)
                let isCurrent = document.current == name
                Console.say(
                    "context '\(name)' is \(server)"
                        + (isCurrent
                            ? ", and the current one" : "; use it: muster context use \(name)"))
            }
        }
    }

    /// Chooses a context.
    struct Use: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "use", abstract: "Make a context the current one.")

        @Argument(help: "The context's name.", completion: .contexts)
        var name: String

        func run() throws {
            try Console.run { () throws(Failure) in
                var document = try ContextsFile.read()
                let found = try ContextCommand.find(name, in: document)
                document.current = name
                try ContextsFile.write(document)
                Console.say("context '\(name)' is the current one: \(found.server)")
            }
        }
    }

    /// Shows all contexts.
    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List the contexts.")

        @Flag(help: "Print JSON.")
        var json = false

        func run() throws {
            try Console.run { () throws(Failure) in
                let document = try ContextsFile.read()
                try Console.write(json ? List.json(document) : List.table(document))
                if document.contexts.isEmpty, !json {
                    Console.say("no contexts; make one: muster context add NAME --server URL")
                }
            }
        }

        private static func json(_ document: ContextsDocument) -> String {
            func text(_ value: String?) -> DocumentValue { value.map { .text($0) } ?? .null }
            return DocumentValue.list(
                document.contexts.map { context in
                    .mapping([
                        .init("name", .text(context.name)), .init("server", .text(context.server)),
                        .init("isCurrent", .plain(String(context.name == document.current))),
                        .init("tokenFile", text(context.tokenFile)),
                        .init("hasToken", .plain(String(context.token != nil))),
                        .init("ca", text(context.authorities)),
                    ])
                }
            ).json + "\n"
        }

        private static func table(_ document: ContextsDocument) -> String {
            var table = TextTable([.left(""), .left("name"), .flexible("server"), .left("token")])
            for context in document.contexts {
                table.add([
                    context.name == document.current ? "*" : "", context.name, context.server,
                    context.token != nil ? "kept here" : context.tokenFile ?? "none",
                ])
            }
            return document.contexts.isEmpty ? "" : table.text()
        }
    }

    /// Takes a context away.
    struct Remove: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "remove", abstract: "Remove a context.")

        @Argument(help: "The context's name.", completion: .contexts)
        var name: String

        func run() throws {
            try Console.run { () throws(Failure) in
                var document = try ContextsFile.read()
                _ = try ContextCommand.find(name, in: document)
                document.remove(name)
                try ContextsFile.write(document)
                Console.say(
                    "context '\(name)' is removed"
                        + (document.current == nil && !document.contexts.isEmpty
                            ? "; it was the current one, choose another: muster context use NAME"
                            : ""))
            }
        }
    }

    fileprivate static func find(
        _ name: String, in document: ContextsDocument
    ) throws(Failure) -> ServerContext {
        do throws(OperatingError) {
            return try document.find(name)
        } catch {
            throw Failure(operating: error)
        }
    }
}
