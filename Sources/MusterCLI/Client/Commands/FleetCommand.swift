import APIClient
import ArgumentParser
import FleetModel
import Simulation

/// Shows the fleet as a whole.
struct FleetCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "fleet",
        abstract: "Show the fleet: capacity, the queue by reason, the largest gangs that fit.")

    @Flag(help: "Print the server's JSON.")
    var json = false

    @OptionGroup(title: "Server")
    var connection: ServerOptions

    func run(on client: APIClient) async throws {
        let answer = try await client.send(APIRequest(.get, "fleet"))
        if json { return try Console.write(answer) }
        let fleet = try answer.decode(Remote.Fleet.self)
        try Console.write(FleetPage(fleet: fleet).lines().text)
    }
}

/// The fleet as lines.
struct FleetPage {
    let fleet: Remote.Fleet

    func lines() -> LabelledLines {
        var lines = LabelledLines()
        let total =
            fleet.nodes.ready + fleet.nodes.cordoned + fleet.nodes.draining + fleet.nodes.lost
        lines.heading(
            "\(ClientText.count(total, "node")), "
                + "\(ClientText.gpus(fleet.capacity.installed)) GPUs, \(fleet.backend) backend, "
                + "muster \(fleet.version)")
        if let message = fleet.message { lines.heading(message) }
        let speed =
            fleet.clock.speed == 1 ? "" : ", \(ClientText.gpus(fleet.clock.speed)) times as fast"
        lines.add("clock", fleet.clock.now + speed)
        lines.add("nodes", nodes())
        lines.add("jobs", jobs())
        lines.add("queue", queue())
        lines.add("stranded", stranded())
        lines.add("Capacity in GPUs", capacity())
        lines.add("Waiting, by reason", reasons())
        lines.add("Largest gang that could start now", gangs())
        lines.add("Accelerators", kinds())
        lines.add("Pools", pools())
        return lines
    }

    private static func parts(_ counts: [(Int, String)]) -> String {
        let parts = counts.filter { $0.0 > 0 }.map { "\(NumberText.grouped($0.0)) \($0.1)" }
        return parts.isEmpty ? "none" : parts.joined(separator: ", ")
    }

    private func nodes() -> String {
        FleetPage.parts([
            (fleet.nodes.ready, "ready"), (fleet.nodes.cordoned, "cordoned"),
            (fleet.nodes.draining, "draining"), (fleet.nodes.lost, "lost"),
        ])
    }

    private func jobs() -> String {
        FleetPage.parts([
            (fleet.jobs.running, "running"), (fleet.jobs.starting, "starting"),
            (fleet.jobs.stopping, "stopping"), (fleet.jobs.queued, "queued"),
            (fleet.jobs.blocked, "blocked"),
        ])
    }

    private func queue() -> String {
        guard let oldest = fleet.queue.oldestWaitingSeconds else { return "nothing waits" }
        return "\(ClientText.gpus(fleet.queue.gpusWaiting)) GPUs are waited for, the oldest job "
            + "since \(NumberText.duration(seconds: oldest))"
    }

    private func stranded() -> String? {
        guard fleet.stranded.gpus > 0 else { return nil }
        let parts = fleet.stranded.byResource.map { part in
            "\(ClientText.gpus(part.gpus)) for want of "
                + (part.resource == "fraction" ? "whole devices" : part.resource)
        }
        return "\(ClientText.gpus(fleet.stranded.gpus)) free GPUs cannot be used: "
            + parts.joined(separator: ", ")
    }

    private func capacity() -> TextTable {
        var table = TextTable([.left("rung"), .right("gpus"), .right("of installed")])
        let capacity = fleet.capacity
        let rungs: [(String, Double?)] = [
            ("installed", capacity.installed), ("healthy", capacity.healthy),
            ("schedulable", capacity.schedulable), ("allocated", capacity.allocated),
            ("active", capacity.active), ("effective", capacity.effective),
        ]
        for (name, amount) in rungs {
            guard let amount else { continue }
            let share = capacity.installed > 0 ? amount / capacity.installed : 0
            table.add([name, ClientText.gpus(amount), NumberText.percent(share)])
        }
        return table
    }

    private func reasons() -> TextTable {
        var table = TextTable([.left("reason"), .right("jobs"), .right("gpus")])
        for reason in fleet.queue.byReason {
            table.add([
                ClientText.words(reason.code), NumberText.grouped(reason.jobs),
                ClientText.gpus(reason.gpus),
            ])
        }
        return table
    }

    private func gangs() -> TextTable {
        var table = TextTable([.left("within one"), .right("gpus")])
        for gang in fleet.largestGang { table.add([gang.level, ClientText.gpus(gang.gpus)]) }
        return table
    }

    private func kinds() -> TextTable {
        var table = TextTable([
            .left("kind"), .right("installed"), .right("schedulable", rank: 1),
            .right("allocated"), .right("free"),
        ])
        for kind in fleet.kinds {
            table.add([
                kind.name, ClientText.gpus(kind.installed), ClientText.gpus(kind.schedulable),
                ClientText.gpus(kind.allocated), ClientText.gpus(kind.free),
            ])
        }
        return table
    }

    private func pools() -> TextTable {
        var table = TextTable([
            .flexible("pool"), .right("nodes"), .right("installed"), .right("schedulable", rank: 1),
            .right("allocated"),
        ])
        for pool in fleet.pools {
            table.add([
                pool.name, NumberText.grouped(pool.nodes), ClientText.gpus(pool.installed),
                ClientText.gpus(pool.schedulable), ClientText.gpus(pool.allocated),
            ])
        }
        return table
    }
}

/// Shows places that are kept.
struct ReservationsCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "reservations", abstract: "Show the places that are kept for waiting jobs.")

    @Flag(help: "Print the server's JSON.")
    var json = false

    @OptionGroup(title: "Server")
    var connection: ServerOptions

    func run(on client: APIClient) async throws {
        let answer = try await client.send(APIRequest(.get, "reservations"))
        if json { return try Console.write(answer) }
        let places = try answer.decode(Remote.Reservations.self).reservations
        guard !places.isEmpty else { return Console.say("no reservations") }
        let text = try await client.clock()
        var table = TextTable([
            .right("job"), .flexible("name"), .flexible("tenant", rank: 1), .left("due"),
            .right("missing", rank: 2), .left("nodes", rank: 3),
        ])
        for place in places {
            table.add([
                String(place.job), place.name, place.tenant,
                place.due.map(text.time) ?? "not known",
                ClientText.count(place.missingMembers, "member"),
                ClientText.nodes(place.nodes, place.nodes.count),
            ])
        }
        try Console.write(table.text())
    }
}
