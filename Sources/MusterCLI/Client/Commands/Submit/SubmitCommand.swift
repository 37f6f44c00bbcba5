import APIClient
import ArgumentParser
import Documents
import FleetModel

/// Submits jobs.
struct SubmitCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "submit",
        abstract: "Submit jobs: from files, or a command after --.",
        usage: """
            muster submit [<options>] <file> ...
            muster submit [<options>] -- <program> [<argument> ...]
            """,
        discussion: """
            Flags go before what the files say, for every job in them. A command without any of \
            --gpus, --cpu and --memory asks for one CPU. Prints the number of each job.

            Each job is sent with a key, so that it is submitted once, however often the request \
            has to be repeated; with --key it can be repeated by hand.

            With --wait the exit status is 0 when all jobs succeeded, and 1 when one did not. \
            Ctrl-C ends the waiting, not the jobs.

              muster submit --gpus 1 -- python train.py
              muster submit --members 16 --gpus 8 --topology required:rack pretrain.yaml
            """)

    @Argument(
        help: "Files with jobs (docs/FILES.md), - for standard input; or a program after --.",
        completion: .file())
    var words: [String] = []

    @OptionGroup(title: "The job")
    var shape: JobShape

    @OptionGroup(title: "The job's conditions")
    var conditions: JobConditions

    @Option(help: ArgumentHelp("Says that repeated submissions are one.", valueName: "key"))
    var key: String?

    @Flag(help: "Check only; nothing is submitted.")
    var dryRun = false

    @Flag(help: "Wait until the jobs are over.")
    var wait = false

    @Flag(help: "Print the server's JSON, a line for each job.")
    var json = false

    @OptionGroup(title: "Server")
    var connection: ServerOptions

    /// The program and its arguments: what stands after `--`. The parser takes one list of words,
    /// and does not say where it began to.
    private var command: [String] {
        let all = CommandLine.arguments
        guard let mark = all.firstIndex(of: "--") else { return [] }
        let rest = Array(all[(mark + 1)...])
        return words.suffix(rest.count) == rest[...] ? rest : []
    }

    private var files: [String] { Array(words.dropLast(command.count)) }

    func validate() throws {
        if files.isEmpty, command.isEmpty {
            throw ValidationError("there is nothing to submit: neither a file nor a command")
        }
        if !files.isEmpty, !command.isEmpty {
            throw ValidationError("both files and a command are given")
        }
        if wait, dryRun { throw ValidationError("--wait and --dry-run are both given") }
        if let key, key.isEmpty || key.utf8.count > 180 {
            throw ValidationError("--key is not 1 to 180 bytes long")
        }
    }

    func run(on client: APIClient) async throws {
        let jobs = try jobs()
        let door = SubmissionDoor(
            client: client, key: key ?? SubmissionDoor.newKey(), isNumbered: jobs.count > 1)
        // All are checked before the first is sent, so that a mistake in the last one does not
        // leave half of them behind.
        if dryRun || jobs.count > 1 {
            let answers = try await door.check(jobs)
            if dryRun {
                for answer in answers {
                    let job = try answer.decode(Remote.Job.self)
                    if json {
                        try Console.write(answer)
                    } else {
                        try Console.write("\(job.name) is fine\n")
                    }
                }
                return
            }
        }
        var submitted: [Remote.Job] = []
        for (place, job) in jobs.enumerated() {
            let answer = try await door.submit(job, place)
            let answered = try answer.decode(Remote.Job.self)
            submitted.append(answered)
            if json {
                try Console.write(answer)
            } else {
                let known = answer.status == 200 ? " (it was submitted before)" : ""
                try Console.write("job \(answered.id) \(answered.name)\(known)\n")
            }
        }
        guard wait else {
            if !json {
                Console.say("muster why \(submitted.last?.id ?? 0) says when it will start")
            }
            return
        }
        let waiting = JobWait(client: client, jobs: submitted)
        guard try await waiting.run() else { throw Failure([], status: .differs) }
    }

    /// The jobs to send, with the file that each is from.
    private func jobs() throws(Failure) -> [SubmissionDoor.Job] {
        let settings = try shape.settings() + conditions.settings(command: command)
        if files.isEmpty {
            return [
                SubmissionDoor.Job(
                    file: "", request: JobRequest(conditions.filled(settings, command)))
            ]
        }
        var jobs: [SubmissionDoor.Job] = []
        var mistakes: [Diagnostic] = []
        for file in files {
            switch JobRequest.read(try FileReading.document(file)) {
            case .success(let requests):
                jobs += requests.map { request in
                    var request = request
                    request.take(settings)
                    return SubmissionDoor.Job(file: file, request: request)
                }
            case .failure(let list): mistakes += list.diagnostics
            }
        }
        guard mistakes.isEmpty else { throw Failure(mistakes, status: .badData) }
        guard conditions.name == nil || jobs.count == 1 else {
            throw Failure(
                usage: "--name is given for \(jobs.count) jobs", expected: "a single job")
        }
        return jobs
    }
}

extension JobRequest {
    /// Takes settings from flags; what they exclude in the file gives way.
    fileprivate mutating func take(_ settings: [DocumentValue.Member]) {
        self.settings = settings.filter { $0.value != .text("closest") || $0.key != "topology" }
        if self.settings.count < settings.count { dropped.append("topology") }
        if settings.contains(where: { $0.key == "gpus" }) { dropped.append("gpuFraction") }
        if settings.contains(where: { $0.key == "gpuFraction" }) { dropped.append("gpus") }
    }
}
