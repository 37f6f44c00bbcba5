import APIClient
import ArgumentParser
import FleetModel
import Qualification
import Simulation

/// Shows what figures of tests are held against.
struct HealthThresholdsCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "thresholds",
        abstract: "Show what was learned of tests, and what is published.",
        discussion: """
            Tests that the server took in are compared with those of machines of the same model, \
            driver and fabric. From five machines on that agree, what is 5 % worse than usual is \
            wrong; until then published values hold where there are some.
            """)

    @Flag(help: "Print the server's JSON.")
    var json = false

    @OptionGroup(title: "Server")
    var connection: ServerOptions

    func run(on client: APIClient) async throws {
        let answer = try await client.send(APIRequest(.get, "health", "thresholds"))
        if json { return try Console.write(answer) }
        try Console.write(try answer.decode(Remote.Thresholds.self).text())
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

        /// The answer for a terminal.
        func text(width: Int = Console.width, isColoured: Bool = Console.isColoured) -> String {
            guard !kinds.isEmpty else {
                return "no test has brought figures yet: published thresholds hold\n"
            }
            return kinds.map { kind in
                let place = [kind.model, kind.driver, kind.fabric].filter { !$0.isEmpty }
                return TerminalText.clean(place.joined(separator: ", ")) + "\n"
                    + table(kind).text(width: width, isColoured: isColoured)
            }.joined(separator: "\n")
        }

        private func table(_ kind: Kind) -> TextTable {
            var table = TextTable([
                .left("figure"), .right("usual"), .right("learned"), .right("machines"),
                .right("published"), .flexible("source", rank: 1),
            ])
            for row in kind.figures {
                func words(_ bound: Bound?) -> String {
                    guard let bound else { return "" }
                    return "\(row.limit == "most" ? "≤" : "≥") \(number(bound.bound)) \(row.unit)"
                }
                let machines = row.learned?.agreeing.map { "\($0) of \(row.machines)" }
                table.add([
                    row.figure, row.learned?.usual.map(number) ?? "", words(row.learned),
                    machines ?? "\(row.machines), too few agree", words(row.published),
                    row.published?.source ?? "",
                ])
            }
            return table
        }

        private func number(_ value: Double) -> String {
            FixedDecimal.text(milli: Int64((value * 1000).rounded()))
        }
    }
}
