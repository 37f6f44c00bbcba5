import APIClient
import ArgumentParser
import Documents
import FleetModel
import Simulation

/// Shows the ledger of hardware.
struct HardwareCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "hardware",
        abstract: "Show the ledger of hardware: machines by their serial numbers.",
        discussion: """
            Without a name, all machines that ever were here. With one, what that machine and its \
            devices went through: faults, tests, repairs, jobs and names, as a text that can go \
            to the provider. That has the last of each; --history goes on to the first, newest \
            first, of a machine, of the one GPU that a UUID names, or of the one network \
            interface that a GUID names.
            """)

    @Argument(
        help: ArgumentHelp(
            "A serial number, a UUID or GUID, a node, or a machine such as machine-3.",
            valueName: "hardware"))
    var name: String?

    @Flag(help: "Only machines with something against them.")
    var bad = false

    @Flag(help: "Print the text for the provider and nothing else, to be kept in a file.")
    var ticket = false

    @Flag(help: "Everything that it went through, newest first: the last 50.")
    var history = false

    @Flag(help: "All of its history, not only the last 50.")
    var all = false

    @Option(help: ArgumentHelp("The history before a page's end.", valueName: "cursor"))
    var before: String?

    @Flag(help: "Print the server's JSON.")
    var json = false

    @OptionGroup(title: "Server")
    var connection: ServerOptions

    func validate() throws {
        if name?.isEmpty == true { throw ValidationError("the name of hardware is empty") }
        if name == nil, history || all || before != nil || ticket {
            throw ValidationError(
                "--history, --all, --before and --ticket need the name of hardware")
        }
    }

    func run(on client: APIClient) async throws {
        guard let name else { return try await list(client) }
        if history || all || before != nil { return try await showHistory(of: name, client) }
        let answer = try await client.send(APIRequest(.get, "hardware", name))
        if json { return try Console.write(answer) }
        let machine = try answer.decode(Remote.Hardware.self)
        var text = machine.ticket ?? "nothing is known of it yet\n"
        if !ticket, let why = machine.why { text += "\nState\n" + why }
        if !ticket, !machine.lines.isEmpty {
            text += "\nLast lines of its log\n"
            text += machine.lines.map { "\($0.number)  \($0.time)  \($0.text)\n" }.joined()
        }
        try Console.write(
            text.split(separator: "\n", omittingEmptySubsequences: false)
                .map { TerminalText.clean(String($0)) }.joined(separator: "\n"))
    }

    private func list(_ client: APIClient) async throws {
        var after = 0
        var table = TextTable([
            .left("machine"), .left("node"), .left("state"), .flexible("open"),
            .right("faults", rank: 1), .right("tests", rank: 2), .right("repairs", rank: 3),
            .right("points", rank: 4),
        ])
        while true {
            let query = [("after", String(after)), ("bad", bad ? "1" : "0")]
            let answer = try await client.send(APIRequest(.get, "hardware", query: query))
            if json { return try Console.write(answer) }
            let page = try answer.decode(Remote.HardwarePage.self)
            for machine in page.machines {
                table.add([
                    machine.chassis ?? machine.machine,
                    machine.node ?? machine.lastNode.map { "(\($0))" } ?? "",
                    ClientText.words(machine.state), machine.open.joined(separator: ", "),
                    "\(machine.counts.faults)",
                    "\(machine.counts.passedTests + machine.counts.failedTests)",
                    "\(machine.counts.repairs)", "\(machine.score)",
                ])
            }
            guard let next = page.next else { break }
            after = next
        }
        guard !table.rows.isEmpty else { return Console.say("no machines") }
        try Console.write(table.text())
    }
}

/// Says something about the hardware of nodes.
struct SayCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "say", abstract: "Say something about the hardware of nodes.",
        discussion: """
            quarantine: out of service until a test under load passes. repaired: it was repaired \
            by hand, and returns with such a test. test: when it is idle. accept: a refused \
            arrival may be tested. clear: nothing is suspected any more. retire, reinstate: for \
            good, and back. forgiveAttempts: repairs are counted anew. sharedIdentities: serial \
            numbers that it has in common with others name nothing. proceed: what a breaker or the \
            limit of repairs at a time holds back of it is done now, once.
            """)

    @Argument(
        help: ArgumentHelp(
            "quarantine, repaired, test, accept, clear, retire, reinstate, forgiveAttempts, "
                + "sharedIdentities or proceed.", valueName: "statement"))
    var statement: String

    @Option(help: ArgumentHelp("Why, for the audit log.", valueName: "text"))
    var reason: String?

    @OptionGroup
    var order: StatementNodes

    var connection: ServerOptions { order.connection }

    func run(on client: APIClient) async throws {
        var members = [DocumentValue.Member("statement", .text(statement))]
        if let reason { members.append(.init("reason", .text(reason))) }
        let body = APIRequest.Body.json(Array(DocumentValue.mapping(members).json.utf8))
        var mistakes: [Failure] = []
        for node in order.nodes {
            do {
                let answer = try await client.send(
                    APIRequest(.post, "nodes", node, "statements", body: body))
                if order.json {
                    try Console.write(answer)
                } else {
                    let health = try answer.decode(Remote.NodeHealth.self)
                    let state = health.hold ?? ClientText.words(health.state)
                    let rest = rest(of: health)
                    try Console.write("\(health.node) is \(state)\(rest)\n")
                }
            } catch let error as OperatingError where Orders.isOfOneThing(error.code) {
                mistakes.append(Failure(operating: error))
            }
        }
        try Orders.fail(mistakes)
    }

    /// What keeps what was said from being done at once.
    private func rest(of node: Remote.NodeHealth) -> String {
        if let held = node.held {
            return ", and held back: \(held); muster health says how it goes on"
        }
        guard statement == "test", ["inService", "suspect"].contains(node.state) else { return "" }
        if node.isBusy == true { return ", and is tested when nothing runs there" }
        return ", and is tested when the fleet can do without it"
    }
}

/// Which nodes something is said about.
struct StatementNodes: ParsableArguments {
    @Argument(help: "Nodes.", completion: .nodes)
    var nodes: [String]

    @Flag(help: "Print the server's JSON, a line for each node.")
    var json = false

    @OptionGroup(title: "Server")
    var connection: ServerOptions
}

extension Remote {
    /// A page of machines.
    struct HardwarePage: Decodable {
        var machines: [Machine]
        var next: Int?
    }

    /// A machine in a line.
    struct Machine: Decodable {
        struct Counts: Decodable {
            var faults: Int
            var passedTests: Int
            var failedTests: Int
            var repairs: Int
        }

        var machine: String
        var chassis: String?
        var node: String?
        var lastNode: String?
        var state: String
        var open: [String]
        var counts: Counts
        var score: Int
    }

    /// What is known of one machine.
    struct Hardware: Decodable {
        struct Line: Decodable {
            var number: Int
            var time: String
            var text: String
        }

        var ticket: String?
        var why: String?
        var lines: [Line]
    }
}
