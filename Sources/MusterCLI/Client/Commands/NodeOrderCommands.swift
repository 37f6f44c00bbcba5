import APIClient
import ArgumentParser
import Documents
import FleetModel
import Simulation

/// What commands that close and open nodes have in common.
struct NodeOrder: ParsableArguments {
    @Argument(help: "Nodes.", completion: .nodes)
    var nodes: [String]

    @Flag(help: "Print the server's JSON, a line for each node.")
    var json = false

    @OptionGroup(title: "Server")
    var connection: ServerOptions

    /// Gives an order for each node. Those that fail are told, and the others go on.
    func give(
        _ order: String, _ members: [DocumentValue.Member], on client: APIClient
    ) async throws {
        var mistakes: [Failure] = []
        let body = APIRequest.Body.json(Array(DocumentValue.mapping(members).json.utf8))
        for node in nodes {
            do {
                let answer = try await client.send(
                    APIRequest(.post, "nodes", node, order, body: body))
                if json {
                    try Console.write(answer)
                } else {
                    let node = try answer.decode(Remote.Node.self)
                    let jobs =
                        node.jobs.isEmpty
                        ? "" : ", \(ClientText.count(node.jobs.count, "job")) on it"
                    let why = order == "uncordon" && node.state != "ready" ? node.reason : nil
                    let rest = why.map { ": \(TerminalText.clean($0))" } ?? ""
                    try Console.write("\(node.name) is \(node.state)\(jobs)\(rest)\n")
                }
            } catch let error as OperatingError where Orders.isOfOneThing(error.code) {
                mistakes.append(Failure(operating: error))
            }
        }
        try Orders.fail(mistakes)
    }
}

/// Closes nodes to new work.
struct CordonCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "cordon", abstract: "Let nodes take no new work; what runs there goes on.")

    @Option(help: ArgumentHelp("Why, for those who find them like this.", valueName: "text"))
    var reason: String

    @OptionGroup
    var order: NodeOrder

    var connection: ServerOptions { order.connection }

    func run(on client: APIClient) async throws {
        try await order.give("cordon", [.init("reason", .text(reason))], on: client)
    }
}

/// Empties nodes.
struct DrainCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "drain",
        abstract: "Let nodes take no new work, and become empty.",
        discussion: """
            What runs there may stay until it ends. With --within, what still runs there when the \
            time is over is stopped, and starts again elsewhere at no cost to its retries; with \
            --within 0s that is at once. Draining several nodes is asked about.
            """)

    @Option(help: ArgumentHelp("Why, for those who find them like this.", valueName: "text"))
    var reason: String

    @Option(
        help: ArgumentHelp(
            "Time for what runs there: 30m. Without, it stays until it ends.", valueName: "span"))
    var within: String?

    @Flag(help: "Do not ask.")
    var yes = false

    @OptionGroup
    var order: NodeOrder

    var connection: ServerOptions { order.connection }

    func run(on client: APIClient) async throws {
        var members = [DocumentValue.Member("reason", .text(reason))]
        if let within {
            guard let span = DurationText.parse(within) else {
                throw Failure(usage: "--within is '\(within)'", expected: DurationText.expected)
            }
            members.append(.init("deadlineSeconds", .plain(String(span.wholeSeconds))))
        }
        if order.nodes.count > 1 {
            try Orders.confirm("drain \(order.nodes.count) nodes?", isSure: yes)
        }
        try await order.give("drain", members, on: client)
    }
}

/// Opens nodes again.
struct UncordonCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "uncordon", abstract: "Let nodes take work again.")

    @Option(help: ArgumentHelp("Why, for the audit log.", valueName: "text"))
    var reason: String?

    @OptionGroup
    var order: NodeOrder

    var connection: ServerOptions { order.connection }

    func run(on client: APIClient) async throws {
        let members = reason.map { [DocumentValue.Member("reason", .text($0))] } ?? []
        try await order.give("uncordon", members, on: client)
    }
}
