import APIClient
import ArgumentParser
import FleetModel
import Simulation

/// Shows what stops of jobs cost, and how often to write checkpoints.
struct RecoveryCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "recovery",
        abstract: "Show how often jobs are stopped, what that costs, and when to checkpoint.",
        discussion: """
            The fleet's own rate of stops gives the time between those of each job, and with the \
            time that the job says its checkpoints take, the interval with the least loss \
            (Daly 2006). Few stops say little about the next.
            """)

    @Flag(help: "Print the server's JSON.")
    var json = false

    @OptionGroup(title: "Server")
    var connection: ServerOptions

    func run(on client: APIClient) async throws {
        let answer = try await client.send(APIRequest(.get, "recovery"))
        if json { return try Console.write(answer) }
        try Console.write(RecoveryPage(try answer.decode(Remote.Recovery.self)).lines().text)
    }
}

/// What stops cost, for a terminal.
struct RecoveryPage {
    private let recovery: Remote.Recovery

    init(_ recovery: Remote.Recovery) { self.recovery = recovery }

    func lines(width: Int = Console.width) -> LabelledLines {
        let fleet = recovery.fleet
        var lines = LabelledLines(width: width)
        lines.heading("recovery")
        var stops = "\(fleet.stops) in \(decimal(fleet.nodeDays)) node-days, "
        stops += "\(fleet.attributed) put down to a node"
        if fleet.isThin { stops += "; so few say little about the next" }
        lines.add("stops", stops)
        lines.add(
            "between",
            fleet.nodeHoursBetweenStops.map { "\(decimal($0)) node-hours" } ?? "not known")
        lines.add(
            "effective",
            fleet.effectiveShare.map {
                "\(decimal($0 * 100)) % of \(decimal(fleet.gpuHours)) GPU-hours"
            })
        lines.add("Lost by cause", causes)
        lines.add("Pools, last four weeks", pools)
        lines.add("Running jobs", jobs)
        return lines
    }

    private func decimal(_ value: Double) -> String { NumberText.grouped(value, decimals: 1) }

    private func span(_ seconds: Double?) -> String {
        seconds.map { NumberText.duration(seconds: $0) } ?? ""
    }

    private var causes: TextTable {
        var table = TextTable([
            .left("cause"), .right("attempts"), .right("on a node"), .right("GPU-hours lost"),
        ])
        for cause in recovery.causes where cause.attempts > 0 {
            table.add([
                cause.cause, "\(cause.attempts)", "\(cause.attributed)",
                decimal(cause.lostGpuHours),
            ])
        }
        return table
    }

    private var pools: TextTable {
        var table = TextTable([
            .left("pool"), .right("node-hours"), .right("stops"), .right("between, node-hours"),
        ])
        for pool in recovery.pools {
            table.add([
                pool.pool, decimal(pool.nodeHours), "\(pool.stops)",
                pool.nodeHoursBetweenStops.map(decimal) ?? "",
            ])
        }
        return table
    }

    private var jobs: TextTable {
        var table = TextTable([
            .right("job"), .flexible("name"), .right("nodes"), .right("stops"), .right("ETTR"),
            .right("restart", rank: 2), .right("stops every", rank: 1),
            .right("checkpoint", rank: 1), .right("write every"),
        ])
        for job in recovery.jobs {
            table.add([
                "\(job.job)", job.name, "\(job.nodes)", "\(job.stops)",
                job.effectiveRatio.map { decimal($0 * 100) + " %" } ?? "",
                span(job.restartSeconds), span(job.secondsBetweenStops),
                span(job.checkpointWriteSeconds), span(job.dalyIntervalSeconds),
            ])
        }
        return table
    }
}

extension Remote {
    /// What stops cost, and how often they come.
    struct Recovery: Decodable {
        struct Fleet: Decodable {
            var nodeDays: Double
            var stops: Int
            var attributed: Int
            var isThin: Bool
            var nodeHoursBetweenStops: Double?
            var gpuHours: Double
            var effectiveShare: Double?
        }

        struct Cause: Decodable {
            var cause: String
            var attempts: Int
            var attributed: Int
            var lostGpuHours: Double
        }

        struct Pool: Decodable {
            var pool: String
            var nodeHours: Double
            var stops: Int
            var nodeHoursBetweenStops: Double?
        }

        struct Job: Decodable {
            var job: Int
            var name: String
            var nodes: Int
            var stops: Int
            var effectiveRatio: Double?
            var restartSeconds: Double?
            var secondsBetweenStops: Double?
            var checkpointWriteSeconds: Double?
            var dalyIntervalSeconds: Double?
        }

        var fleet: Fleet
        var causes: [Cause]
        var pools: [Pool]
        var jobs: [Job]
    }
}
