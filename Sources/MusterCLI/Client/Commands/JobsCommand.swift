import APIClient
import ArgumentParser
import FleetModel
import Foundation

/// Lists jobs.
struct JobsCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "jobs", abstract: "List jobs, the newest first.",
        discussion: """
            Shows the jobs that are not over, unless --all or --state say otherwise. With --watch \
            the list is drawn again as things happen; where output is no terminal, each job that \
            is other than before gives a line. With --json each page of the server is a line, and \
            with --watch each job that is other than before.
            """)

    @Option(
        help: ArgumentHelp(
            """
            States, separated by commas: blocked, queued, starting, running, stopping, succeeded, \
            failed, cancelled, timedOut, dependencyFailed, preempted; waiting, active, over for \
            several.
            """, valueName: "states"))
    var state: String?

    @Flag(help: "Also show jobs that are over.")
    var all = false

    @Option(help: "Jobs of a tenant and those below it.", completion: .tenants)
    var tenant: String?

    @Option(help: ArgumentHelp("Jobs with this in their name.", valueName: "text"))
    var name: String?

    @Option(help: "Jobs that somebody submitted.")
    var owner: String?

    @Option(help: ArgumentHelp("The most jobs to show.", valueName: "count"))
    var limit = 100

    @Flag(name: .shortAndLong, help: "Draw the list again as things happen.")
    var watch = false

    @Flag(help: "Print the server's JSON.")
    var json = false

    @OptionGroup(title: "Server")
    var connection: ServerOptions

    func validate() throws {
        guard limit >= 1 else { throw ValidationError("--limit is below 1") }
        for token in (state ?? "").split(separator: ",")
        where !Remote.jobStates.contains(String(token)) {
            throw ValidationError("'\(token)' is not a state of jobs")
        }
    }

    func run(on client: APIClient) async throws {
        if watch {
            try await JobWatch(list: self, client: client).run()
            return
        }
        if json {
            var left = limit
            try await client.pages(request) { answer in
                try Console.write(answer)
                let page = try answer.decode(Remote.Jobs.self)
                left -= page.jobs.count
                return (page.next, left <= 0)
            }
            return
        }
        let (jobs, hasMore) = try await load(client)
        let text = try await client.clock()
        if jobs.isEmpty {
            Console.say(
                all || state != nil
                    ? "no such jobs" : "no jobs wait or run; --all shows those that are over")
            return
        }
        try Console.write(JobTable(text).table(jobs).text())
        if hasMore { Console.say("there are more; --limit shows them") }
    }

    private var request: APIRequest {
        APIRequest(
            .get, "jobs",
            query: [
                ("state", state ?? (all ? nil : "active")), ("tenant", tenant), ("name", name),
                ("owner", owner), ("limit", String(min(limit, 1000))),
            ])
    }

    /// The jobs to show, and whether there are more.
    func load(_ client: APIClient) async throws -> (jobs: [Remote.Job], hasMore: Bool) {
        var jobs: [Remote.Job] = []
        var hasMore = false
        try await client.pages(request) { answer in
            let page = try answer.decode(Remote.Jobs.self)
            jobs += page.jobs
            hasMore = page.next != nil || jobs.count > limit
            return (page.next, jobs.count >= limit)
        }
        return (Array(jobs.prefix(limit)), hasMore)
    }

    /// The jobs to show, each with the JSON that the server has for it.
    func lines(_ client: APIClient) async throws -> [(job: Remote.Job, line: [UInt8])] {
        var lines: [(job: Remote.Job, line: [UInt8])] = []
        try await client.pages(request) { answer in
            let page = try answer.decode(Remote.Jobs.self)
            let object = try JSONSerialization.jsonObject(with: Data(answer.bytes))
            let jobs = (object as? [String: Any])?["jobs"] as? [Any] ?? []
            for (job, json) in zip(page.jobs, jobs) {
                let line = try JSONSerialization.data(
                    withJSONObject: json, options: [.sortedKeys, .withoutEscapingSlashes])
                lines.append((job, Array(line)))
            }
            return (page.next, lines.count >= limit)
        }
        return Array(lines.prefix(limit))
    }
}

/// Jobs as rows.
struct JobTable {
    private let text: ClientText

    init(_ text: ClientText) { self.text = text }

    /// The table of a list.
    func table(_ jobs: [Remote.Job]) -> TextTable {
        var table = TextTable([
            .right("job"), .flexible("name"), .flexible("tenant", rank: 4), .left("state"),
            .right("gpus"), .right("time", rank: 1), .left("starts", rank: 2),
            .flexible("where or why", rank: 3),
        ])
        for job in jobs { table.add(cells(job)) }
        return table
    }

    private func cells(_ job: Remote.Job) -> [String] {
        [
            String(job.id), job.name, job.tenant, job.state, ClientText.gpus(job.gpus), time(job),
            job.isWaiting ? job.estimate.map(text.range) ?? "not known" : "", place(job),
        ]
    }

    /// How long it has waited or run.
    func time(_ job: Remote.Job) -> String {
        if job.isWaiting { return text.age(job.submittedAt) }
        guard let started = job.startedAt else { return "–" }
        return ClientText.span(from: started, to: job.endedAt ?? text.now)
    }

    /// Where it runs, or why it does not.
    func place(_ job: Remote.Job) -> String {
        if let reason = job.reason { return "\(ClientText.words(reason.code)): \(reason.text)" }
        return job.isOver ? "" : ClientText.nodes(job.nodes, job.nodeCount)
    }

    /// A job on one line, for logs.
    func line(_ job: Remote.Job) -> String {
        let place = place(job)
        return [
            text.time(text.now), "job \(job.id)", job.name, job.tenant, job.state,
            "\(ClientText.gpus(job.gpus)) GPUs", place,
        ].filter { !$0.isEmpty }.joined(separator: "  ")
    }
}
