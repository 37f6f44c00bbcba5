import APIClient
import ArgumentParser
import FleetModel

/// Prints what a member of a job writes.
struct LogsCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs", abstract: "Print the output of a job's member.",
        discussion: """
            Of the present or last attempt, and of member 0, unless told otherwise. With --follow \
            it waits for the start and goes on until the attempt ends.
            """)

    @Argument(help: "The job's number or name.", completion: .jobs)
    var job: String

    @Option(name: .shortAndLong, help: ArgumentHelp("The member's rank.", valueName: "rank"))
    var member = 0

    @Option(help: ArgumentHelp("The attempt.", valueName: "number"))
    var attempt: Int?

    @Option(name: .shortAndLong, help: ArgumentHelp("Only the last lines.", valueName: "lines"))
    var tail: Int?

    @Flag(name: .shortAndLong, help: "Go on as more is written.")
    var follow = false

    @OptionGroup(title: "Server")
    var connection: ServerOptions

    func validate() throws {
        guard member >= 0 else { throw ValidationError("--member is below 0") }
        guard tail ?? 0 >= 0 else { throw ValidationError("--tail is below 0") }
        guard attempt ?? 1 >= 1 else { throw ValidationError("--attempt is below 1") }
    }

    func run(on client: APIClient) async throws {
        var request = APIRequest(
            .get, "jobs", job, "logs",
            query: [
                ("member", String(member)), ("attempt", attempt.map(String.init)),
                ("tail", tail.map(String.init)), ("follow", follow ? "true" : nil),
            ])
        request.accept = "text/plain"
        var hasWaited = false
        while true {
            do {
                try await client.stream(request) { bytes in
                    try Console.write(bytes)
                    return true
                }
                return
            } catch let error as OperatingError where error.code == .noLog && follow {
                let answer = try await client.send(APIRequest(.get, "jobs", job))
                let found = try answer.decode(Remote.Job.self)
                guard attempt == nil, found.isWaiting || found.state == "starting" else {
                    throw error
                }
                if !hasWaited { Console.say("job \(found.id) \(found.name) has not started yet") }
                hasWaited = true
                try await Task.sleep(for: .seconds(1))
            }
        }
    }
}
