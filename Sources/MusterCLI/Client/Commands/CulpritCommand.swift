import APIClient
import ArgumentParser
import Culprits
import Documents
import FleetModel
import Foundation

/// Says who is to blame for a hang.
struct CulpritCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "culprit",
        abstract: "Say who is to blame for a hang or a collective timeout, or why nobody can be.",
        discussion: """
            Files are flight-recorder dumps of PyTorch, which are named by their ranks, and what \
            ncclras prints (text, or JSON with -f json). The server lays them beside the faults \
            and silent nodes that it knows:

              muster culprit llama-70b dumps/nccl_trace_rank_*
              ncclras -f json > ras.json; muster culprit llama-70b ras.json

            Without a server, only files speak:

              muster culprit --files dumps/nccl_trace_rank_*
            """)

    @Argument(help: "The job's number or name.", completion: .jobs)
    var job: String?

    @Argument(help: "Files of evidence.", completion: .file())
    var evidence: [String] = []

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Files to judge by themselves, without a server.", valueName: "file"),
        completion: .file())
    var files: [String] = []

    @Option(help: "The attempt; else the last one.")
    var attempt: Int?

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup(title: "Server")
    var connection: ServerOptions

    func validate() throws {
        if (job == nil) != files.isEmpty { return }
        throw ValidationError("name a job, or files with --files")
    }

    func run() throws {
        guard files.isEmpty else {
            return try Console.run { () throws(Failure) in try judgeAlone() }
        }
        try Console.runLive {
            let client = try connection.client()
            defer { client.close() }
            try await run(on: client)
        }
    }

    func run(on client: APIClient) async throws {
        guard let job else { return }
        var last: APIAnswer?
        var refusal: OperatingError?
        for file in evidence {
            let bytes = try CulpritCommand.read(file)
            do {
                last = try await ask(client, job, (file as NSString).lastPathComponent, bytes)
            } catch let error as OperatingError where error.code == .malformedRequest {
                Console.say("\(file): \(error.message)")
                refusal = error
            }
        }
        if let refusal, last == nil { throw refusal }
        let answer: APIAnswer
        if let last {
            answer = last
        } else {
            answer = try await ask(client, job, nil, nil)
        }
        if json { return try Console.write(answer) }
        let taken = try answer.decode(Remote.EvidenceTaken.self)
        guard let culprit = taken.culprit else { return }
        try Console.write(
            "attempt \(taken.attempt) of job \(taken.job): " + culprit.page())
    }

    private func ask(
        _ client: APIClient, _ job: String, _ name: String?, _ bytes: [UInt8]?
    ) async throws -> APIAnswer {
        try await client.send(
            APIRequest(
                .post, "jobs", job, "evidence",
                query: [("name", name), ("attempt", attempt.map(String.init))],
                body: bytes.map { .binary($0) }))
    }

    private static func read(_ file: String) throws(Failure) -> [UInt8] {
        var bytes: [UInt8] = []
        try FileReading.forEachChunk(of: file) { chunk in
            bytes += chunk
            return bytes.count <= EvidenceLimits.fileBytes
        }
        return bytes
    }

    // MARK: Without a server

    private func judgeAlone() throws(Failure) {
        var evidence = Evidence()
        var mistakes: [Diagnostic] = []
        for file in files {
            let bytes = try CulpritCommand.read(file)
            do throws(EvidenceFault) {
                try evidence.add(bytes, name: (file as NSString).lastPathComponent)
            } catch {
                Console.say("\(file): \(error)")
                mistakes.append(
                    Diagnostic(
                        .invalidValue, file: file, message: "it is no evidence: \(error.message)",
                        expected: "a flight record of PyTorch, or what ncclras prints",
                        hint: error.hint))
            }
        }
        guard !evidence.isEmpty else { throw Failure(mistakes, status: .badData) }
        let finding = HangCase(endedAt: .never, evidence: evidence).judge()
        let culprit = Remote.Culprit(finding)
        guard json else { return try Console.write(culprit.page()) }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let bytes = try? encoder.encode(culprit) else {
            preconditionFailure("texts and whole numbers that cannot be written as JSON")
        }
        try Console.write(Array(bytes) + [10])
    }
}

extension Remote {
    /// What became of evidence.
    struct EvidenceTaken: Decodable {
        var job: Int
        var attempt: Int
        var culprit: Culprit?
    }

    /// Who is to blame.
    struct Culprit: Codable {
        var verdict: String
        var reason: String
        var text: String
        var grounds: [String]
        var ranks: [Int]
        var nodes: [String]
        var suspect: String?

        /// Whom the verdict names.
        var whom: String {
            switch verdict {
            case "program": return "the program"
            case "named":
                if let suspect { return "node \(suspect)" }
                let noun = ranks.count == 1 ? "rank" : "ranks"
                let list = ranks.map(String.init).joined(separator: ", ")
                return ranks.isEmpty ? nodes.joined(separator: ", ") : "\(noun) \(list)"
            default: return "not attributable"
            }
        }

        /// The answer for a terminal: whom, why, and what else was seen.
        func page() -> String {
            var lines = [whom + ": " + text]
            for ground in grounds where ground != text { lines.append("  " + ground) }
            return lines.map { ClientText.wrapped($0, to: Console.width) + "\n" }.joined()
        }
    }
}

extension Remote.Culprit {
    /// What files alone say.
    fileprivate init(_ finding: CulpritFinding) {
        self.init(
            verdict: "", reason: "", text: finding.text, grounds: finding.grounds, ranks: [],
            nodes: [])
        switch finding.verdict {
        case .named(let suspects, let why):
            (verdict, reason) = ("named", why.name)
            ranks = suspects.compactMap { $0.rank.map { Int($0) } }
            for suspect in suspects where !suspect.host.isEmpty && !nodes.contains(suspect.host) {
                nodes.append(suspect.host)
            }
        case .program(let why): (verdict, reason) = ("program", why.name)
        case .notAttributable(let why): (verdict, reason) = ("notAttributable", why.name)
        }
    }
}
