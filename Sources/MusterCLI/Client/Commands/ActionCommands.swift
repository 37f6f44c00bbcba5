import APIClient
import ArgumentParser
import Documents
import FleetModel

/// What commands that handle jobs have in common.
struct JobOrder: ParsableArguments {
    @Argument(help: "Jobs by number or name.", completion: .jobs)
    var jobs: [String]

    @Option(help: ArgumentHelp("Why, for the audit log.", valueName: "text"))
    var reason: String?

    @Flag(help: "Print the server's JSON, a line for each job.")
    var json = false

    @OptionGroup(title: "Server")
    var connection: ServerOptions

    /// Gives an order for each job. Those that fail are told, and the others go on.
    func give(_ order: String, _ words: String, on client: APIClient) async throws {
        var mistakes: [Failure] = []
        for job in jobs {
            var request = APIRequest(.post, "jobs", job, order)
            if let reason {
                let body = DocumentValue.mapping([.init("reason", .text(reason))])
                request.body = .json(Array(body.json.utf8))
            }
            do {
                let answer = try await client.send(request)
                if json {
                    try Console.write(answer)
                } else {
                    let job = try answer.decode(Remote.Job.self)
                    try Console.write("job \(job.id) \(job.name) \(words)\n")
                }
            } catch let error as OperatingError where Orders.isOfOneThing(error.code) {
                mistakes.append(Failure(operating: error))
            }
        }
        try Orders.fail(mistakes)
    }
}

/// Orders for several things, some of which may go wrong.
enum Orders {
    /// Whether an error is about one thing, so that the order may be given for the others.
    static func isOfOneThing(_ code: DiagnosticCode) -> Bool {
        [.notFound, .jobIsOver, .notAllowed, .invalidValue].contains(code)
    }

    /// Tells what went wrong, if anything did.
    static func fail(_ mistakes: [Failure]) throws(Failure) {
        guard let first = mistakes.first else { return }
        throw Failure(mistakes.flatMap(\.diagnostics), status: first.status)
    }

    /// Asks before something that cannot be taken back is done to several things.
    static func confirm(_ question: String, isSure: Bool) throws(Failure) {
        guard !isSure, Console.canAsk, !Console.confirms(question) else { return }
        throw Failure(usage: "nothing is done", expected: "the answer y, or --yes")
    }
}

/// Cancels jobs.
struct CancelCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel", abstract: "Cancel jobs, waiting or running.",
        discussion: "Running ones get a signal and time to stop. Several are asked about.")

    @Flag(help: "Do not ask.")
    var yes = false

    @OptionGroup
    var order: JobOrder

    var connection: ServerOptions { order.connection }

    func run(on client: APIClient) async throws {
        if order.jobs.count > 1 {
            try Orders.confirm("cancel \(order.jobs.count) jobs?", isSure: yes)
        }
        try await order.give("cancel", "is cancelled", on: client)
    }
}

/// Holds jobs back.
struct HoldCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "hold", abstract: "Keep waiting jobs from starting until they are released.")

    @OptionGroup
    var order: JobOrder

    var connection: ServerOptions { order.connection }

    func run(on client: APIClient) async throws {
        try await order.give("hold", "is held", on: client)
    }
}

/// Releases held jobs.
struct ReleaseCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "release", abstract: "Let held jobs start.")

    @OptionGroup
    var order: JobOrder

    var connection: ServerOptions { order.connection }

    func run(on client: APIClient) async throws {
        try await order.give("release", "is released", on: client)
    }
}
