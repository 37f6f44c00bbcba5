import APIClient
import ArgumentParser
import FleetModel
import Simulation

/// Lists nodes.
struct NodesCommand: ClientCommand {
    static let configuration = CommandConfiguration(commandName: "nodes", abstract: "List nodes.")

    @Option(help: "Nodes of a pool.")
    var pool: String?

    @Option(
        help: ArgumentHelp(
            "States, separated by commas: ready, cordoned, draining, lost.", valueName: "states"))
    var state: String?

    @Option(help: ArgumentHelp("Nodes with this in their name.", valueName: "text"))
    var name: String?

    @Flag(help: "Print the server's JSON.")
    var json = false

    @OptionGroup(title: "Server")
    var connection: ServerOptions

    func validate() throws {
        let states = ["ready", "cordoned", "draining", "lost"]
        for token in (state ?? "").split(separator: ",") where !states.contains(String(token)) {
            throw ValidationError("'\(token)' is not a state of nodes")
        }
    }

    func run(on client: APIClient) async throws {
        let answer = try await client.send(
            APIRequest(.get, "nodes", query: [("pool", pool), ("state", state), ("name", name)]))
        if json { return try Console.write(answer) }
        let page = try answer.decode(Remote.Nodes.self)
        guard !page.nodes.isEmpty else { return Console.say("no such nodes") }
        let levels = page.levels.dropLast()
        var table = TextTable(
            [
                .flexible("node"), .left("pool", rank: 4), .left("kind", rank: 3), .left("state"),
                .right("free"), .right("gpus"), .flexible("jobs", rank: 2),
            ] + levels.map { .left($0, rank: 6) } + [.flexible("why", rank: 5)])
        for node in page.nodes {
            let jobs = ClientText.nodes(node.jobs.map(\.name), node.jobs.count)
            let domains = levels.indices.map {
                node.domains.indices.contains($0) ? node.domains[$0] : ""
            }
            table.add(
                [
                    node.name, node.pool, node.kind ?? "–", node.state, ClientText.gpus(node.free),
                    String(node.devices), jobs,
                ] + domains + [NodePage.why(node)])
        }
        try Console.write(table.text())
    }
}

/// Shows one node.
struct NodeCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "node", abstract: "Show one node: devices, jobs, what happened to it.")

    @Argument(help: "The node's name.", completion: .nodes)
    var node: String

    @Flag(help: "Print the server's JSON.")
    var json = false

    @OptionGroup(title: "Server")
    var connection: ServerOptions

    func run(on client: APIClient) async throws {
        let answer = try await client.send(APIRequest(.get, "nodes", node))
        if json { return try Console.write(answer) }
        let page = NodePage(
            node: try answer.decode(Remote.Node.self),
            detail: try answer.decode(Remote.NodeDetail.self), text: try await client.clock())
        try Console.write(page.lines().text)
    }
}

/// One node as lines.
struct NodePage {
    let node: Remote.Node
    let detail: Remote.NodeDetail
    let text: ClientText

    /// Events that are shown, the last ones.
    private static let shownEvents = 20

    func lines() -> LabelledLines {
        var lines = LabelledLines()
        lines.heading("\(node.name): \(node.state)")
        lines.add("why", NodePage.why(node))
        if node.state != "ready" {
            lines.add("since", node.since.map { "\(text.time($0)), \(text.age($0)) ago" })
        }
        lines.add("deadline", node.deadline.map(text.time))
        lines.add("pool", node.pool)
        lines.add("place", node.domains.joined(separator: " / "))
        let kind = node.kind.map { " " + $0 } ?? ""
        lines.add(
            "GPUs",
            "\(node.devices)\(kind), \(ClientText.gpus(node.free)) free"
                + (node.unhealthy.isEmpty
                    ? ""
                    : "; out of service: "
                        + node.unhealthy.map(String.init).joined(separator: ", ")))
        lines.add("host", host())
        lines.add("kept for", node.reservedFor.map { "job \($0)" })
        lines.add("Jobs", jobs())
        lines.add("Events", events())
        return lines
    }

    private func host() -> String {
        var parts = ["\(ClientText.gpus(Double(detail.cpuMilli) / 1000)) CPUs"]
        if detail.memoryMiB > 0 { parts.append(NodePage.memory(detail.memoryMiB) + " memory") }
        if detail.diskMiB > 0 { parts.append(NodePage.memory(detail.diskMiB) + " disk") }
        if detail.nics > 0 { parts.append(ClientText.count(Int(detail.nics), "NIC")) }
        return parts.joined(separator: ", ")
    }

    private func jobs() -> TextTable {
        var table = TextTable([
            .right("job"), .flexible("name"), .flexible("tenant", rank: 1), .right("gpus"),
            .left("devices"),
        ])
        for job in node.jobs {
            table.add([
                String(job.job), job.name, job.tenant, ClientText.gpus(job.gpus),
                job.devices.map(String.init).joined(separator: ","),
            ])
        }
        return table
    }

    private func events() -> TextTable {
        var table = TextTable([.left("at"), .left("what", rank: 1), .flexible("text")])
        for event in detail.events.suffix(NodePage.shownEvents) {
            table.add([text.time(event.at), ClientText.words(event.kind), event.text])
        }
        return table
    }

    /// Why a node takes no work, or what is wrong with it.
    static func why(_ node: Remote.Node) -> String {
        let count = node.unhealthy.count
        let devices = count == 0 ? nil : ClientText.count(count, "device") + " out of service"
        return [node.reason, devices].compactMap { $0 }.joined(separator: "; ")
    }

    /// Mebibytes in the unit that suits them.
    static func memory(_ mebibytes: Int64) -> String {
        for (unit, size) in [("PiB", Int64(1) << 30), ("TiB", 1 << 20), ("GiB", 1 << 10)]
        where mebibytes >= size {
            let isWhole = mebibytes % size == 0
            let amount = Double(mebibytes) / Double(size)
            return NumberText.grouped(amount, decimals: isWhole ? 0 : 1) + " " + unit
        }
        return "\(mebibytes) MiB"
    }
}
