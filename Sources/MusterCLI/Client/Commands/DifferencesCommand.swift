import APIClient
import ArgumentParser
import FleetModel
import Simulation

/// Shows where the scheduler in charge of a cluster does otherwise than Muster decides.
struct DifferencesCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "differences",
        abstract: "Show where the scheduler in charge does otherwise, in a dry run.",
        discussion: """
            Of muster up --backend kubernetes --dry-run, which decides beside another scheduler \
            and does nothing: figures of all gangs that ask for GPUs, then those that differ \
            most, each with a sentence why.
            """)

    @Option(help: ArgumentHelp("The most gangs that are listed.", valueName: "count"))
    var limit = 20

    @Flag(help: "Print the server's JSON.")
    var json = false

    @OptionGroup(title: "Server")
    var connection: ServerOptions

    func validate() throws {
        guard (1...1000).contains(limit) else {
            throw ValidationError("--limit is not between 1 and 1000")
        }
    }

    func run(on client: APIClient) async throws {
        let answer = try await client.send(
            APIRequest(.get, "differences", query: [("limit", String(limit))]))
        if json { return try Console.write(answer) }
        let differences = try answer.decode(Remote.Differences.self)
        let text = try await client.clock()
        try Console.write(DifferencesPage(differences: differences, text: text).lines().text)
    }
}

/// The comparison as lines.
struct DifferencesPage {
    let differences: Remote.Differences
    let text: ClientText
    var width = Console.width

    func lines() -> LabelledLines {
        let totals = differences.totals
        var lines = LabelledLines(width: width)
        lines.heading(
            "\(ClientText.count(totals.gangs, "gang")) since \(text.time(differences.since)), "
                + "beside the scheduler in charge")
        lines.add("alike", some(totals.agreed, "started as Muster would have started"))
        lines.add("half started", halfStarted(totals))
        lines.add("earlier", earlier(totals))
        lines.add("would wait", waits(totals))
        lines.add("would refuse", some(totals.refused, "were started and Muster would not take"))
        lines.add("would stop", stops(totals))
        lines.add("topology", topology(totals))
        lines.add("open", some(totals.open, "have not started whole"))
        lines.add("gone", some(totals.gone, "went before they had started whole"))
        let telling = differences.gangs.filter { !$0.agrees }
        guard !telling.isEmpty else { return lines }
        lines.heading("")
        lines.heading("Those that differ most:")
        for gang in telling {
            lines.heading(
                "\(gang.name): \(ClientText.count(gang.pods, "pod")), "
                    + "\(ClientText.gpus(gang.gpus)) GPUs")
            lines.add("", gang.text)
        }
        return lines
    }

    private func some(_ count: Int, _ words: String) -> String? {
        count == 0 ? nil : "\(NumberText.grouped(count)) \(words)"
    }

    private func halfStarted(_ totals: Remote.Differences.Totals) -> String? {
        guard totals.halfStarted > 0 else { return nil }
        let hours = NumberText.grouped(totals.idleGpuSeconds / 3600, decimals: 1)
        return "\(NumberText.grouped(totals.halfStarted)) stood partly bound, "
            + "\(hours) GPU-hours held idle"
    }

    private func earlier(_ totals: Remote.Differences.Totals) -> String? {
        guard totals.earlier.gangs > 0, let median = totals.earlier.medianSeconds,
            let most = totals.earlier.p90Seconds
        else { return nil }
        return "\(NumberText.grouped(totals.earlier.gangs)) would have started earlier, half of "
            + "them by \(NumberText.duration(seconds: median)) or more, one in ten by "
            + "\(NumberText.duration(seconds: most)) or more"
    }

    private func waits(_ totals: Remote.Differences.Totals) -> String? {
        let count = totals.waits.reduce(0) { $0 + $1.gangs }
        let reasons = totals.waits.map { "\(ClientText.words($0.code)) \($0.gangs)" }
            .joined(separator: ", ")
        return some(count, "were started that would have waited: \(reasons)")
    }

    private func stops(_ totals: Remote.Differences.Totals) -> String? {
        guard totals.preempting > 0 else { return nil }
        return "\(ClientText.count(totals.stops, "job")) for "
            + ClientText.count(totals.preempting, "gang")
    }

    private func topology(_ totals: Remote.Differences.Totals) -> String? {
        let parts = [
            some(totals.requiredTopologyBroken, "stand against what they require"),
            some(totals.preferredTopologyBroken, "against what they prefer"),
        ].compactMap { $0 }
        return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }
}
