import ControlPlane
import Documents
import FleetModel
import Logging
import SimulatedBackend

/// Simulated users, who submit jobs through the same door as real ones.
struct DemoUsers: Sendable {
    private let plane: ControlPlane
    private let seed: UInt64
    private let logger: Logger

    init(_ plane: ControlPlane, seed: UInt64, logger: Logger) {
        self.plane = plane
        self.seed = seed
        self.logger = logger
    }

    /// Submits until it is cancelled. In a new data folder it begins with what runs and waits on an
    /// ordinary day.
    func run() async {
        var traffic = DemoTraffic(
            fleet: plane.view.directory.fleet, seed: seed, from: plane.clock.now())
        if plane.view.lastEvent < DemoUsers.freshEvents {
            for job in traffic.preload() { await submit(job.text) }
        }
        while !Task.isCancelled, let next = traffic.next() {
            let wait = plane.clock.wallNanoseconds(until: next.at)
            if wait > 0 {
                guard (try? await Task.sleep(for: .nanoseconds(wait))) != nil else { return }
            }
            await submit(next.text)
        }
    }

    /// Events of a start alone: more of them, and the fleet has a past.
    private static let freshEvents: Int64 = 20

    private func submit(_ text: String) async {
        guard let document = JobsDocument.parse(SourceText(text, file: "demo")).jobs.first else {
            return
        }
        do {
            _ = try await plane.submit(
                Submission(
                    document: document, text: text,
                    caller: Caller(name: "demo", role: "submitter", address: "")))
        } catch {
            logger.debug("a demo job was refused: \(error)")
        }
    }
}
