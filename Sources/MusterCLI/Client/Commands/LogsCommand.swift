import APIClient
import ArgumentParser

/// Prints what a member of a job writes.
struct LogsCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs", abstract: "Print the output of a job's member.",
        discussion: """
            Of the present or last attempt, and of member 0, unless told otherwise. With --follow \
            it waits for the start and goes on until the attempt ends, over broken connections as \
            well.
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
        try await LogStream(
            client: client, job: job, member: member, attempt: attempt, tail: tail,
            isFollowed: follow
        ).run { try Console.write($0) }
    }
}
