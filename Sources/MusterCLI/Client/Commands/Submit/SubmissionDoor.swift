import APIClient
import Documents
import FleetModel

/// Sends jobs, each with a key of its own.
struct SubmissionDoor {
    /// A job with the file that it is from; an empty name for none.
    struct Job {
        var file: String
        var request: JobRequest
    }

    let client: APIClient
    let key: String
    /// Whether there are several jobs, so that their keys have to differ.
    let isNumbered: Bool

    /// A key that nobody used before.
    static func newKey() -> String {
        var generator = SystemRandomNumberGenerator()
        return String(generator.next(), radix: 36) + String(generator.next(), radix: 36)
    }

    /// Lets the server check all jobs; throws all mistakes at once. What a job depends on in its
    /// own file is not there yet, and left out.
    func check(_ jobs: [Job]) async throws -> [APIAnswer] {
        var answers: [APIAnswer] = []
        var mistakes: [Diagnostic] = []
        for job in jobs {
            var request = job.request
            if !request.dependencies.isEmpty { request.dropped.append("dependsOn") }
            let call = APIRequest(
                .post, "jobs", query: [("dryRun", "true")],
                body: .json(Array(request.document.utf8)))
            do {
                answers.append(try await client.send(call))
            } catch let error as OperatingError {
                guard !error.diagnostics.isEmpty else { throw Failure(operating: error) }
                mistakes += Failure(operating: error, file: job.file).diagnostics
            }
        }
        guard mistakes.isEmpty else { throw Failure(mistakes, status: .badData) }
        return answers
    }

    /// Submits one job.
    func submit(_ job: Job, _ place: Int) async throws -> APIAnswer {
        var call = APIRequest(.post, "jobs", body: .json(Array(job.request.document.utf8)))
        call.idempotencyKey = isNumbered ? "\(key)/\(place)" : key
        do {
            return try await client.send(call)
        } catch let error as OperatingError {
            if error.code == .noServer {
                Console.say("to try again without submitting twice: --key \(key)")
            }
            throw Failure(operating: error, file: error.diagnostics.isEmpty ? "" : job.file)
        }
    }
}
