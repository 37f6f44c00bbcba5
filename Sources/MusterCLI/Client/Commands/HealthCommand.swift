import APIClient
import ArgumentParser
import Documents
import FleetModel

/// The health of the fleet's hardware.
struct HealthCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "health",
        abstract: "Show what hardware is out of service, and why; try fault rules.",
        subcommands: [
            Show.self, HealthRulesCommand.self, HealthThresholdsCommand.self,
            HealthRelearnCommand.self, RecoveryCommand.self,
        ],
        defaultSubcommand: Show.self)

    /// Shows what hardware is out of service, and why.
    struct Show: ClientCommand {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "Show what hardware is out of service, and why.",
            discussion: """
                How many nodes are in which state, what is out for which cause, open breakers, \
                the machines that fail most, and what the last decisions rested on. What a single \
                machine went through: muster hardware.
                """)

        @Option(
            name: .customLong("close"),
            help: ArgumentHelp(
                "Close this open breaker: what it held back is done.", valueName: "breaker"))
        var breaker: String?

        @Flag(help: "Print the server's JSON.")
        var json = false

        @OptionGroup(title: "Server")
        var connection: ServerOptions

        func run(on client: APIClient) async throws {
            let request =
                breaker.map { APIRequest(.post, "health", "breakers", $0, "close") }
                ?? APIRequest(.get, "health")
            let answer = try await client.send(request)
            if json { return try Console.write(answer) }
            let health = try answer.decode(Remote.Health.self)
            try Console.write(HealthPage(health, text: try await client.clock()).text())
        }
    }
}

/// The health of the fleet for a terminal.
struct HealthPage {
    fileprivate let health: Remote.Health
    fileprivate let clock: ClientText

    init(_ health: Remote.Health, text: ClientText) {
        self.health = health
        clock = text
    }

    func text(width: Int = Console.width, isColoured: Bool = Console.isColoured) -> String {
        func lines(_ table: TextTable) -> String {
            table.rows.isEmpty ? "" : "\n" + table.text(width: width, isColoured: isColoured)
        }
        var text = states.text(width: width, isColoured: isColoured)
        if !health.hasCare {
            text += "nobody tests and repairs nodes here: what is out waits for people\n"
        }
        if let since = health.deafSince {
            text +=
                "agents are not heard in time since \(clock.time(since)): "
                + "nobody's silence counts\n"
        }
        text += lines(causes) + lines(out) + lines(proposed)
        let left = (health.proposed?.count ?? 0) - HealthPage.mostProposed
        if left > 0 { text += "and \(left) more proposals\n" }
        text += lines(spares) + lines(guards) + lines(breakers)
        text += lines(lemons) + lines(decisions)
        return text
    }

    private var states: TextTable {
        var table = TextTable([.left("state"), .right("nodes"), .right("devices")])
        for state in health.states where state.nodes > 0 || state.devices > 0 {
            table.add([ClientText.words(state.state), "\(state.nodes)", "\(state.devices)"])
        }
        return table
    }

    private var causes: TextTable {
        var table = TextTable([.left("out for"), .right("nodes")])
        for cause in health.causes ?? [] { table.add([cause.cause, "\(cause.nodes)"]) }
        return table
    }

    private var out: TextTable {
        var table = TextTable([
            .left("node"), .left("state"), .left("cause"), .left("out since", rank: 2),
            .flexible("held back", rank: 1),
        ])
        for node in health.out {
            let devices = node.unhealthy.map(String.init).joined(separator: ",")
            table.add([
                node.node,
                (node.hold ?? ClientText.words(node.state))
                    + (devices.isEmpty || node.outSince != nil ? "" : ", without \(devices)"),
                node.cause ?? node.devices.compactMap(\.cause).first ?? "",
                node.outSince.map { clock.time($0) } ?? "",
                node.held ?? node.operations.first?.words ?? "",
            ])
        }
        return table
    }

    private var spares: TextTable {
        var table = TextTable([
            .left("spares of"), .right("wanted"), .right("kept"), .right("in use"),
            .right("missing"), .left("for gangs of", rank: 2), .flexible("nodes", rank: 1),
        ])
        for pool in health.spares ?? [] {
            table.add([
                pool.pool, "\(pool.wanted)", "\(pool.kept)", "\(pool.inUse)", "\(pool.missing)",
                "≥ \(pool.leastGPUs) GPUs",
                pool.nodes.joined(separator: " ") + (pool.why.map { " (\($0))" } ?? ""),
            ])
        }
        return table
    }

    private var guards: TextTable {
        var table = TextTable([.left("guarded"), .right("now"), .right("at most")])
        for one in health.guards {
            let name =
                switch one.guard {
                case "fleetWindow": "devices taken out lately"
                case "fleetHeld": "devices out"
                case "repairs": "repairs under way"
                default: ClientText.words(one.guard)
                }
            table.add([name, "\(one.have)", "\(one.limit)"])
        }
        return table
    }

