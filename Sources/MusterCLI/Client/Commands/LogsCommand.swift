import APIClient
import ArgumentParser
import FleetModel

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
        var place = LogPlace(attempt: attempt, tail: tail)
        var hasWaited = false
        var lostAt: ContinuousClock.Instant?
        while true {
            do {
                try await read(&place, client) { lostAt = nil }
                return
            } catch let error as OperatingError where error.code == .noLog && follow {
                let answer = try await client.send(APIRequest(.get, "jobs", job))
                let found = try answer.decode(Remote.Job.self)
                guard attempt == nil, found.isWaiting || found.state == "starting" else {
                    throw error
                }
                if !hasWaited { Console.say("job \(found.id) \(found.name) has not started yet") }
                hasWaited = true
            } catch let error as OperatingError
                where follow && error.isPassing && place.offset != nil
            {
                let now = ContinuousClock.now
                if lostAt == nil {
                    Console.say("\(error.message): \(error.detail); still trying")
                }
                let since = lostAt ?? now
                lostAt = since
                guard now - since < .seconds(60) else { throw error }
            }
            try await Task.sleep(for: .seconds(1))
        }
    }

    /// Prints from a place on, and keeps it up to date, so that a broken connection costs nothing.
    private func read(
        _ place: inout LogPlace, _ client: APIClient, opened: () -> Void
    ) async throws {
        var request = APIRequest(
            .get, "jobs", job, "logs",
            query: [
                ("member", String(member)), ("attempt", place.attempt.map(String.init)),
                ("tail", place.tail.map(String.init)), ("follow", follow ? "true" : nil),
                ("offset", place.offset.map(String.init)),
            ])
        request.accept = "text/plain"
        try await client.stream(request) { header in
            opened()
            if let attempt = header("Muster-Attempt").flatMap(Int.init),
                let offset = header("Muster-Offset").flatMap(Int64.init)
            {
                place = LogPlace(attempt: attempt, tail: nil, offset: offset)
            }
            return true
        } _: { bytes in
            try Console.write(bytes)
            place.offset? += Int64(bytes.count)
            return true
        }
    }
}

/// What is to be read next of a member's output.
private struct LogPlace {
    var attempt: Int?
    var tail: Int?
    /// The first byte; nil before the server has said where it began.
    var offset: Int64?
}
