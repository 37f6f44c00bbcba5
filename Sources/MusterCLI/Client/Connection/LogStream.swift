import APIClient
import FleetModel

/// Reads what a member of a job writes, over broken connections as well.
struct LogStream {
    let client: APIClient
    /// The job's number or name.
    let job: String
    /// The rank.
    let member: Int
    let attempt: Int?
    let tail: Int?
    /// Whether it waits for the start and goes on until the attempt ends.
    let isFollowed: Bool

    /// Gives everything to `take`, in order.
    func run(_ take: ([UInt8]) throws -> Void) async throws {
        var place = LogPlace(attempt: attempt, tail: tail)
        var hasWaited = false
        var lostAt: ContinuousClock.Instant?
        while true {
            do {
                try await read(&place, take) { lostAt = nil }
                return
            } catch let error as OperatingError where error.code == .noLog && isFollowed {
                let answer = try await client.send(APIRequest(.get, "jobs", job))
                let found = try answer.decode(Remote.Job.self)
                guard attempt == nil, found.isWaiting || found.state == "starting" else {
                    throw error
                }
                if !hasWaited { Console.say("job \(found.id) \(found.name) has not started yet") }
                hasWaited = true
            } catch let error as OperatingError
                where isFollowed && error.isPassing && place.offset != nil
            {
                let now = ContinuousClock.now
                if lostAt == nil {
                    Console.say("\(error.message): \(error.detail); still trying")
                }
                let since = lostAt ?? now
                lostAt = since
                guard now - since < .seconds(60) else { throw error }
            }
            try await Task.sleep(for: .seconds(1))
        }
    }

    /// Reads from a place on, and keeps it up to date, so that a broken connection costs nothing.
    private func read(
        _ place: inout LogPlace, _ take: ([UInt8]) throws -> Void, opened: () -> Void
    ) async throws {
        var request = APIRequest(
            .get, "jobs", job, "logs",
            query: [
                ("member", String(member)), ("attempt", place.attempt.map(String.init)),
                ("tail", place.tail.map(String.init)), ("follow", isFollowed ? "true" : nil),
                ("offset", place.offset.map(String.init)),
            ])
        request.accept = "text/plain"
        try await client.stream(request) { header in
            opened()
            if let attempt = header("Muster-Attempt").flatMap(Int.init),
                let offset = header("Muster-Offset").flatMap(Int64.init)
            {
                place = LogPlace(attempt: attempt, tail: nil, offset: offset)
            }
            return true
        } _: { bytes in
            try take(bytes)
            place.offset? += Int64(bytes.count)
            return true
        }
    }
}

/// What is to be read next of a member's output.
private struct LogPlace {
    var attempt: Int?
    var tail: Int?
    /// The first byte; nil before the server has said where it began.
    var offset: Int64?
}