    private var breakers: TextTable {
        var table = TextTable([.left("open breaker"), .right("held back"), .flexible("why")])
        for breaker in health.breakers {
            table.add([
                breaker.breaker, "\(breaker.blocked)",
                breaker.text + (breaker.release.map { "; \($0)" } ?? ""),
            ])
        }
        return table
    }

    /// Proposals that are shown.
    private static let mostProposed = 50

    private var proposed: TextTable {
        var table = TextTable([
            .left("proposed for"), .left("what"), .left("held by", rank: 2),
            .flexible("goes on", rank: 1),
        ])
        for proposal in (health.proposed ?? []).prefix(HealthPage.mostProposed) {
            table.add([
                proposal.node + (proposal.device.map { "/\($0)" } ?? ""), proposal.what,
                proposal.breaker ?? proposal.why, proposal.release,
            ])
        }
        return table
    }

    private var lemons: TextTable {
        var table = TextTable([.left("machine"), .left("node"), .right("points")])
        for lemon in health.lemons.prefix(10) {
            table.add([
                lemon.chassis ?? "machine-\(lemon.machine)", lemon.node ?? "", "\(lemon.score)",
            ])
        }
        return table
    }
}

extension HealthPage {
    /// How many of the last decisions are shown.
    private static let lastDecisions = 10

    /// The last decisions, the latest first, and what each rested on.
    private var decisions: TextTable {
        var table = TextTable([
            .left("decided", rank: 2), .left("node"), .left("to"), .left("cause"),
            .left("by rule"), .flexible("rested on", rank: 1),
        ])
        for decision in (health.decisions ?? []).prefix(HealthPage.lastDecisions) {
            let inputs = decision.inputs.map(String.init).joined(separator: ", ")
            let grounds = [
                decision.catalogueRule,
                inputs.isEmpty ? nil : "inputs \(inputs)",
                "policy \(decision.policyVersion)",
            ]
            table.add([
                clock.time(decision.time),
                decision.node + (decision.device.map { "/\($0)" } ?? ""),
                ClientText.words(decision.to), decision.cause ?? "",
                ClientText.words(decision.rule), grounds.compactMap { $0 }.joined(separator: "; "),
            ])
        }
        return table
    }
}

extension Remote {
    /// The health of the fleet.
    struct Health: Decodable {
        struct State: Decodable {
            var state: String
            var nodes: Int
            var devices: Int
        }

        struct Breaker: Decodable {
            var breaker: String
            var text: String
            var blocked: Int
            /// Older servers do not say.
            var release: String?
        }

        /// A step that is held back.
        struct Proposal: Decodable {
            var node: String
            var device: Int?
            var what: String
            var breaker: String?
            var why: String
            var release: String
        }

        /// How near something guarded is to its limit.
        struct Gauge: Decodable {
            var `guard`: String
            var have: Int
            var limit: Int
        }

        struct Lemon: Decodable {
            var machine: Int
            var chassis: String?
            var node: String?
            var score: Int
        }

        /// How many nodes are out for one thing.
        struct Cause: Decodable {
            var cause: String
            var nodes: Int
        }

        /// A change of state, and what it rested on.
        struct Decision: Decodable {
            var time: String
            var node: String
            var device: Int?
            var to: String
            var rule: String
            var cause: String?
            var catalogueRule: String?
            var policyVersion: Int
            var inputs: [Int64]
        }

        /// Nodes of a pool that are kept free for large gangs.
        struct Spares: Decodable {
            var pool: String
            var leastGPUs: Int
            var wanted: Int
            var kept: Int
            var inUse: Int
            var missing: Int
            var why: String?
            var nodes: [String]
        }

        var hasCare: Bool
        /// Since when agents are not heard in time.
        var deafSince: String?
        /// Servers before there was this do not say.
        var proposed: [Proposal]?
        var states: [State]
        var causes: [Cause]?
        var decisions: [Decision]?
        var out: [NodeHealth]
        var breakers: [Breaker]
        var guards: [Gauge]
        /// Servers before there were spares do not say.
        var spares: [Spares]?
        var lemons: [Lemon]
    }

    /// One node's.
    struct NodeHealth: Decodable {
        struct Device: Decodable {
            var index: Int
            var state: String
            var cause: String?
        }

        struct Operation: Decodable {
            var id: Int64
            var what: String
            /// The other node of a test between two; servers before that was said do not say.
            var with: String?

            var words: String {
                what + (with.map { " with \($0)" } ?? "") + " is under way"
            }
        }

        var node: String
        var state: String
        var hold: String?
        var outSince: String?
        var cause: String?
        var held: String?
        var isBusy: Bool?
        var unhealthy: [Int]
        var devices: [Device]
        var operations: [Operation]
    }
}
