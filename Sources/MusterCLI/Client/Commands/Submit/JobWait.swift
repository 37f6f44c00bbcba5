import APIClient
import FleetModel
import Foundation

/// Waits until jobs are over, and tells on the way how they are.
struct JobWait {
    let client: APIClient
    let jobs: [Remote.Job]

    /// Whether all succeeded.
    func run() async throws -> Bool {
        let interrupt = Interrupt.catching(
            jobs.count == 1
                ? "job \(jobs[0].id) goes on; muster job \(jobs[0].id) shows it, "
                    + "muster cancel \(jobs[0].id) ends it"
                : "the jobs go on; muster jobs shows them")
        defer { interrupt.cancel() }
        var open = Set(jobs.map(\.id))
        var hasSucceeded = true
        let one = jobs.count == 1 ? String(jobs[0].id) : nil
        try await client.follow(
            APIRequest(.get, "events", query: [("job", one)]), patienceSeconds: 600
        ) { signal in
            switch signal {
            case .lost(let error):
                Console.say("\(error.message): \(error.detail); still trying")
            case .opened:
                for id in open.sorted() { try await look(at: id, &open, &hasSucceeded) }
            case .message(let message) where message.event == "reset":
                for id in open.sorted() { try await look(at: id, &open, &hasSucceeded) }
            case .message(let message):
                guard let event = JobWait.event(message), let id = event.job, open.contains(id)
                else { return true }
                Console.say(EventLine.text(event))
                if event.kind == "ended" { try await look(at: id, &open, &hasSucceeded) }
            }
            return !open.isEmpty
        }
        return hasSucceeded
    }

    private func look(
        at id: Int, _ open: inout Set<Int>, _ hasSucceeded: inout Bool
    ) async throws {
        let answer = try await client.send(APIRequest(.get, "jobs", String(id)))
        let job = try answer.decode(Remote.Job.self)
        guard job.isOver else { return }
        open.remove(id)
        if job.state != "succeeded" { hasSucceeded = false }
        Console.say("job \(id) \(job.name): \(ClientText.words(job.state))")
    }

    /// The event of a message; nil for one that a later version may have invented.
    static func event(_ message: EventStreamParser.Message) -> Remote.Event? {
        try? JSONDecoder().decode(Remote.Event.self, from: Data(message.data.utf8))
    }
}

/// What Ctrl-C does while something is waited for.
enum Interrupt {
    /// Says something and ends the process as the signal would.
    static func catching(_ words: String) -> any DispatchSourceSignal {
        signal(SIGINT, SIG_IGN)
        let source = DispatchSource.makeSignalSource(
            signal: SIGINT, queue: DispatchQueue.global())
        source.setEventHandler {
            Console.say("\n" + words)
            signal(SIGINT, SIG_DFL)
            // Threads of queues block signals.
            var signals = sigset_t()
            sigemptyset(&signals)
            sigaddset(&signals, SIGINT)
            pthread_sigmask(SIG_UNBLOCK, &signals, nil)
            raise(SIGINT)
        }
        source.resume()
        return source
    }
}
