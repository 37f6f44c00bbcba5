import APIClient
import ArgumentParser
import Documents
import FleetModel
import Foundation
import Qualification

/// Tests nodes together as a job of the fleet.
struct CheckJobCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Test several nodes together as a job of the fleet.",
        discussion: """
            Submits a job with one member a node, all of its devices, that runs `muster check \
            across`, waits for it and prints what rank 0 found. The job goes through the queue \
            as every other one, and takes nodes that work. With --gpus members take less than a \
            node, such as for several on one machine.

            Files of --stack and --baseline are those of the nodes, and so is the program; on a \
            cluster of Kubernetes a Job does the same (deploy/kubernetes/examples/check-job.yaml).

            Exit statuses are those of muster check. Ctrl-C ends the waiting, not the job.

              muster check run --nodes 16 --level 15m --pool train
              muster check run --nodes 16 --json > check.ndjson
              muster qualify gpu-007 --result check.ndjson
            """)

    @ParentCommand var parent: CheckCommand

    @OptionGroup(title: "What is checked")
    var options: CheckOptions

    @Option(help: ArgumentHelp("How many nodes.", valueName: "number"))
    var nodes: Int

    @Option(help: "Nodes of this pool.")
    var pool: String?

    @Option(help: "The tenant whose job it is.")
    var tenant: String?

    @Option(
        help: ArgumentHelp(
            "GPUs of each member; else as many as the nodes have.", valueName: "number"))
    var gpus: Int?

    @Option(
        help: ArgumentHelp(
            "The program on the nodes; else this one, where the server is this machine's.",
            valueName: "path"))
    var program: String?

    @Option(help: ArgumentHelp("Seconds in which all have to come.", valueName: "seconds"))
    var patience = 300

    @Option(help: "By how much less than the median of the pairs a pair is right, in per cent.")
    var slack = 25

    @OptionGroup(title: "Server")
    var connection: ServerOptions

    func validate() throws {
        guard (1...4096).contains(nodes) else { throw ValidationError("--nodes is not 1 to 4096") }
        guard (0...64).contains(gpus ?? 0) else { throw ValidationError("--gpus is not 0 to 64") }
        guard (1...99).contains(slack), (1...86_400).contains(patience) else {
            throw ValidationError("--slack or --patience is out of range")
        }
    }

    func run(on client: APIClient) async throws {
        try parent.refuseOthers()
        let door = SubmissionDoor(client: client, key: SubmissionDoor.newKey(), isNumbered: false)
        let request = JobRequest(try await document(client))
        let answer = try await door.submit(SubmissionDoor.Job(file: "", request: request), 0)
        let job = try answer.decode(Remote.Job.self)
        Console.say("job \(job.id) \(job.name)")
        let interrupt = Interrupt.catching(
            "job \(job.id) goes on; muster logs \(job.id) shows it, muster cancel \(job.id) ends it"
        )
        defer { interrupt.cancel() }
        var output = CheckOutput()
        do {
            try await LogStream(
                client: client, job: String(job.id), member: 0, attempt: nil, tail: nil,
                isFollowed: true
            ).run { output.take($0) }
        } catch let error as OperatingError where error.code == .noLog {
            // It was over before it wrote anything.
        }
        guard let result = output.result else {
            let last = try await client.send(APIRequest(.get, "jobs", String(job.id)))
            let state = try last.decode(Remote.Job.self).state
            throw Failure(
                operating: OperatingError(
                    .checkGang, "job \(job.id) is \(ClientText.words(state)) without a result",
                    hint: "muster logs \(job.id) shows what its first member said"))
        }
        try Console.write(
            options.json ? output.lines.map { $0 + "\n" }.joined() : result.text)
        switch result.outcome {
        case "passed": return
        case "failed": throw Failure([], status: .differs)
        default: throw Failure([], status: .tryLater)
        }
    }

    // MARK: The job

    private func document(_ client: APIClient) async throws -> [DocumentValue.Member] {
        let level = try options.readLevel()
        let command = try self.command(client)
        let answer = try await client.send(
            APIRequest(.get, "nodes", query: [("pool", pool), ("state", "ready")]))
        let ready = try answer.decode(Remote.Nodes.self).nodes
        let devices = try self.devices(ready)
        var members: [DocumentValue.Member] = [
            .init("name", .text("check-\(level.name)")),
            .init("members", .plain(String(nodes))),
            devices > 0
                ? .init("gpus", .plain(String(devices)))
                : .init("cpu", .plain(try await allCores(ready, client))),
            .init("command", .list(command.map { .text($0) })),
            // As long as everything may hang, and a little more.
            .init("timeLimit", .plain("\(Int(level.budgetSeconds) * 8 + 1800 + patience)s")),
            .init("retries", .mapping([.init("application", .plain("0"))])),
            // What a node's checks find is what the job is for, and no failure of its own.
            .init(
                "exitCodes",
                .mapping([.init("done", .list([.plain("1"), .plain("75")]))])),
        ]
        if let pool { members.append(.init("pools", .list([.text(pool)]))) }
        if let tenant { members.append(.init("tenant", .text(tenant))) }
        return members
    }

    private func command(_ client: APIClient) throws(Failure) -> [String] {
        let level = try options.readLevel()
        let only = try options.readOnly()
        for path in [options.stack, options.baseline] {
            guard let path, !path.hasPrefix("/") else { continue }
            throw Failure(
                usage: "'\(path)' is no path on the nodes", expected: "an absolute path")
        }
        var words = [program ?? ownProgram(client), "check", "across", "--json"]
        words += ["--level", level.name]
        if let drops = try options.readDrops() { words += ["--drop", drops.text] }
        words += ["--folder", FileReading.absolute(options.folder), "--python", options.python]
        words += ["--slack", String(slack), "--patience", String(patience)]
        for check in only ?? [] { words += ["--only", check.name] }
        if let stack = options.stack { words += ["--stack", stack] }
        if let baseline = options.baseline { words += ["--baseline", baseline] }
        if options.pace != 1 { words += ["--pace", String(options.pace)] }
        return words
    }

    private func ownProgram(_ client: APIClient) -> String {
        guard client.server.isLoopback,
            let path = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        else { return "muster" }
        return path
    }

    /// Devices of one member: all of a node, where the nodes have as many.
    private func devices(_ ready: [Remote.Node]) throws(Failure) -> Int {
        if let gpus { return gpus }
        let counts = Set(ready.map(\.devices))
        guard counts.count < 2 else {
            let list = counts.sorted().map(String.init).joined(separator: ", ")
            throw Failure(
                usage: "nodes have different numbers of GPUs: \(list)",
                expected: "--pool for nodes of one kind, or --gpus")
        }
        return counts.first ?? 0
    }

    /// What nodes without devices are taken by, so that there is one member on each.
    private func allCores(_ ready: [Remote.Node], _ client: APIClient) async throws -> String {
        guard let first = ready.first else { return "1" }
        let answer = try await client.send(APIRequest(.get, "nodes", first.name))
        let milli = try answer.decode(Remote.NodeDetail.self).cpuMilli
        return FixedDecimal.exact(milli: max(milli, 1))
    }
}

/// What the first member of such a job writes: lines of JSON, and what it says beside them.
struct CheckOutput {
    /// What the last line says.
    struct Result: Decodable {
        var outcome: String
        var text: String
    }

    /// Bytes that are kept: a run of every member that there can be.
    private static let mostBytes = 1 << 30

    private(set) var lines: [String] = []
    private(set) var result: Result?
    private var rest: [UInt8] = []
    private var kept = 0

    /// Takes more of it in, and says what is talk.
    mutating func take(_ bytes: [UInt8]) {
        rest += bytes
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            let line = String(decoding: rest[..<end], as: UTF8.self)
            rest.removeFirst(end + 1)
            guard line.hasPrefix("{") else {
                Console.say(line)
                continue
            }
            kept += line.utf8.count
            guard kept <= CheckOutput.mostBytes else { continue }
            lines.append(line)
            if line.hasPrefix("{\"kind\":\"across\"") {
                result = try? JSONDecoder().decode(Result.self, from: Data(line.utf8))
            }
        }
    }
}
