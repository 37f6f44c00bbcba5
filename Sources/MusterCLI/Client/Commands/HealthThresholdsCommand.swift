import APIClient
import ArgumentParser
import Documents
import FleetModel
import Foundation
import NodeChecks
import Qualification
import Simulation

/// Shows what figures of tests are held against.
struct HealthThresholdsCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "thresholds",
        abstract: "Show what was learned of tests, and what is published.",
        discussion: """
            Tests that the server took in are compared with those of machines of the same model, \
            driver and fabric. From five machines on that agree, what is worse than usual by more \
            than the drop (5 % without a health file that says otherwise) is wrong; until then \
            published values hold where there are some.

            With a health file or --drop it shows what would hold with other drops, and how many \
            machines would be worse. Nothing changes.

              muster health thresholds --export fleet.ndjson
              muster check --baseline fleet.ndjson       # on a machine without a server
            """)

    @Argument(help: "A health file whose drops are tried.", completion: .file())
    var file: String?

    @Option(help: ArgumentHelp("Drops that are tried.", valueName: "n[,figure=n…]"))
    var drop: String?

    @Option(
        help: ArgumentHelp(
            "Write what was learned to this file, for muster check --baseline.",
            valueName: "file"),
        completion: .file())
    var export: String?

    @Flag(help: "Print the server's JSON.")
    var json = false

    @OptionGroup(title: "Server")
    var connection: ServerOptions

    func validate() throws {
        guard file == nil || drop == nil else {
            throw ValidationError("name a health file or --drop")
        }
    }

    func run(on client: APIClient) async throws {
        var drops: DropRules?
        if let file {
            drops = try HealthDocument.file(try FileReading.document(file)).orFail().drops
        } else if let drop {
            drops = DropRules(text: drop)
            guard drops != nil else {
                throw Failure(usage: "--drop: '\(drop)' is no drop", expected: DropRules.expected)
            }
        }
        let answer = try await client.send(
            APIRequest(.get, "health", "thresholds", query: [("drop", drops?.text)]))
        if let export {
            let lines = try answer.decode(Remote.Thresholds.self).lines
            var output = try OutputFile(path: export)
            try output.write(Array(lines.map { $0.text + "\n" }.joined().utf8))
            try output.commit()
            Console.say("\(export): \(ClientText.count(lines.count, "threshold"))")
        }
        if json { return try Console.write(answer) }
        guard export == nil else { return }
        let thresholds = try answer.decode(Remote.Thresholds.self)
        try Console.write(thresholds.text(isTrial: drops != nil))
    }
}

/// Lets what is usual now count.
struct HealthRelearnCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "relearn",
        abstract: "Let what is usual now of a kind of machine count.",
        discussion: """
            Thresholds fall no further than to a part of the best that was ever usual, so that a \
            fleet that fades as a whole is noticed. Where less is right, say so here; what was \
            usual at best is then forgotten. With --values all that was measured is forgotten as \
            well, and published thresholds hold until enough machines were tested anew: after a \
            change that all of them fail at once.
            """)

    @Argument(help: "The model of the device or processor, as muster health thresholds has it.")
    var model: String

    @Option(help: "Only this version of the driver or kernel.")
    var driver: String?

    @Option(help: "Only this fabric.")
    var fabric: String?

    @Option(help: "Only this figure.")
    var figure: String?

    @Flag(help: "Forget all that was measured as well.")
    var values = false

    @Option(help: "Why, for the audit log.")
    var reason: String?

    @Flag(help: "Print the server's JSON.")
    var json = false

    @OptionGroup(title: "Server")
    var connection: ServerOptions

    func run(on client: APIClient) async throws {
        let body = Body(
            model: model, driver: driver, fabric: fabric, figure: figure,
            forget: values ? "values" : "best", reason: reason)
        let answer = try await client.send(
            APIRequest(
                .post, "health", "thresholds", "relearn",
                body: .json(try [UInt8](JSONEncoder().encode(body)))))
        if json { return try Console.write(answer) }
        try Console.write(try answer.decode(Remote.Thresholds.self).text())
    }

    private struct Body: Encodable {
        var model: String
        var driver: String?
        var fabric: String?
        var figure: String?
        var forget: String
        var reason: String?
    }
}

extension Remote {
    /// What figures are held against.
    struct Thresholds: Decodable {
        struct Bound: Decodable {
            var bound: Double
            var source: String
            var agreeing: Int?
            var usual: Double?
        }

        struct Row: Decodable {
            var figure: String
            var unit: String
            var limit: String
            var machines: Int
            var worse: Int
            var dropPercent: Int64
            var best: Double?
            var bestMachines: Int?
            var isHeld: Bool
            var learned: Bound?
            var published: Bound?
        }

        struct Kind: Decodable {
            var model: String
            var driver: String
            var fabric: String
            var figures: [Row]
        }

        var machinesNeeded: Int
        var kinds: [Kind]

        /// What was learned, as lines that `muster check --baseline` reads.
        var lines: [ThresholdLine] {
            kinds.flatMap { kind in
                kind.figures.compactMap { row -> ThresholdLine? in
                    guard let figure = FigureID(name: row.figure), row.learned != nil else {
                        return nil
                    }
                    return ThresholdLine(
                        key: FigureKey(
                            model: kind.model, driver: kind.driver, fabric: kind.fabric),
                        figure: figure,
                        reference: LearnedReference(
                            usualMilli: row.learned?.usual.map(milli),
                            machines: row.learned?.agreeing ?? 0,
                            best: row.best.map {
                                .init(milli: milli($0), machines: row.bestMachines ?? 0)
                            }, dropPercent: row.dropPercent))
                }
            }
        }

        /// The answer for a terminal; of drops that are tried, what would be worse by them.
        func text(
            isTrial: Bool = false, width: Int = Console.width,
            isColoured: Bool = Console.isColoured
        ) -> String {
            guard !kinds.isEmpty else {
                return "no test has brought figures yet: published thresholds hold\n"
            }
            return kinds.map { kind in
                let place = [kind.model, kind.driver, kind.fabric].filter { !$0.isEmpty }
                return TerminalText.clean(place.joined(separator: ", ")) + "\n"
                    + table(kind, isTrial: isTrial).text(width: width, isColoured: isColoured)
            }.joined(separator: "\n")
        }

        private func table(_ kind: Kind, isTrial: Bool) -> TextTable {
            var table = TextTable(
                [
                    .left("figure"), .right("usual"), .right("best"), .right("learned"),
                    .right("machines"),
                ]
                    + (isTrial
                        ? [.right("drop"), .right("worse")]
                        : [.right("published"), .flexible("source", rank: 1)]))
            for row in kind.figures {
                func words(_ bound: Bound?) -> String {
                    guard let bound else { return "" }
                    return "\(row.limit == "most" ? "≤" : "≥") \(number(bound.bound)) \(row.unit)"
                }
                let machines = row.learned?.agreeing.map { "\($0) of \(row.machines)" }
                let known = [
                    row.figure, row.learned?.usual.map(number) ?? "",
                    (row.best.map(number) ?? "") + (row.isHeld ? " holds" : ""),
                    words(row.learned), machines ?? "\(row.machines), too few agree",
                ]
                table.add(
                    known
                        + (isTrial
                            ? ["\(row.dropPercent) %", "\(row.worse)"]
                            : [words(row.published), row.published?.source ?? ""]))
            }
            return table
        }

        private func number(_ value: Double) -> String { FixedDecimal.text(milli: milli(value)) }

        private func milli(_ value: Double) -> Int64 { Int64((value * 1000).rounded()) }
    }
}
