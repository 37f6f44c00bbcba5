import APIClient
import ArgumentParser
import FleetModel
import Simulation

/// Shows what happens.
struct EventsCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "events", abstract: "Show what happened, and with --follow what happens.",
        discussion: """
            A broken connection is taken up again without gap or repeat. With --json and --follow \
            each event is a line.
            """)

    @Flag(name: .shortAndLong, help: "Go on as more happens.")
    var follow = false

    @Option(help: ArgumentHelp("Events behind this one.", valueName: "id"))
    var after: Int64?

    @Option(
        help: ArgumentHelp(
            "Events of a kind, such as started, ended, requeued, nodeLost; may be repeated.",
            valueName: "kind"))
    var kind: [String] = []

    @Option(help: "Events of a job, by number or name.", completion: .jobs)
    var job: String?

    @Option(help: ArgumentHelp("The most events to show, 1 to 1000.", valueName: "count"))
    var limit = 100

    @Flag(help: "Print the server's JSON.")
    var json = false

    @OptionGroup(title: "Server")
    var connection: ServerOptions

    func validate() throws {
        guard (1...1000).contains(limit) else { throw ValidationError("--limit is not 1 to 1000") }
        guard after ?? 0 >= 0 else { throw ValidationError("--after is below 0") }
    }

    func run(on client: APIClient) async throws {
        var number: Int?
        if let job {
            number = try await client.send(APIRequest(.get, "jobs", job))
                .decode(Remote.Job.self).id
        }
        var request = APIRequest(
            .get, "events",
            query: [
                ("after", after.map(String.init)),
                ("kind", kind.isEmpty ? nil : kind.joined(separator: ",")),
                ("job", number.map(String.init)),
            ])
        guard follow else {
            request.query.append((name: "limit", value: String(limit)))
            let answer = try await client.send(request)
            if json { return try Console.write(answer) }
            for event in try answer.decode(Remote.Events.self).events {
                try Console.write(EventLine.text(event) + "\n")
            }
            return
        }
        try await client.follow(request) { signal in
            switch signal {
            case .opened: break
            case .lost(let error): Console.say("\(error.message): \(error.detail); still trying")
            case .message(let message) where message.event == "reset":
                Console.say("some events are forgotten by the server, and left out here")
            case .message(let message):
                if json {
                    try Console.write(message.data + "\n")
                } else if let event = JobWait.event(message) {
                    try Console.write(EventLine.text(event) + "\n")
                }
            }
            return true
        }
    }
}

/// An event on one line.
enum EventLine {
    static func text(_ event: Remote.Event) -> String {
        let about: String? =
            if let job = event.job {
                "job \(job)" + (event.name.map { " \($0)" } ?? "")
            } else {
                event.node
            }
        return [event.at, about, ClientText.words(event.kind), event.text]
            .compactMap { $0.map(TerminalText.clean) }.filter { !$0.isEmpty }
            .joined(separator: "  ")
    }
}
