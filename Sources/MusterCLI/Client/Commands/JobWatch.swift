import APIClient
import FleetModel
import Simulation
import Synchronization

/// A list of jobs that is drawn again as things happen, at most once a second.
struct JobWatch {
    let list: JobsCommand
    let client: APIClient

    /// What the stream of events says to the one who draws.
    private final class News: Sendable {
        // Shared by two tasks: the one that listens and the one that draws.
        private let state = Mutex((isNew: true, trouble: OperatingError?.none))

        func tell(_ trouble: OperatingError?) { state.withLock { $0 = (true, trouble) } }

        func take() -> (isNew: Bool, trouble: OperatingError?) {
            state.withLock { state in
                defer { state.isNew = false }
                return state
            }
        }
    }

    func run() async throws {
        let news = News()
        let client = client
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await client.follow(APIRequest(.get, "events"), patienceSeconds: 600) {
                    signal in
                    if case .lost(let error) = signal {
                        news.tell(error)
                    } else {
                        news.tell(nil)
                    }
                    return true
                }
            }
            group.addTask { try await draw(news) }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private func draw(_ news: News) async throws {
        var screen = Screen()
        var seen: [Int: String] = [:]
        while true {
            let (isNew, trouble) = news.take()
            if let trouble {
                screen.note("\(trouble.message): \(trouble.detail); still trying")
            } else if isNew {
                try await refresh(&screen, &seen)
            }
            try await Task.sleep(for: .seconds(1))
        }
    }

    private func refresh(_ screen: inout Screen, _ seen: inout [Int: String]) async throws {
        if list.json { return try await print(&screen, &seen) }
        let jobs: [Remote.Job]
        let text: ClientText
        do {
            jobs = try await list.load(client).jobs
            text = try await client.clock()
        } catch let error as OperatingError where error.code == .noServer {
            screen.note("\(error.message): \(error.detail); still trying")
            return
        }
        let table = JobTable(text)
        if Console.isOutputTerminal {
            let lines = table.table(jobs).lines(
                width: Console.width, isColoured: Console.isColoured)
            try screen.show(
                ["\(ClientText.count(jobs.count, "job")) at \(text.time(text.now))", ""] + lines)
            return
        }
        for job in jobs.reversed() {
            guard isNews(job, &seen) else { continue }
            try Console.write(table.line(job) + "\n")
        }
        for id in left(jobs.map(\.id), seen) {
            let answer = try await client.send(APIRequest(.get, "jobs", String(id)))
            let job = try answer.decode(Remote.Job.self)
            guard job.isOver else { continue }
            seen[id] = nil
            try Console.write(table.line(job) + "\n")
        }
    }

    /// Whether a job is other than it was when it was told last.
    private func isNews(_ job: Remote.Job, _ seen: inout [Int: String]) -> Bool {
        let key = "\(job.state) \(job.attempt) \(job.held) \(job.reason?.code ?? "")"
        return seen.updateValue(key, forKey: job.id) != key
    }

    /// Who left the list is over, unless it only fell off its end.
    private func left(_ present: [Int], _ seen: [Int: String]) -> [Int] {
        guard list.state == nil, !list.all else { return [] }
        let present = Set(present)
        return seen.keys.sorted().filter { !present.contains($0) }
    }

    /// Each job that is other than before, as the server tells it, on a line.
    private func print(_ screen: inout Screen, _ seen: inout [Int: String]) async throws {
        let jobs: [(job: Remote.Job, line: [UInt8])]
        do {
            jobs = try await list.lines(client)
        } catch let error as OperatingError where error.code == .noServer {
            screen.note("\(error.message): \(error.detail); still trying")
            return
        }
        for (job, line) in jobs.reversed() where isNews(job, &seen) {
            try Console.write(line + [UInt8(ascii: "\n")])
        }
        for id in left(jobs.map(\.job.id), seen) {
            let answer = try await client.send(APIRequest(.get, "jobs", String(id)))
            guard try answer.decode(Remote.Job.self).isOver else { continue }
            seen[id] = nil
            try Console.write(answer)
        }
    }
}

/// The part of a terminal that is drawn over and over.
struct Screen {
    private var drawn = 0

    /// Draws lines in the place of those before; what does not fit the terminal is only counted.
    mutating func show(_ lines: [String]) throws(Failure) {
        var lines = lines
        let most = max(4, Console.height - 1)
        if lines.count > most {
            let hidden = lines.count - most + 1
            lines = Array(lines.prefix(most - 1)) + ["… and \(hidden) more"]
        }
        let up = drawn > 0 ? "\u{1B}[\(drawn)A" : ""
        try Console.write("\r" + up + "\u{1B}[J" + lines.joined(separator: "\n") + "\n")
        drawn = lines.count
    }

    /// Says something below; it is drawn over next time.
    mutating func note(_ text: String) {
        Console.say(TerminalText.truncated(TerminalText.clean(text), to: Console.width - 1))
        drawn += 1
    }
}
