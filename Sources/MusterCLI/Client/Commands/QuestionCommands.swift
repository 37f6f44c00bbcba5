import APIClient
import ArgumentParser
import Documents
import FleetModel

/// Says why a job waits.
struct WhyCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "why",
        abstract: "Say why a job waits, when it will start, and what would start it sooner.")

    @Argument(help: "The job's number or name.", completion: .jobs)
    var job: String

    @Flag(help: "Print the server's JSON.")
    var json = false

    @OptionGroup(title: "Server")
    var connection: ServerOptions

    func run(on client: APIClient) async throws {
        let answer = try await client.send(APIRequest(.get, "jobs", job, "why"))
        if json { return try Console.write(answer) }
        let verdict = try answer.decode(Remote.Verdict.self)
        var text = ClientText.wrapped(verdict.text, to: Console.width)
        if !text.hasSuffix("\n") { text += "\n" }
        try Console.write(text)
        let commands = verdict.remedies.compactMap(\.command)
        guard !commands.isEmpty else { return }
        try Console.write(
            "\nTo start it sooner:\n"
                + commands.map { "  " + ClientText.wrapped($0, to: .max) + "\n" }.joined())
    }
}

/// Says when a job will start.
struct ETACommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "eta", abstract: "Say when a waiting job is expected to start.")

    @Argument(help: "The job's number or name.", completion: .jobs)
    var job: String

    @Flag(help: "Print the server's JSON.")
    var json = false

    @OptionGroup(title: "Server")
    var connection: ServerOptions

    func run(on client: APIClient) async throws {
        let answer = try await client.send(APIRequest(.get, "jobs", job, "eta"))
        if json { return try Console.write(answer) }
        let expectation = try answer.decode(Remote.Expectation.self)
        let text = try await client.clock()
        guard ["queued", "blocked"].contains(expectation.state) else {
            try Console.write("does not wait: \(ClientText.words(expectation.state))\n")
            return
        }
        let words = expectation.estimate.map(text.expectation) ?? "not known; muster why \(job)"
        try Console.write("starts \(words)\n")
    }
}

/// Says what changes would bring.
struct WhatIfCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "whatif",
        abstract: "Say what would start, stop and wait otherwise after some changes.",
        discussion: """
            Nothing is changed. Changes come from a file (docs/FILES.md, What if), from standard \
            input with -, or from the flags, all of which are made together:

              muster whatif --cancel sweep-3
              muster whatif --job llama-70b-sft --members 13
              muster whatif --resume gpu-0231,gpu-0232
            """)

    @Argument(help: "A file with changes, or - for standard input.", completion: .file())
    var file: String?

    @Option(help: ArgumentHelp("Jobs that are cancelled.", valueName: "jobs"), completion: .jobs)
    var cancel: [String] = []

    @Option(help: ArgumentHelp("Jobs that are released.", valueName: "jobs"), completion: .jobs)
    var release: [String] = []

    @Option(
        help: ArgumentHelp(
            "Nodes that take no new work; what runs there stays until it ends.",
            valueName: "nodes"), completion: .nodes)
    var drain: [String] = []

    @Option(
        help: ArgumentHelp("Drained nodes that take work again.", valueName: "nodes"),
        completion: .nodes)
    var resume: [String] = []

    @Option(help: ArgumentHelp("Nodes that are gone.", valueName: "nodes"), completion: .nodes)
    var remove: [String] = []

    @Option(help: "Queue order: fifo, first-fit, easy, fair, muster.")
    var policy: String?

    @Option(
        help: ArgumentHelp("A job that is other; what is other follows.", valueName: "job"),
        completion: .jobs)
    var job: String?

    @OptionGroup(title: "What is other about the job")
    var shape: JobShape

    @Flag(help: "Print the server's JSON.")
    var json = false

    @OptionGroup(title: "Server")
    var connection: ServerOptions

    func run(on client: APIClient) async throws {
        var request = APIRequest(.post, "whatif")
        request.timeoutSeconds = 120
        var name = ""
        let changes = try changes()
        if let file {
            guard changes.isEmpty else {
                throw Failure(
                    usage: "changes are given in a file and as flags", expected: "one of the two")
            }
            let source = try FileReading.document(file)
            name = source.file
            request.body = .yaml(source.bytes)
        } else {
            guard !changes.isEmpty else {
                throw Failure(
                    usage: "no changes are given",
                    expected: "a file, or flags such as --cancel JOB or --job JOB --members 4",
                    hint: "see muster help whatif")
            }
            let document = DocumentValue.mapping([.init("changes", .list(changes))])
            request.body = .json(Array(document.json.utf8))
        }
        let answer: APIAnswer
        do {
            answer = try await client.send(request)
        } catch let error as OperatingError {
            throw Failure(operating: error, file: error.diagnostics.isEmpty ? "" : name)
        }
        if json { return try Console.write(answer) }
        let text = try answer.decode(Remote.WhatIf.self).text
        try Console.write(ClientText.wrapped(text, to: Console.width))
    }

    private func changes() throws(Failure) -> [DocumentValue] {
        var changes: [DocumentValue] = []
        for (key, values) in [
            ("cancel", cancel), ("release", release), ("drain", drain), ("resume", resume),
            ("remove", remove),
        ] where !values.isEmpty {
            let names = values.flatMap { $0.split(separator: ",") }.map {
                DocumentValue.text(String($0))
            }
            changes.append(.mapping([.init(key, .list(names))]))
        }
        let members = try shape.settings()
        if let job {
            guard !members.isEmpty else {
                throw Failure(
                    usage: "--job does not say what is other",
                    expected: "beside it --members, --gpus, --topology, --priority or another",
                    hint: "see muster help whatif")
            }
            changes.append(.mapping([.init("job", .text(job))] + members))
        } else if !members.isEmpty {
            throw Failure(
                usage: "what is other about a job is given without the job",
                expected: "--job JOB beside it")
        }
        if let policy { changes.append(.mapping([.init("policy", .text(policy))])) }
        return changes
    }
}
