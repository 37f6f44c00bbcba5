import APIClient
import ArgumentParser
import FleetModel
import Simulation

/// Shows one job.
struct JobCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "job", abstract: "Show one job: state, members, attempts.")

    @Argument(help: "Its number, or a name: the newest job of that name.", completion: .jobs)
    var job: String

    @Flag(help: "Print the server's JSON.")
    var json = false

    @OptionGroup(title: "Server")
    var connection: ServerOptions

    func run(on client: APIClient) async throws {
        let answer = try await client.send(APIRequest(.get, "jobs", job))
        if json { return try Console.write(answer) }
        let page = JobPage(
            job: try answer.decode(Remote.Job.self),
            detail: try answer.decode(Remote.JobDetail.self), text: try await client.clock())
        try Console.write(page.lines().text)
    }
}

/// One job as lines.
struct JobPage {
    let job: Remote.Job
    let detail: Remote.JobDetail
    let text: ClientText

    /// Members that are shown.
    private static let shownMembers = 64

    func lines() -> LabelledLines {
        var lines = LabelledLines()
        lines.heading("job \(job.id) \(job.name): \(ClientText.words(job.state))")
        lines.add("tenant", "\(job.tenant), submitted by \(job.owner)")
        lines.add("submitted", times())
        lines.add("waits", job.reason.map { "\(ClientText.words($0.code)): \($0.text)" })
        if job.isWaiting {
            lines.add("starts", job.estimate.map(text.expectation) ?? "not known")
        }
        lines.add("gang", gang())
        lines.add("topology", detail.topology)
        lines.add("pools", detail.pools?.joined(separator: ", "))
        lines.add("priority", priority())
        lines.add("limits", limits())
        lines.add("after", dependencies())
        lines.add("progress", progress())
        lines.add("used", used())
        lines.add("Members", members())
        lines.add("Attempts", attempts())
        return lines
    }

    private func times() -> String {
        var parts = [text.time(job.submittedAt)]
        if let started = job.startedAt {
            parts.append("attempt \(job.attempt) started \(text.time(started))")
        }
        if let ended = job.endedAt { parts.append("ended \(text.time(ended))") }
        parts.append((job.isWaiting ? "waits " : job.isOver ? "ran " : "runs ") + time())
        return parts.joined(separator: ", ")
    }

    private func time() -> String {
        if job.isOver, job.startedAt == nil { return "never" }
        return JobTable(text).time(job)
    }

    private func gang() -> String {
        detail.roles.map { role in
            let count =
                role.minimum == role.maximum
                ? "\(role.minimum)" : "\(role.minimum) to \(role.maximum)"
            var asks: [String] = []
            if role.gpus > 0 {
                let kinds = role.accelerators.map { " (\($0.joined(separator: " or ")))" } ?? ""
                let noun = role.gpus == 1 ? "GPU" : "GPUs"
                asks.append("\(ClientText.gpus(role.gpus)) \(noun)" + kinds)
            }
            if role.cpu > 0 { asks.append("\(ClientText.gpus(role.cpu)) CPUs") }
            if role.memoryMiB > 0 { asks.append(NodePage.memory(role.memoryMiB)) }
            let name = detail.roles.count > 1 ? "\(role.name): " : ""
            return name + "\(count) × " + asks.joined(separator: ", ")
        }.joined(separator: "; ")
    }

    private func priority() -> String {
        "\(job.priority)" + (job.preemptible ? ", preemptible" : "") + (job.held ? ", held" : "")
    }

    private func limits() -> String {
        var parts: [String] = []
        if let seconds = detail.timeLimitSeconds {
            parts.append("at most \(NumberText.duration(seconds: seconds))")
        }
        if let seconds = detail.expectedDurationSeconds {
            parts.append("expected \(NumberText.duration(seconds: seconds))")
        }
        return parts.joined(separator: ", ")
    }

    private func dependencies() -> String {
        detail.dependsOn.map { dependency in
            let condition = dependency.mustSucceed ? "" : ", however it ends"
            return "\(dependency.name) (\(dependency.job))" + condition
        }.joined(separator: "; ")
    }

    private func progress() -> String? {
        job.progress.map { progress in
            var line = "step \(NumberText.grouped(Int(progress.step)))"
            if let step = progress.checkpointedStep {
                line += ", checkpoint at \(NumberText.grouped(Int(step)))"
            }
            return line + (progress.at.map { ", told \(text.age($0)) ago" } ?? "")
        }
    }

    private func used() -> String {
        let hours = NumberText.grouped(detail.gpuSeconds / 3600, decimals: 1)
        guard detail.lostGpuSeconds > 0 else { return "\(hours) GPU-hours" }
        let lost = NumberText.grouped(detail.lostGpuSeconds / 3600, decimals: 1)
        return "\(hours) GPU-hours, of which \(lost) were lost"
    }

    private func members() -> TextTable {
        var table = TextTable([
            .right("rank"), .left("role", rank: 1), .flexible("node"), .left("devices", rank: 2),
        ])
        for member in detail.placements.prefix(JobPage.shownMembers) {
            table.add([
                String(member.rank), member.role, member.node,
                member.devices.map(String.init).joined(separator: ","),
            ])
        }
        let hidden = detail.placements.count - JobPage.shownMembers
        if hidden > 0 { table.add(["", "", "… and \(hidden) more", ""]) }
        return table
    }

    private func attempts() -> TextTable {
        var table = TextTable([
            .right("attempt"), .left("started"), .right("ran"), .left("end"),
            .left("nodes", rank: 1), .flexible("what happened", rank: 2),
        ])
        for attempt in detail.attempts {
            table.add([
                String(attempt.attempt), text.time(attempt.startedAt),
                ClientText.span(from: attempt.startedAt, to: attempt.endedAt ?? text.now),
                attempt.end.map(ClientText.words) ?? "running",
                ClientText.nodes(attempt.nodes, attempt.nodes.count), what(attempt),
            ])
        }
        return table
    }

    private func what(_ attempt: Remote.JobDetail.Attempt) -> String {
        let bad = attempt.exits.filter { ($0.code ?? 1) != 0 }
        let exits = bad.prefix(4).map { exit in
            let how = exit.signal.map { "signal \($0)" } ?? exit.code.map { "exit \($0)" } ?? "lost"
            return "member \(exit.rank): \(how)"
        }
        let more = bad.count > 4 ? ["… and \(bad.count - 4) more"] : []
        let detail = attempt.detail.map { $0.isEmpty ? [] : [$0] } ?? []
        let culprit = attempt.culprit.map { [$0.whom + ": " + $0.text] } ?? []
        return (culprit + detail + exits + more).joined(separator: "; ")
    }
}
