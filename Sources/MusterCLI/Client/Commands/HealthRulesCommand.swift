import APIClient
import ArgumentParser
import Documents
import FleetModel
import Foundation
import HealthSignals
import Simulation

/// Tries fault rules on the past.
struct HealthRulesCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "rules",
        abstract: "Show what other fault rules would have decided. Nothing changes.",
        discussion: """
            Without a log: on every fault that the server keeps, beside the rules in force. With \
            logs: on those, beside the published tables alone and without a server; each log is \
            one node's.

              muster health rules rules.yaml
              muster health rules rules.yaml --kind H100 gpu-7.log gpu-8.log

            The exit status is 0 when nothing would be different, and 1 when something would.
            """)

    @Argument(help: "The rules, or a health file that has them.", completion: .file())
    var file: String

    @Argument(help: "Kernel logs; - for standard input.", completion: .file())
    var logs: [String] = []

    @Option(help: "The accelerator kind of the logs' nodes, for rules that name one.")
    var kind: String?

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup(title: "Server")
    var connection: ServerOptions

    func validate() throws {
        guard kind == nil || !logs.isEmpty else {
            throw ValidationError("--kind is of logs; a server knows the kinds of its nodes")
        }
    }

    func run() throws {
        if logs.isEmpty {
            try Console.runLive {
                let client = try connection.client()
                defer { client.close() }
                try await run(on: client)
            }
        } else {
            try Console.run { () throws(Failure) in
                let source = try FileReading.document(file)
                let trial = try tryOnLogs(try FaultRuleDocument.read(source).orFail())
                try show(trial, [UInt8](trial.json.utf8))
            }
        }
    }

    func run(on client: APIClient) async throws {
        let source = try FileReading.document(file)
        // Mistakes are told with the name of the file.
        _ = try FaultRuleDocument.read(source).orFail()
        var request = APIRequest(
            .post, "health", "rules", "trial", body: .yaml(source.bytes))
        request.timeoutSeconds = 600
        let answer = try await client.send(request)
        try show(try answer.decode(Remote.RuleTrial.self), answer.bytes + [10])
    }

    private func show(_ trial: Remote.RuleTrial, _ bytes: [UInt8]) throws(Failure) {
        if json { try Console.write(bytes) } else { try Console.write(trial.text()) }
        guard trial.differences.isEmpty else { throw Failure([], status: .differs) }
    }

    private func tryOnLogs(_ rules: FaultRules) throws(Failure) -> Remote.RuleTrial {
        var history: [RecordedFault] = []
        var timeless = 0
        for (index, log) in logs.enumerated() {
            var reader = LogHistory(node: NodeID(index), model: kind ?? "")
            var rest: [UInt8] = []
            try FileReading.forEachChunk(of: log) { chunk in
                rest += chunk
                while let end = rest.firstIndex(of: 10) {
                    reader.read(String(decoding: rest[..<end], as: UTF8.self))
                    rest.removeSubrange(...end)
                }
                return true
            }
            if !rest.isEmpty { reader.read(String(decoding: rest, as: UTF8.self)) }
            history += reader.faults
            timeless += reader.timeless
        }
        if timeless > 0 {
            Console.say(
                "\(ClientText.count(timeless, "fault")) without a time: each counts as told "
                    + "with the one before it")
        }
        return Remote.RuleTrial(
            RuleDryRun(history: history, before: FaultRules(), after: rules),
            version: rules.version, faults: history.count, logs: logs)
    }
}

extension Remote {
    /// What rules would have decided.
    struct RuleTrial: Codable {
        struct Verdict: Codable {
            var severity: String
            var action: String
            var rule: String
            var takesOut: Bool

            init(_ verdict: FaultVerdict) {
                severity = verdict.severity.name
                action = verdict.action.rawValue
                rule = verdict.rule.text
                takesOut = verdict.takesOutOfService
            }
        }

        struct Difference: Codable {
            var node: String
            var at: String?
            var code: String
            var faults: UInt64
            var before: Verdict
            var after: Verdict
        }

        var version: String
        var inForce: String
        var since: String?
        var faults: Int
        var omittedFaults: Int
        var bursts: Int
        var outBefore: Int
        var outAfter: Int
        var omittedDifferences: Int
        var differences: [Difference]
    }
}

extension Remote.RuleTrial {
    /// Of logs, whose names stand for their nodes.
    init(_ run: RuleDryRun, version: String, faults: Int, logs: [String]) {
        self.init(
            version: version, inForce: "", since: nil, faults: faults, omittedFaults: 0,
            bursts: run.bursts, outBefore: run.outOfServiceBefore,
            outAfter: run.outOfServiceAfter, omittedDifferences: 0,
            differences: run.differences.map { difference in
                Difference(
                    node: logs[difference.node.index],
                    at: difference.before.opened.utcText,
                    code: difference.before.root.text, faults: difference.before.faults,
                    before: Verdict(difference.before), after: Verdict(difference.after))
            })
    }

    var json: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(self) else {
            preconditionFailure("texts and numbers without JSON")
        }
        return String(decoding: data, as: UTF8.self) + "\n"
    }

    func text(width: Int = Console.width, isColoured: Bool = Console.isColoured) -> String {
        var text = "\(ClientText.count(faults, "fault")) in \(ClientText.count(bursts, "burst"))"
        if let since { text += " since \(TerminalText.clean(String(since.prefix(19))))" }
        text += "\nbursts that take hardware out of service: \(NumberText.grouped(outBefore)) now, "
        text += "\(NumberText.grouped(outAfter)) by the rules of version '"
        text += TerminalText.clean(version) + "'\n"
        if omittedFaults > 0 {
            text +=
                "\(ClientText.count(omittedFaults, "later fault")) beyond the bound, not tried\n"
        }
        guard !differences.isEmpty else { return text + "nothing would be different\n" }
        var table = TextTable([
            .left("node"), .left("at", rank: 2), .left("code"), .right("lines", rank: 3),
            .left("now"), .left("then"), .flexible("by rule", rank: 1),
        ])
        for row in differences {
            table.add([
                row.node, String((row.at ?? "–").prefix(19)), row.code, String(row.faults),
                "\(row.before.severity), \(row.before.action)",
                "\(row.after.severity), \(row.after.action)", row.after.rule,
            ])
        }
        if omittedDifferences > 0 {
            text += "the last \(differences.count) of "
            text += ClientText.count(differences.count + omittedDifferences, "difference") + "\n"
        }
        return text + "\n" + table.text(width: width, isColoured: isColoured)
    }
}
