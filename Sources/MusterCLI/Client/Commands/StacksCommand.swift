import APIClient
import ArgumentParser
import Documents
import FleetModel

/// Shows which versions nodes have and should have, and brings pools to others.
struct StacksCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stacks",
        abstract: "Show which versions nodes have, and bring pools to others.",
        discussion: """
            A stack is a set of versions: driver, CUDA, NCCL, EFA and so on, with a name. A file \
            says which pool has which (muster up --stacks FILE).
            """,
        subcommands: [
            Show.self, Roll.self, Pause.self, Resume.self, RollBack.self, Cancel.self,
        ], defaultSubcommand: Show.self)

    /// Shows everything.
    struct Show: ClientCommand {
        static let configuration = CommandConfiguration(
            commandName: "show",
            abstract: "Show pools, drift, rollouts and what the fleet has seen of versions.")

        @Flag(help: "Print the server's JSON.")
        var json = false

        @OptionGroup(title: "Server")
        var connection: ServerOptions

        func run(on client: APIClient) async throws {
            let answer = try await client.send(APIRequest(.get, "stacks"))
            if json { return try Console.write(answer) }
            let stacks = try answer.decode(Remote.Stacks.self)
            try Console.write(StacksPage(stacks, text: try await client.clock()).text())
        }
    }

    /// Begins a rollout.
    struct Roll: ClientCommand {
        static let configuration = CommandConfiguration(
            commandName: "roll",
            abstract: "Bring the nodes of a pool to a stack, in waves.",
            discussion: """
                Each node is drained, brought to the stack, and returns when a test under load has \
                passed. The next wave begins when the one before has worked for the time of the \
                soak. When more nodes fail than may, what was changed goes back.
                """)

        @Argument(help: "The pool.")
        var pool: String

        @Argument(help: "The stack, by its name in the file.")
        var stack: String

        @Option(
            help: ArgumentHelp(
                "Sizes of the first waves: 1,5%,25%. One last wave takes the rest.",
                valueName: "sizes"))
        var waves: String?

        @Option(help: ArgumentHelp("How long a wave has to work: 1h.", valueName: "span"))
        var soak: String?

        @Option(
            name: .customLong("most-out"),
            help: ArgumentHelp("Nodes that may be out at a time.", valueName: "nodes"))
        var mostOut: Int?

        @Option(help: ArgumentHelp("Nodes that may fail.", valueName: "nodes"))
        var failures: Int?

        @Option(
            help: ArgumentHelp("The level of the test: quick, 2m, 15m or 1h.", valueName: "level"))
        var level: String?

        @Option(
            help: ArgumentHelp(
                "Time for what runs on a node: 2h. Without, as the health policy says.",
                valueName: "span"))
        var within: String?

        @Flag(help: "Do not ask.")
        var yes = false

        @OptionGroup
        var output: RolloutOutput

        var connection: ServerOptions { output.connection }

        func run(on client: APIClient) async throws {
            var members = [
                DocumentValue.Member("pool", .text(pool)), .init("stack", .text(stack)),
            ]
            if let waves {
                let sizes = waves.split(separator: ",").map {
                    DocumentValue.text(String($0.filter { $0 != " " }))
                }
                members.append(.init("waves", .list(sizes)))
            }
            func add(_ name: String, _ option: String, _ text: String?) throws(Failure) {
                guard let text else { return }
                guard let span = DurationText.parse(text) else {
                    throw Failure(
                        usage: "\(option) is '\(text)'", expected: DurationText.expected)
                }
                members.append(.init(name, .plain(String(span.wholeSeconds))))
            }
            try add("soakSeconds", "--soak", soak)
            try add("graceSeconds", "--within", within)
            if let mostOut { members.append(.init("mostOut", .plain(String(mostOut)))) }
            if let failures { members.append(.init("failures", .plain(String(failures)))) }
            if let level { members.append(.init("level", .text(level))) }
            try Orders.confirm("bring the pool '\(pool)' to '\(stack)'?", isSure: yes)
            let body = APIRequest.Body.json(Array(DocumentValue.mapping(members).json.utf8))
            try output.show(
                try await client.send(APIRequest(.post, "stacks", "rollouts", body: body)))
        }
    }

    /// Lets nothing new begin.
    struct Pause: ClientCommand {
        static let configuration = CommandConfiguration(
            commandName: "pause", abstract: "Let nothing new begin in a pool's rollout.")
        @OptionGroup
        var order: RolloutOrder
        var connection: ServerOptions { order.output.connection }
        func run(on client: APIClient) async throws { try await order.give("pause", client) }
    }

    /// Goes on.
    struct Resume: ClientCommand {
        static let configuration = CommandConfiguration(
            commandName: "resume", abstract: "Go on with a rollout that is paused.")
        @OptionGroup
        var order: RolloutOrder
        var connection: ServerOptions { order.output.connection }
        func run(on client: APIClient) async throws { try await order.give("resume", client) }
    }

    /// Takes back.
    struct RollBack: ClientCommand {
        static let configuration = CommandConfiguration(
            commandName: "roll-back",
            abstract: "Bring what a rollout has changed back to the old stack.")
        @OptionGroup
        var order: RolloutOrder
        var connection: ServerOptions { order.output.connection }
        func run(on client: APIClient) async throws { try await order.give("rollBack", client) }
    }

    /// Ends as it is.
    struct Cancel: ClientCommand {
        static let configuration = CommandConfiguration(
            commandName: "cancel",
            abstract: "End a rollout as it is: what is under way comes to its end.")
        @OptionGroup
        var order: RolloutOrder
        var connection: ServerOptions { order.output.connection }
        func run(on client: APIClient) async throws { try await order.give("cancel", client) }
    }
}

/// How an answer about a rollout is shown.
struct RolloutOutput: ParsableArguments {
    @Flag(help: "Print the server's JSON.")
    var json = false

    @OptionGroup(title: "Server")
    var connection: ServerOptions

    func show(_ answer: APIAnswer) throws {
        if json { return try Console.write(answer) }
        let rollout = try answer.decode(Remote.Rollout.self)
        try Console.write(
            "rollout \(rollout.number) of pool '\(rollout.pool)' to '\(rollout.stack)': "
                + "\(rollout.state)\n"
                + (rollout.isForPeople ? "installed by \(Remote.Rollout.byPeople)\n" : ""))
    }
}

/// Something that is wanted of the rollout in a pool.
struct RolloutOrder: ParsableArguments {
    @Argument(help: "The pool.")
    var pool: String

    @OptionGroup
    var output: RolloutOutput

    func give(_ command: String, _ client: APIClient) async throws {
        try output.show(
            try await client.send(APIRequest(.post, "stacks", "rollouts", pool, command)))
    }
}
