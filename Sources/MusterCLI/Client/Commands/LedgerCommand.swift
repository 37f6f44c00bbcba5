import APIClient
import ArgumentParser
import Documents
import FleetModel
import Simulation

/// Shows who had which GPUs and for how long.
struct LedgerCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "ledger", abstract: "Show who used how many GPU-hours.",
        discussion: """
            Of the last day, unless --from and --to say otherwise: a time in UTC such as \
            2026-11-27T09:00:00Z, a day such as 2026-11-27, or a span before now such as 7d.
            """)

    @Option(help: ArgumentHelp("The beginning.", valueName: "time"))
    var from: String?

    @Option(help: ArgumentHelp("The end.", valueName: "time"))
    var to: String?

    @Option(help: "A tenant and those below it.", completion: .tenants)
    var tenant: String?

    @Option(help: "A job, by number or name.", completion: .jobs)
    var job: String?

    @Option(help: ArgumentHelp("One row for each tenant, job or day; or none.", valueName: "what"))
    var groupBy = "tenant"

    @Flag(help: "Print CSV.")
    var csv = false

    @Flag(help: "Print the server's JSON, a line for each page.")
    var json = false

    @OptionGroup(title: "Server")
    var connection: ServerOptions

    func validate() throws {
        guard ["tenant", "job", "day", "none"].contains(groupBy) else {
            throw ValidationError("--group-by is not tenant, job, day or none")
        }
        if csv, json { throw ValidationError("--csv and --json are both given") }
    }

    func run(on client: APIClient) async throws {
        let text = try await client.clock()
        var request = APIRequest(
            .get, "ledger",
            query: [
                ("from", try LedgerCommand.time(from, "--from", text)),
                ("to", try LedgerCommand.time(to, "--to", text)), ("tenant", tenant),
                ("job", job), ("groupBy", groupBy), ("limit", csv ? "10000" : "1000"),
            ])
        if csv {
            request.accept = "text/csv"
            return try Console.write(try await client.send(request).bytes)
        }
        var table = LedgerCommand.table(groupBy)
        var total = 0.0
        try await client.pages(request) { answer in
            let page = try answer.decode(Remote.Ledger.self)
            if json {
                try Console.write(answer)
            } else {
                for row in page.rows {
                    total += row.gpuSeconds
                    table.add(LedgerCommand.cells(row, groupBy, text))
                }
            }
            return (page.next, false)
        }
        if json { return }
        guard !table.rows.isEmpty else { return Console.say("nobody used anything in that time") }
        try Console.write(table.text())
        Console.say("\(LedgerCommand.hours(total)) GPU-hours in all")
    }

    private static func table(_ grouping: String) -> TextTable {
        var columns: [TextTable.Column] = [.flexible("tenant")]
        if grouping == "job" || grouping == "none" {
            columns += [.right("job"), .flexible("name", rank: 1)]
        }
        columns += [.left("kind", rank: 2), .left("pool", rank: 3)]
        if grouping == "day" || grouping == "none" {
            columns += [.left("from"), .left("to", rank: 4)]
        }
        return TextTable(columns + [.right("gpu-hours"), .right("lost")])
    }

    private static func cells(
        _ row: Remote.Ledger.Row, _ grouping: String, _ text: ClientText
    ) -> [String] {
        var cells = [row.tenant]
        if grouping == "job" || grouping == "none" {
            cells += [row.job.map(String.init) ?? "", row.name ?? ""]
        }
        cells += [row.kind, row.pool]
        if grouping == "day" || grouping == "none" {
            cells += [text.time(row.from), text.time(row.to)]
        }
        return cells + [
            hours(row.gpuSeconds), row.lostGpuSeconds > 0 ? hours(row.lostGpuSeconds) : "–",
        ]
    }

    private static func hours(_ seconds: Double) -> String {
        NumberText.grouped(seconds / 3600, decimals: 1)
    }

    /// A time as the server takes it.
    private static func time(
        _ text: String?, _ flag: String, _ clock: ClientText
    ) throws(Failure) -> String? {
        guard let text else { return nil }
        if Instant(utcText: text) != nil { return text }
        if Instant(utcText: text + "T00:00:00Z") != nil { return text + "T00:00:00Z" }
        if let span = DurationText.parse(text), let now = Instant(utcText: clock.now) {
            return Instant(nanoseconds: max(0, now.nanoseconds - span.nanoseconds)).utcText
        }
        throw Failure(
            usage: "\(flag) is '\(text)'",
            expected: "a time such as 2026-11-27T09:00:00Z, a day such as 2026-11-27, or 7d")
    }
}
